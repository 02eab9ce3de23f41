using System.Data.Common;

namespace AiBackend.DataStores.Duckdb;

/// <summary>Reads the catalogue of a file: three statements, however many tables there are.</summary>
internal static class DuckdbSchema
{
    private const string Tables =
        "SELECT schema_name, table_name, false, comment, estimated_size FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal AND NOT temporary "
        + "UNION ALL SELECT schema_name, view_name, true, comment, NULL FROM duckdb_views() WHERE database_name = current_database() AND NOT internal AND NOT temporary";

    private const string Columns =
        "SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
        + "WHERE database_name = current_database() AND NOT internal ORDER BY schema_name, table_name, column_index";

    private const string Keys =
        "SELECT schema_name, table_name, constraint_type, constraint_name, constraint_column_names, referenced_table, referenced_column_names FROM duckdb_constraints() "
        + "WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')";

    public static async Task<DatabaseSchema> ReadAsync(DbConnection connection, IReadOnlyList<string> schemas, CancellationToken ct)
    {
        var tables = await connection.QueryAsync(
            Tables, reader => (Name: NameOf(reader), IsView: reader.GetBoolean(2), Comment: reader.TextOrNull(3), Rows: reader.WholeOrNull(4)), ct);
        var columns = await connection.QueryAsync(
            Columns,
            reader => (Table: NameOf(reader), Column: new ColumnSchema(
                reader.GetString(2), reader.GetString(3), DuckdbTypes.KindOf(reader.GetString(3)), reader.GetBoolean(4), reader.TextOrNull(5))),
            ct);
        var keys = await connection.QueryAsync(
            Keys,
            reader => new Key(
                NameOf(reader), reader.GetString(2), reader.TextOrNull(3) ?? string.Empty, Names(reader, 4), reader.TextOrNull(5), Names(reader, 6)),
            ct);

        var columnsByTable = columns.ToLookup(column => column.Table, column => column.Column);
        var keysByTable = keys.OrderBy(key => key.Name, StringComparer.Ordinal).ToLookup(key => key.Table);
        return new DatabaseSchema(tables
            .Where(table => schemas.Count == 0 || schemas.Contains(table.Name.Schema))
            .Select(table => new TableSchema
            {
                Name = table.Name,
                IsView = table.IsView,
                Comment = table.Comment,
                Columns = [.. columnsByTable[table.Name]],
                PrimaryKey = keysByTable[table.Name].FirstOrDefault(key => key.Kind == "PRIMARY KEY")?.Columns ?? [],

                // A key cannot lead into another schema here.
                ForeignKeys =
                [
                    .. keysByTable[table.Name].Where(key => key is { Kind: "FOREIGN KEY", Target: not null })
                        .Select(key => new ForeignKey(key.Name, key.Columns, table.Name with { Name = key.Target! }, key.TargetColumns)),
                ],
                UniqueKeys = [.. keysByTable[table.Name].Where(key => key.Kind == "UNIQUE").Select(key => key.Columns)],
                RowEstimate = table.Rows,
            })
            .InOrder());
    }

    private static TableName NameOf(DbDataReader reader) => new(reader.GetString(0), reader.GetString(1));

    private static string[] Names(DbDataReader reader, int column) => reader.IsDBNull(column) ? [] : [.. reader.GetFieldValue<List<string>>(column)];

    private sealed record Key(TableName Table, string Kind, string Name, string[] Columns, string? Target, string[] TargetColumns);
}
