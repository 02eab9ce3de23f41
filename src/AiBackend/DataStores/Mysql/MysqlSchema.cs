using System.Data.Common;
using MySqlConnector;

namespace AiBackend.DataStores.Mysql;

/// <summary>Reads the catalogue: four statements, however many tables there are.</summary>
internal static class MysqlSchema
{
    private static string Tables(string where) =>
        "SELECT table_schema, table_name, table_type, table_comment, CAST(table_rows AS SIGNED) FROM information_schema.tables "
        + "WHERE table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') AND " + where;

    private static string Columns(string where) =>
        "SELECT table_schema, table_name, column_name, column_type, is_nullable, column_comment FROM information_schema.columns "
        + $"WHERE FIND_IN_SET('select', privileges) > 0 AND {where} ORDER BY table_schema, table_name, ordinal_position";

    // An index over the beginning of a text or over an expression does not make the column unique.
    private static string Indexes(string where) =>
        "SELECT table_schema, table_name, index_name, column_name, sub_part IS NULL AND column_name IS NOT NULL FROM information_schema.statistics "
        + $"WHERE non_unique = 0 AND {where} ORDER BY table_schema, table_name, index_name, seq_in_index";

    private static string References(string where) =>
        "SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name "
        + $"FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND {where} "
        + "ORDER BY table_schema, table_name, constraint_name, ordinal_position";

    public static async Task<DatabaseSchema> ReadAsync(MySqlConnection connection, ConnectionTarget target, CancellationToken ct)
    {
        var where = Where(target);
        var tables = await QueryAsync(
            Tables(where),
            reader => new Table(
                new TableName(reader.GetString(0), reader.GetString(1)), reader.GetString(2) == "VIEW", reader.TextOrNull(3), reader.WholeOrNull(4)));
        var columns = await QueryAsync(
            Columns(where),
            reader => new Column(
                NameOf(reader),
                new ColumnSchema(
                    reader.GetString(2), reader.GetString(3), MysqlTypes.KindOf(reader.GetString(3)), reader.GetString(4) == "YES", NullIfEmpty(reader.TextOrNull(5)))));
        var indexes = await QueryAsync(
            Indexes(where),
            reader => new IndexPart(NameOf(reader), reader.GetString(2), reader.TextOrNull(3) ?? string.Empty, reader.GetInt64(4) == 1));
        var references = await QueryAsync(
            References(where),
            reader => new Reference(
                NameOf(reader), reader.GetString(2), reader.GetString(3), new TableName(reader.GetString(4), reader.GetString(5)), reader.GetString(6)));

        var columnsByTable = columns.ToLookup(column => column.Table, column => column.Schema);
        var indexesByTable = indexes.ToLookup(part => part.Table);
        var referencesByTable = references.ToLookup(reference => reference.Table);
        return new DatabaseSchema(tables
            .Where(table => columnsByTable.Contains(table.Name))
            .Select(table => Assemble(table, [.. columnsByTable[table.Name]], indexesByTable[table.Name], referencesByTable[table.Name]))
            .InOrder());

        Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> row) =>
            connection.QueryAsync(sql, row, ct, [.. target.Schemas.Select((schema, i) => new MySqlParameter($"@s{i}", schema))]);
    }

    private static string Where(ConnectionTarget target) => target switch
    {
        { Schemas.Count: > 0 } => $"table_schema IN ({string.Join(", ", target.Schemas.Select((_, i) => $"@s{i}"))})",
        { Database.Length: > 0 } => "table_schema = DATABASE()",
        _ => "table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')",
    };

    private static TableSchema Assemble(Table table, ColumnSchema[] columns, IEnumerable<IndexPart> indexes, IEnumerable<Reference> references)
    {
        var names = columns.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        var unique = indexes
            .GroupBy(part => part.Index, StringComparer.Ordinal)
            .Where(index => index.All(part => part.IsWhole && names.Contains(part.Column)))
            .OrderBy(index => index.Key, StringComparer.Ordinal)
            .ToList();
        return new TableSchema
        {
            Name = table.Name,
            IsView = table.IsView,
            Comment = table.IsView ? null : NullIfEmpty(table.Comment),
            Columns = columns,
            PrimaryKey = [.. unique.Where(index => index.Key == "PRIMARY").SelectMany(index => index).Select(part => part.Column)],
            ForeignKeys =
            [
                .. references.GroupBy(reference => reference.Constraint, StringComparer.Ordinal)
                    .Where(key => key.All(part => names.Contains(part.Column)))
                    .OrderBy(key => key.Key, StringComparer.Ordinal)
                    .Select(key => new ForeignKey(
                        key.Key, [.. key.Select(part => part.Column)], key.First().Target, [.. key.Select(part => part.TargetColumn)])),
            ],
            UniqueKeys = [.. unique.Where(index => index.Key != "PRIMARY").Select(index => index.Select(part => part.Column).ToArray())],
            RowEstimate = table.IsView ? null : table.RowEstimate,
        };
    }

    private static TableName NameOf(DbDataReader reader) => new(reader.GetString(0), reader.GetString(1));

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private sealed record Table(TableName Name, bool IsView, string? Comment, long? RowEstimate);

    private sealed record Column(TableName Table, ColumnSchema Schema);

    private sealed record IndexPart(TableName Table, string Index, string Column, bool IsWhole);

    private sealed record Reference(TableName Table, string Constraint, string Column, TableName Target, string TargetColumn);
}
