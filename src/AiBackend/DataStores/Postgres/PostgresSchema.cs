using Npgsql;
using NpgsqlTypes;

namespace AiBackend.DataStores.Postgres;

/// <summary>Reads the catalogue: four statements, however many tables there are.</summary>
internal static class PostgresSchema
{
    // The user's own tables that may be read. Partitions are parts of their parents; what an extension made is none of the user's data.
    private const string Visible = """
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
          AND (cardinality($1::text[]) = 0 OR n.nspname = ANY ($1::text[]))
          AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        """;

    // Rows that were never counted are told by what was written since. A partitioned table has as many as its parts.
    private const string Tables = $"""
        SELECT c.oid::text, n.nspname::text, c.relname::text, c.relkind IN ('v', 'm'), obj_description(c.oid, 'pg_class'),
          CASE c.relkind WHEN 'v' THEN NULL WHEN 'f' THEN nullif(c.reltuples, -1)::bigint
            WHEN 'p' THEN (SELECT sum(coalesce(nullif(l.reltuples, -1)::bigint, nullif(pg_stat_get_live_tuples(l.oid), 0)))::bigint
              FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid WHERE t.isleaf)
            ELSE coalesce(nullif(c.reltuples, -1)::bigint, nullif(pg_stat_get_live_tuples(c.oid), 0)) END
        {Visible}
        """;

    private const string Columns = $"""
        SELECT a.attrelid::text, a.attname::text, a.atttypid::text, format_type(a.atttypid, a.atttypmod), t.typtype::text, t.typcategory::text,
          a.attnotnull, col_description(a.attrelid, a.attnum)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (SELECT c.oid {Visible}) AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
        ORDER BY a.attrelid, a.attnum
        """;

    private const string Domains = """
        SELECT d.oid::text, d.typbasetype::text, format_type(d.typbasetype, d.typtypmod), b.typtype::text, b.typcategory::text, d.typnotnull
        FROM pg_type d JOIN pg_type b ON b.oid = d.typbasetype WHERE d.typtype = 'd'
        """;

    // Unique indexes count too, constraint or not, but not those over a part of the rows, over expressions, or in another collation than the column's.
    private const string Keys = $"""
        SELECT c.conrelid::text, c.contype::text, c.conname::text,
          ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place),
          n.nspname::text, f.relname::text,
          ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(number, place)
            JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number ORDER BY k.place)
        FROM pg_constraint c LEFT JOIN pg_class f ON f.oid = c.confrelid LEFT JOIN pg_namespace n ON n.oid = f.relnamespace
        WHERE c.contype IN ('p', 'f') AND c.conparentid = 0 AND c.conrelid IN (SELECT c.oid {Visible})
        UNION ALL
        SELECT i.indrelid::text, 'u', x.relname::text,
          ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k(number, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number WHERE k.place <= i.indnkeyatts ORDER BY k.place),
          NULL, NULL, NULL
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indisunique AND NOT i.indisprimary AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indrelid IN (SELECT c.oid {Visible})
          AND NOT EXISTS (SELECT FROM unnest(i.indkey, i.indcollation) WITH ORDINALITY k(number, collation_id, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
            WHERE k.place <= i.indnkeyatts AND a.attcollation <> 0 AND a.attcollation <> k.collation_id)
        """;

    public static async Task<DatabaseSchema> ReadAsync(NpgsqlConnection connection, IReadOnlyList<string> schemas, CancellationToken ct)
    {
        var tables = await connection.QueryAsync(
            Tables,
            reader => new Table(
                reader.GetString(0), new TableName(reader.GetString(1), reader.GetString(2)), reader.GetBoolean(3), reader.TextOrNull(4), reader.WholeOrNull(5)),
            ct,
            Only());
        var columns = await connection.QueryAsync(
            Columns,
            reader => new Column(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4)[0], reader.GetString(5)[0],
                reader.GetBoolean(6), reader.TextOrNull(7)),
            ct,
            Only());
        var domains = await connection.QueryAsync(
            Domains,
            reader => new Domain(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3)[0], reader.GetString(4)[0], reader.GetBoolean(5)),
            ct);
        var keys = await connection.QueryAsync(
            Keys,
            reader => new Key(
                reader.GetString(0), reader.GetString(1)[0], reader.GetString(2), reader.GetFieldValue<string[]>(3),
                reader.IsDBNull(5) ? null : new TableName(reader.GetString(4), reader.GetString(5)),
                reader.IsDBNull(6) ? [] : reader.GetFieldValue<string[]>(6)),
            ct,
            Only());

        var domainsById = domains.ToDictionary(domain => domain.Id, StringComparer.Ordinal);
        var columnsByTable = columns.ToLookup(column => column.TableId, StringComparer.Ordinal);
        var keysByTable = keys.ToLookup(key => key.TableId, StringComparer.Ordinal);
        return new DatabaseSchema(tables
            .Select(table => Assemble(table, [.. columnsByTable[table.Id].Select(column => Assemble(column, domainsById))], [.. keysByTable[table.Id]]))
            .InOrder());

        NpgsqlParameter Only() => new() { Value = schemas.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
    }

    private static TableSchema Assemble(Table table, ColumnSchema[] columns, Key[] keys)
    {
        // A key over a column that may not be read is none for the reader.
        var names = columns.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        Key[] readable = [.. keys.Where(key => key.Columns.All(names.Contains)).OrderBy(key => key.Name, StringComparer.Ordinal)];
        return new TableSchema
        {
            Name = table.Name,
            IsView = table.IsView,
            Comment = table.Comment,
            Columns = columns,
            PrimaryKey = readable.FirstOrDefault(key => key.Kind == 'p')?.Columns ?? [],
            ForeignKeys = [.. readable.Where(key => key.Target is not null).Select(key => new ForeignKey(key.Name, key.Columns, key.Target!, key.TargetColumns))],
            UniqueKeys = [.. readable.Where(key => key.Kind == 'u').Select(key => key.Columns)],
            RowEstimate = table.RowEstimate,
        };
    }

    // A domain is shown as what it is made of: that says what its values are.
    private static ColumnSchema Assemble(Column column, Dictionary<string, Domain> domains)
    {
        var (id, type, @class, category, isRequired) = (column.TypeId, column.Type, column.Class, column.Category, column.IsRequired);
        while (domains.TryGetValue(id, out var domain))
        {
            (id, type, @class, category) = (domain.BaseId, domain.BaseType, domain.BaseClass, domain.BaseCategory);
            isRequired |= domain.IsRequired;
        }

        return new ColumnSchema(column.Name, type, PostgresTypes.KindOf(type, @class, category), !isRequired, column.Comment);
    }

    private sealed record Table(string Id, TableName Name, bool IsView, string? Comment, long? RowEstimate);

    private sealed record Column(
        string TableId, string Name, string TypeId, string Type, char Class, char Category, bool IsRequired, string? Comment);

    private sealed record Domain(string Id, string BaseId, string BaseType, char BaseClass, char BaseCategory, bool IsRequired);

    private sealed record Key(string TableId, char Kind, string Name, string[] Columns, TableName? Target, string[] TargetColumns);
}
