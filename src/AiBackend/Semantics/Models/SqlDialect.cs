using AiBackend.DataStores;

namespace AiBackend.Semantics.Models;

/// <summary>How models write SQL for one kind of database. Results are Cube texts: what is special to Cube in them is escaped.</summary>
internal sealed class SqlDialect(StoreKind kind)
{
    // Reserved in one of the databases. After a dot most of them are allowed somewhere, and none everywhere.
    private static readonly HashSet<string> Reserved = new(
        ("accessible add all alter analyse analyze and any array as asc asensitive asymmetric attach authorization before begin between bigint binary blob both by "
        + "call cascade case cast change char character check collate collation column commit concurrently condition constraint continue convert create cross cube "
        + "cume_dist current current_catalog current_date current_role current_schema current_time current_timestamp current_user cursor database databases "
        + "day_hour day_microsecond day_minute day_second dec decimal declare default deferrable deferred delayed delete dense_rank desc describe detach "
        + "deterministic distinct distinctrow div do double drop dual each else elseif empty enclosed end escape escaped except exclude exists exit explain false fetch "
        + "final first_value float float4 float8 following for force foreign format freeze from full fulltext function generated get global grant group grouping groups having high_priority "
        + "hour_microsecond hour_minute hour_second if ignore ilike immediate in index indexed infile initially inner inout insensitive insert instead int int1 int2 int3 int4 int8 "
        + "integer intersect interval into is isnull iterate join json_table key keys kill lag lambda last_value lateral lead leading leave left like limit linear lines "
        + "load local localtime localtimestamp lock long longblob longtext loop low_priority match maxvalue mediumblob mediumint mediumtext middleint "
        + "minute_microsecond minute_second mod modifies natural no no_write_to_binlog not nothing notnull nth_value ntile null nulls numeric of offset on only optimize "
        + "option optionally or order out outer outfile over overlaps partition percent_rank pivot placing plan pragma precision prewhere primary procedure purge qualify query "
        + "range rank read reads real recursive references regexp reindex release rename repeat replace require resignal restrict return returning revoke right "
        + "rlike rollback row row_number rows sample savepoint schema schemas second_microsecond select semi sensitive separator session_user set settings show signal similar "
        + "smallint some spatial specific sql sqlexception sqlstate sqlwarning ssl starting straight_join summarize symmetric system system_user table tablesample temp temporary "
        + "terminated then tinyblob tinyint tinytext to top trailing transaction trigger true undo union unique unlock unpivot unsigned update usage use user using "
        + "utc_date utc_time utc_timestamp vacuum values varbinary varchar varcharacter variadic varying verbose view virtual when where while window with within without write "
        + "xor year_month zerofill anti asof final global").Split(' '),
        StringComparer.Ordinal);

    /// <summary>A table with its schema, each quoted where it must be.</summary>
    public string Table(TableName table) =>
        table.Schema is { Length: > 0 } schema ? $"{Quote(schema)}.{Quote(table.Name)}" : Quote(table.Name);

    /// <summary>A column of the cube at hand.</summary>
    public string Column(string name) => $"{{CUBE}}.{Quote(name)}";

    /// <summary>A column of another cube.</summary>
    public string Column(string cube, string name) => $"{{{cube}}}.{Quote(name)}";

    /// <summary>A column as models use it: as text where its values are neither grouped nor compared as they are.</summary>
    public string Value(ColumnSchema column) => column.Kind is ColumnKind.Json or ColumnKind.Other ? AsText(Column(column.Name))

        // The one type of numbers that PostgreSQL neither averages nor writes as such.
        : kind == StoreKind.Postgres && column.Type == "money" ? $"CAST({Column(column.Name)} AS NUMERIC)"

        // Cube compares truth values with the words, which are 0 to databases without such a type.
        : column.Kind is ColumnKind.Boolean && kind is (StoreKind.Mysql or StoreKind.Sqlite)
            ? $"CASE WHEN {Column(column.Name)} THEN 'true' WHEN NOT {Column(column.Name)} THEN 'false' END"
        : Column(column.Name);

    private string AsText(string column) => kind switch
    {
        StoreKind.Postgres or StoreKind.Sqlite => $"CAST({column} AS TEXT)",
        StoreKind.Duckdb => $"CAST({column} AS VARCHAR)",
        StoreKind.Mysql => $"CAST({column} AS CHAR)",
        StoreKind.Clickhouse => $"toString({column})",
        _ => column,
    };

    /// <summary>What tells a table's rows apart when it has no key; null where the database shows nothing of the kind.</summary>
    public string? RowAddress => kind switch
    {
        StoreKind.Postgres => "CAST({CUBE}.tableoid AS TEXT) || CAST({CUBE}.ctid AS TEXT)",
        StoreKind.Sqlite or StoreKind.Duckdb => "{CUBE}.rowid",
        _ => null,
    };

    private string Quote(string name) => IsPlain(name) ? name : CubeText.Escape(kind switch
    {
        StoreKind.Clickhouse => $"`{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)}`",
        StoreKind.Mysql or StoreKind.Mongodb => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`",
        _ => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
    });

    private static bool IsPlain(string name) =>
        name.Length > 0 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
        && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_')
        && !Reserved.Contains(name);
}
