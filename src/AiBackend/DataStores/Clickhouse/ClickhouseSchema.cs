using System.Data.Common;
using ClickHouse.Driver.ADO.Parameters;

namespace AiBackend.DataStores.Clickhouse;

/// <summary>
/// Reads the catalogue: two statements, however many tables there are. What a table is sorted by is a key only where its engine keeps one row
/// for each: in others, the plain <c>MergeTree</c> too, any number of rows may have the same, whatever the server calls it.
/// </summary>
internal static class ClickhouseSchema
{
    // Reading a queue takes out of it, or is refused; a parameterized view cannot be read without parameters.
    private static string Tables(string where) => $"""
        SELECT database, name, engine, comment, sorting_key, toString(total_rows)
        FROM system.tables
        WHERE {where} AND NOT is_temporary AND NOT startsWith(name, '.inner') AND empty(parameterized_view_parameters)
          AND engine NOT IN ('Kafka', 'RabbitMQ', 'NATS', 'FileLog', 'S3Queue', 'AzureQueue', 'Null', 'Set')
        """;

    private static string Columns(string where) => $"""
        SELECT database, table, name, type, comment
        FROM system.columns
        WHERE {where} AND default_kind != 'EPHEMERAL'
        ORDER BY database, table, position
        """;

    public static async Task<DatabaseSchema> ReadAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct)
    {
        var where = target switch
        {
            { Schemas.Count: > 0 } => "has({schemas:Array(String)}, database)",
            { Database.Length: > 0 } => "database = currentDatabase()",
            _ => "database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')",
        };
        DbParameter[] only = target.Schemas.Count > 0
            ? [new ClickHouseDbParameter { ParameterName = "schemas", ClickHouseType = "Array(String)", Value = target.Schemas.ToArray() }]
            : [];
        var tables = await connection.QueryAsync(
            Tables(where),
            reader => new Table(
                NameOf(reader), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                long.TryParse(reader.TextOrNull(5), out var rows) ? rows : null),
            ct,
            only);
        var columns = await connection.QueryAsync(
            Columns(where),
            reader => (Table: NameOf(reader), Column: ColumnOf(reader.GetString(2), reader.GetString(3), reader.GetString(4))),
            ct,
            only);
        var columnsByTable = columns.ToLookup(column => column.Table, column => column.Column);
        return new DatabaseSchema(tables
            .Where(table => columnsByTable.Contains(table.Name))
            .Select(table => Assemble(table, [.. columnsByTable[table.Name]]))
            .InOrder());
    }

    private static TableSchema Assemble(Table table, ColumnSchema[] columns)
    {
        var isView = table.Engine.EndsWith("View", StringComparison.Ordinal);
        return new TableSchema
        {
            Name = table.Name,
            IsView = isView,
            Comment = NullIfEmpty(table.Comment),
            Columns = columns,
            PrimaryKey = KeepsOneRow(table.Engine) ? Key(table.SortingKey, columns) : [],
            RowEstimate = isView ? null : table.Rows,
        };
    }

    // With "Replicated" or "Shared" before it as well. Of these engines the settings of a connection show one row for each key.
    private static bool KeepsOneRow(string engine) =>
        engine.EndsWith("MergeTree", StringComparison.Ordinal)
        && (engine.Contains("Replacing", StringComparison.Ordinal) || engine.Contains("Collapsing", StringComparison.Ordinal)
            || engine.Contains("Aggregating", StringComparison.Ordinal) || engine.Contains("Summing", StringComparison.Ordinal)
            || engine.Contains("Coalescing", StringComparison.Ordinal));

    // Empty unless it is made of columns alone.
    private static string[] Key(string sortingKey, ColumnSchema[] columns)
    {
        string[] parts = [.. sortingKey.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(part => part.Trim('`'))];
        return Array.TrueForAll(parts, part => Array.Exists(columns, column => column.Name == part && !column.IsNullable)) ? parts : [];
    }

    private static ColumnSchema ColumnOf(string name, string type, string comment) =>
        new(name, type, ClickhouseTypes.KindOf(type), ClickhouseTypes.IsNullable(type), NullIfEmpty(comment));

    private static TableName NameOf(DbDataReader reader) => new(reader.GetString(0), reader.GetString(1));

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private sealed record Table(TableName Name, string Engine, string Comment, string SortingKey, long? Rows);
}
