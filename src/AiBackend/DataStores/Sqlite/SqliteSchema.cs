using Microsoft.Data.Sqlite;

namespace AiBackend.DataStores.Sqlite;

/// <summary>Reads the schema of a file: a few statements for all tables, and one for each view, since a broken one fails its statement.</summary>
internal static class SqliteSchema
{
    private const string Objects =
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

    private const string Columns =
        "SELECT c.name, c.type, c.\"notnull\", c.pk, o.name FROM pragma_table_list o JOIN pragma_table_xinfo(o.name, 'main') c "
        + "WHERE o.schema = 'main' AND c.hidden <> 1 AND ";

    private const string References =
        "SELECT o.name, r.id, r.\"table\", r.\"from\", r.\"to\" FROM pragma_table_list o JOIN pragma_foreign_key_list(o.name, 'main') r "
        + "WHERE o.schema = 'main' AND o.type = 'table' ORDER BY o.name, r.id, r.seq";

    private const string UniqueIndexes =
        "SELECT o.name, i.name, c.name FROM pragma_table_list o JOIN pragma_index_list(o.name, 'main') i JOIN pragma_index_info(i.name, 'main') c "
        + "WHERE o.schema = 'main' AND o.type = 'table' AND i.\"unique\" AND i.origin <> 'pk' AND NOT i.partial ORDER BY o.name, i.name, c.seqno";

    public static async Task<DatabaseSchema> ReadAsync(SqliteConnection connection, CancellationToken ct)
    {
        var objects = await connection.QueryAsync(Objects, reader => (Name: reader.GetString(0), IsView: reader.GetString(1) == "view"), ct);
        var columns = await ColumnsAsync("o.type <> 'view' ORDER BY o.name, c.cid");
        foreach (var view in objects.Where(found => found.IsView))
        {
            columns.AddRange(await ViewAsync(view.Name));
        }

        var references = await connection.QueryAsync(
            References,
            reader => new Reference(reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.TextOrNull(4)),
            ct);
        var indexes = await connection.QueryAsync(
            UniqueIndexes, reader => (Table: reader.GetString(0), Index: reader.GetString(1), Column: reader.TextOrNull(2)), ct);
        var estimates = await EstimatesAsync(connection, ct);

        var columnsByTable = columns.ToLookup(column => column.Table, StringComparer.Ordinal);
        var keys = columns.GroupBy(column => column.Table, StringComparer.OrdinalIgnoreCase).ToDictionary(
            table => table.Key,
            table => new Target(
                table.First().Table,
                [.. table.Where(column => column.KeyPlace > 0).OrderBy(column => column.KeyPlace).Select(column => column.Name)],
                [.. table.Select(column => column.Name)]),
            StringComparer.OrdinalIgnoreCase);
        return new DatabaseSchema(objects
            .Where(found => columnsByTable.Contains(found.Name))
            .Select(found => new TableSchema
            {
                Name = new TableName(null, found.Name),
                IsView = found.IsView,
                Columns =
                [
                    // A key that may be null is an accident of SQLite's history; nobody means it.
                    .. columnsByTable[found.Name].Select(column => new ColumnSchema(
                        column.Name, column.Type, SqliteTypes.KindOf(column.Type), !column.IsRequired && column.KeyPlace == 0, null)),
                ],
                PrimaryKey = keys[found.Name].Key,
                ForeignKeys = ForeignKeys(found.Name, references.Where(reference => reference.Table == found.Name), keys),
                UniqueKeys =
                [
                    .. indexes.Where(part => part.Table == found.Name).GroupBy(part => part.Index, StringComparer.Ordinal)
                        .Where(index => index.All(part => part.Column is not null))
                        .Select(index => index.Select(part => part.Column!).ToArray())
                        .OrderBy(index => string.Join('\0', index), StringComparer.Ordinal),
                ],
                RowEstimate = estimates.TryGetValue(found.Name, out var rows) ? rows : null,
            })
            .InOrder());

        Task<List<Column>> ColumnsAsync(string where, params SqliteParameter[] parameters) => connection.QueryAsync(
            Columns + where,
            reader => new Column(reader.GetString(4), reader.GetString(0), reader.GetString(1), reader.GetInt64(2) != 0, reader.GetInt32(3)),
            ct,
            parameters);

        async Task<List<Column>> ViewAsync(string name)
        {
            try
            {
                return await ColumnsAsync("o.name = @view ORDER BY c.cid", new SqliteParameter("@view", name));
            }
            catch (SqliteException broken) when (broken.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR)
            {
                // It reads a table that is gone: nobody can read it.
                return [];
            }
        }
    }

    private static async Task<Dictionary<string, long>> EstimatesAsync(SqliteConnection connection, CancellationToken ct)
    {
        if ((await connection.QueryAsync("SELECT name FROM sqlite_schema WHERE name = 'sqlite_stat1'", reader => reader.GetString(0), ct)).Count == 0)
        {
            return [];
        }

        var estimates = await connection.QueryAsync(
            "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl", reader => (reader.GetString(0), reader.GetInt64(1)), ct);
        return estimates.ToDictionary(StringComparer.Ordinal);
    }

    // Keys have no names here. Names of tables and columns are found in any case; without columns the target's primary key is meant.
    private static ForeignKey[] ForeignKeys(string table, IEnumerable<Reference> references, Dictionary<string, Target> targets)
    {
        var keys = new SortedDictionary<string, ForeignKey>(StringComparer.Ordinal);
        foreach (var reference in references.GroupBy(part => part.Id))
        {
            var parts = reference.ToArray();
            targets.TryGetValue(parts[0].TargetTable, out var target);
            string[] columns = [.. parts.Select(part => InCase(part.Column, targets[table].Columns))];
            var targetColumns = parts[0].TargetColumn is null
                ? target?.Key ?? []
                : parts.Select(part => InCase(part.TargetColumn!, target?.Columns ?? [])).ToArray();
            if (targetColumns.Length != columns.Length)
            {
                continue;
            }

            var stem = $"{table}_{string.Join('_', columns)}_fkey";
            var name = stem;
            for (var number = 2; keys.ContainsKey(name); number++)
            {
                name = $"{stem}_{number}";
            }

            keys[name] = new ForeignKey(name, columns, new TableName(null, target?.Name ?? parts[0].TargetTable), targetColumns);
        }

        return [.. keys.Values];
    }

    private static string InCase(string name, string[] names) =>
        Array.Find(names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? name;

    private sealed record Column(string Table, string Name, string Type, bool IsRequired, int KeyPlace);

    private sealed record Reference(string Table, long Id, string TargetTable, string Column, string? TargetColumn);

    private sealed record Target(string Name, string[] Key, string[] Columns);
}
