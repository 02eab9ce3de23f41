namespace AiBackend.DataStores;

/// <summary>
/// Reads one kind of database. Every connection is read-only, has limits of time for connecting and for each statement, and is opened only
/// after <see cref="DataGuard"/> allowed its address or path.
/// </summary>
internal interface IConnector
{
    StoreKind Kind { get; }

    /// <summary>Connects and asks the simplest question.</summary>
    /// <exception cref="ConnectionException">It does not work; the text says what to set right.</exception>
    Task<ConnectionReport> TestAsync(ConnectionTarget target, CancellationToken ct);

    /// <summary>Reads what the database holds.</summary>
    /// <exception cref="ConnectionException">As for <see cref="TestAsync"/>.</exception>
    Task<DatabaseSchema> ReadSchemaAsync(ConnectionTarget target, CancellationToken ct);

    /// <summary>Reads the next rows of a table, ordered by <see cref="RowRequest.OrderBy"/>.</summary>
    /// <exception cref="ConnectionException">As for <see cref="TestAsync"/>.</exception>
    Task<RowPage> ReadRowsAsync(ConnectionTarget target, RowRequest request, CancellationToken ct);

    /// <summary>
    /// The most common values of a column with their counts, the most common first; nulls are left out. Of a large table the first
    /// <see cref="DataOptions.CountedRows"/> rows are looked at.
    /// </summary>
    /// <param name="target">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="column">One of its columns, of kind <see cref="ColumnKind.Text"/>.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="ct">Ends the statement.</param>
    /// <exception cref="ConnectionException">As for <see cref="TestAsync"/>.</exception>
    Task<IReadOnlyList<ValueCount>> ReadValuesAsync(
        ConnectionTarget target, TableName table, string column, int limit, CancellationToken ct);
}

/// <summary>A connection that works.</summary>
/// <param name="ServerVersion">What the server calls itself.</param>
internal sealed record ConnectionReport(string ServerVersion);

/// <summary>A page of rows to read. Pages are independent: any process can read the next one.</summary>
internal sealed record RowRequest
{
    /// <summary>As the schema has it.</summary>
    public required TableSchema Table { get; init; }

    /// <summary>Columns to read.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Columns that order the rows, ascending, all not null and unique together: the key, or a time of change and then the key.</summary>
    public required IReadOnlyList<string> OrderBy { get; init; }

    /// <summary>
    /// The <see cref="RowPage.Next"/> or <see cref="RowPage.Last"/> of a page before with the same order: rows after that place; null: from the
    /// start. They mean something to the connector alone.
    /// </summary>
    public IReadOnlyList<string>? After { get; init; }

    /// <summary>At most this many rows.</summary>
    public required int Limit { get; init; }
}

/// <summary>Rows of a table.</summary>
/// <param name="Rows">
/// Values as text in the order of the columns: invariant numbers, RFC 3339 times in UTC with all their digits (a time without a zone is taken as
/// UTC), <c>true</c> and <c>false</c>; null where the database has null.
/// </param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
internal sealed record RowPage(IReadOnlyList<IReadOnlyList<string?>> Rows, IReadOnlyList<string>? Next)
{
    /// <summary>The place after the last row, for a later <see cref="RowRequest.After"/>, also when there is no next page; null without rows.</summary>
    public IReadOnlyList<string>? Last { get; init; }

    /// <summary>Whether the next row has the place of the last one: the columns do not tell rows apart, and going on would leave some out.</summary>
    public bool IsTorn { get; init; }

    /// <summary>Whether there are rows that no page has, as they have null in a column that orders them; told with the last page.</summary>
    public bool LeavesNullsOut { get; init; }
}

/// <summary>How often a value occurs.</summary>
internal sealed record ValueCount(string Value, long Count);

/// <summary>A database cannot be used as it is. The text is for whoever set it up and holds no secret.</summary>
/// <param name="fault">What is wrong.</param>
/// <param name="detail">What to set right.</param>
internal sealed class ConnectionException(ConnectionFault fault, string detail, Exception? inner = null) : Exception(detail, inner)
{
    public ConnectionFault Fault { get; } = fault;
}

/// <summary>Why a connection fails.</summary>
internal enum ConnectionFault
{
    /// <summary>The address or path may not be used, by the operator's settings.</summary>
    NotAllowed,

    /// <summary>The host is not known.</summary>
    UnknownHost,

    /// <summary>Nobody answers there, or the file is not there.</summary>
    Unreachable,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The username or password is wrong.</summary>
    BadCredentials,

    /// <summary>The server has no such database.</summary>
    UnknownDatabase,

    /// <summary>The user may not do this.</summary>
    NoRights,

    /// <summary>The encrypted connection could not be made.</summary>
    Tls,

    /// <summary>It works, but does not fit what is asked of it: vectors of another length.</summary>
    Unfit,

    /// <summary>Anything else; the text holds the server's words.</summary>
    Failed,
}
