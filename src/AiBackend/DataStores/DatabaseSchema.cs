namespace AiBackend.DataStores;

/// <summary>What a database holds, as far as the user may see it. Equal databases give equal schemas, in the same order.</summary>
/// <param name="Tables">By schema and name, in ordinal order.</param>
internal sealed record DatabaseSchema(IReadOnlyList<TableSchema> Tables);

/// <summary>The full name of a table.</summary>
/// <param name="Schema">Null where the kind has none (SQLite, MongoDB); in MySQL and ClickHouse the database.</param>
/// <param name="Name">As it is in the database, unquoted.</param>
internal sealed record TableName(string? Schema, string Name);

/// <summary>A table or view.</summary>
internal sealed record TableSchema
{
    public required TableName Name { get; init; }

    public bool IsView { get; init; }

    /// <summary>The database's comment on it.</summary>
    public string? Comment { get; init; }

    /// <summary>In the order of the table.</summary>
    public required IReadOnlyList<ColumnSchema> Columns { get; init; }

    /// <summary>Names of the primary key's columns in the key's order; empty without one.</summary>
    public IReadOnlyList<string> PrimaryKey { get; init; } = [];

    /// <summary>By constraint name.</summary>
    public IReadOnlyList<ForeignKey> ForeignKeys { get; init; } = [];

    /// <summary>Sets of columns that are unique beside the primary key, each in the order of its index.</summary>
    public IReadOnlyList<IReadOnlyList<string>> UniqueKeys { get; init; } = [];

    /// <summary>About how many rows there are; null when the database does not say.</summary>
    public long? RowEstimate { get; init; }
}

/// <summary>A column.</summary>
/// <param name="Name">As it is in the database, unquoted.</param>
/// <param name="Type">The database's own name of the type, in full, such as <c>numeric(10,2)</c>.</param>
/// <param name="Kind">What values it holds, by the database's own table of types.</param>
/// <param name="IsNullable">Whether it may be null.</param>
/// <param name="Comment">The database's comment on it.</param>
internal sealed record ColumnSchema(string Name, string Type, ColumnKind Kind, bool IsNullable, string? Comment);

/// <summary>What a column's values are, in any database.</summary>
internal enum ColumnKind
{
    Text,

    /// <summary>Whole numbers.</summary>
    Integer,

    /// <summary>Numbers with a fraction: fixed or floating point.</summary>
    Number,

    Boolean,

    /// <summary>A day without a time.</summary>
    Date,

    /// <summary>A point in time, or a local date with a time.</summary>
    Time,

    Json,

    /// <summary>Neither summed nor grouped: binary, geometry, ranges, intervals, arrays, times of day, and all that is not known.</summary>
    Other,
}

/// <summary>A reference to another table.</summary>
/// <param name="Name">The constraint's name; made up from the columns where the database gives none.</param>
/// <param name="Columns">In the order of the key.</param>
/// <param name="Target">The table referred to; it need not be in the schemas that are looked at.</param>
/// <param name="TargetColumns">In the order of <paramref name="Columns"/>.</param>
internal sealed record ForeignKey(string Name, IReadOnlyList<string> Columns, TableName Target, IReadOnlyList<string> TargetColumns);
