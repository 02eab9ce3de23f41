namespace AiBackend.Documents.Mongo;

/// <summary>Where the database is and how long to wait for it.</summary>
public sealed record MongoOptions
{
    /// <summary>
    /// The connection string. Its path names the database (<c>ai_backend</c> when it has none). Its options hold, but for read
    /// and write concern, read preference, retries and time limits, which are the service's.
    /// </summary>
    public required string Uri { get; init; }

    /// <summary>Whether a query that no declared index serves throws <see cref="UnservedQueryException"/>. For development and tests.</summary>
    public bool RequireServedQueries { get; init; }

    /// <summary>How long a commit may take with all its tries before it fails.</summary>
    public TimeSpan CommitLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long any other operation may take with the driver's own tries.</summary>
    public TimeSpan OperationLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to look for a server that can do the work before an operation fails.</summary>
    public TimeSpan ServerSelectionLimit { get; init; } = TimeSpan.FromSeconds(5);
}
