using System.Globalization;

namespace AiBackend.Documents.Sqlite;

/// <summary>Brings tables, columns and indexes to what the catalog declares: makes what is missing, drops what is not declared.</summary>
internal static class Schema
{
    private const int Format = 1;

    public static void Apply(Connection connection, IEnumerable<SetTable> tables)
    {
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            RequireFormat(connection);
            connection.Execute("CREATE TABLE IF NOT EXISTS store_checks (id INTEGER PRIMARY KEY, checks INTEGER NOT NULL)");
            connection.Execute("INSERT OR IGNORE INTO store_checks (id, checks) VALUES (1, 0)");
            foreach (var table in tables)
            {
                Apply(connection, table);
            }

            connection.Execute("COMMIT");
        }
        catch
        {
            connection.Rollback();
            throw;
        }
    }

    private static void RequireFormat(Connection connection)
    {
        var found = Rows(connection, "PRAGMA user_version").Select(row => row[0]).Single();
        var expected = Format.ToString(CultureInfo.InvariantCulture);
        if (found == "0")
        {
            connection.Execute($"PRAGMA user_version = {expected}");
        }
        else if (found != expected)
        {
            throw new StoreUnavailableException(
                $"The database file has format {found}; this program reads format {expected}. Start the version of the program that wrote it.");
        }
    }

    private static void Apply(Connection connection, SetTable table)
    {
        var wanted = Objects(table).ToDictionary(item => item.Name, StringComparer.Ordinal);
        foreach (var (name, type, sql) in Stored(connection, table))
        {
            if (name != table.Set.Name && (!wanted.TryGetValue(name, out var item) || item.Sql != sql))
            {
                connection.Execute($"DROP {type} IF EXISTS {SetTable.Quote(name)}");
            }
        }

        connection.Execute($"CREATE TABLE IF NOT EXISTS {table.Name} (id TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL)");
        ApplyColumns(connection, table);
        var existing = Stored(connection, table).Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var item in wanted.Values.Where(item => !existing.Contains(item.Name)))
        {
            connection.Execute(item.Sql);
            if (item.Fill is not null)
            {
                connection.Execute(item.Fill);
            }
        }
    }

    private static List<(string Name, string Type, string Sql)> Stored(Connection connection, SetTable table) =>
    [
        .. Rows(
            connection,
            "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL "
            + $"AND (tbl_name = {Text(table.Set.Name)} OR tbl_name GLOB {Text($"{table.Set.Name}.*")})")
            .Select(row => (row[0], row[1], row[2])),
    ];

    private static void ApplyColumns(Connection connection, SetTable table)
    {
        var stored = Rows(connection, $"SELECT name FROM pragma_table_info({Text(table.Set.Name)})").Select(row => row[0]).ToHashSet(StringComparer.Ordinal);
        stored.ExceptWith(["id", "version", "body"]);
        foreach (var field in table.Fields)
        {
            if (!stored.Remove(SetTable.RawColumnName(field.Path)))
            {
                connection.Execute($"ALTER TABLE {table.Name} ADD COLUMN {table.Column(field.Path)}");
                connection.Execute($"UPDATE {table.Name} SET {table.Column(field.Path)} = {SetTable.FromBody(field.Path)}");
            }
        }

        // A column that is no longer written would be stale when a later version of the program declares it again.
        foreach (var undeclared in stored)
        {
            connection.Execute($"ALTER TABLE {table.Name} DROP COLUMN {SetTable.Quote(undeclared)}");
        }
    }

    private static IEnumerable<SchemaObject> Objects(SetTable table)
    {
        foreach (var index in table.Set.Indexes)
        {
            foreach (var item in index.IsArray ? EntriesTable(table, index) : [Index(table, index)])
            {
                yield return item;
            }
        }

        if (table.Set.ExpiryField is { } expiry)
        {
            var name = $"{table.Set.Name}.(expiry)";
            yield return new SchemaObject(
                name, $"CREATE INDEX {SetTable.Quote(name)} ON {table.Name} ({table.Column(expiry)}) WHERE {table.Column(expiry)} IS NOT NULL");
        }
    }

    private static SchemaObject Index(SetTable table, DocumentIndex index)
    {
        var name = $"{table.Set.Name}.{index.Name}";
        var columns = index.Fields.Select(table.Column);
        if (!index.IsUnique && !index.Fields.Contains(FieldPath.Id))
        {
            columns = columns.Append("id");
        }

        var where = index.Present.Count == 0
            ? string.Empty
            : $" WHERE {string.Join(" AND ", index.Present.Select(field => $"{table.Column(field)} IS NOT NULL"))}";
        return new SchemaObject(
            name, $"CREATE {(index.IsUnique ? "UNIQUE " : string.Empty)}INDEX {SetTable.Quote(name)} ON {table.Name} ({string.Join(", ", columns)}){where}");
    }

    /// <summary>Triggers keep the entries: only sets with an array index pay for them.</summary>
    private static IEnumerable<SchemaObject> EntriesTable(SetTable table, DocumentIndex index)
    {
        var entries = table.EntriesOf(index);
        var name = $"{table.Set.Name}.{index.Name}";
        var path = SetTable.JsonPath(index.Fields[0]);
        var removal = $"DELETE FROM {entries} WHERE id = OLD.id";
        string Insertion(string row, string from) =>
            $"INSERT OR IGNORE INTO {entries} (entry, client_id, id) "
            + $"SELECT entry.value, coalesce(json_extract({row}.body, '$.client_id'), ''), {row}.id "
            + $"FROM {from}json_each({row}.body, {path}) AS entry WHERE entry.type = 'text'";

        yield return new SchemaObject(
            name,
            $"CREATE TABLE {entries} (entry TEXT NOT NULL, client_id TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (entry, client_id, id)) WITHOUT ROWID",
            Insertion(table.Name, $"{table.Name}, "));
        yield return new SchemaObject($"{name}.by_id", $"CREATE INDEX {SetTable.Quote($"{name}.by_id")} ON {entries} (id)");
        yield return Trigger(table, $"{name}.insert", "INSERT", Insertion("NEW", string.Empty));
        yield return Trigger(table, $"{name}.delete", "DELETE", removal);
        yield return Trigger(table, $"{name}.update", "UPDATE OF body", $"{removal}; {Insertion("NEW", string.Empty)}");
    }

    private static SchemaObject Trigger(SetTable table, string name, string cause, string statements) =>
        new(name, $"CREATE TRIGGER {SetTable.Quote(name)} AFTER {cause} ON {table.Name} BEGIN {statements}; END");

    private static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    private static List<string[]> Rows(Connection connection, string sql)
    {
        using var statement = connection.Use(sql);
        List<string[]> rows = [];
        while (statement.Step())
        {
            rows.Add([.. Enumerable.Range(0, statement.Columns).Select(statement.Text)]);
        }

        return rows;
    }

    private sealed record SchemaObject(string Name, string Sql, string? Fill = null);
}
