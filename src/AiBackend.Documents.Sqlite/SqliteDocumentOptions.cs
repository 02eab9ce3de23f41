namespace AiBackend.Documents.Sqlite;

/// <summary>How the embedded database is opened.</summary>
public sealed class SqliteDocumentOptions
{
    /// <summary>The database file. It and its folder are made when missing; two files with its name and <c>-wal</c>, <c>-shm</c> appear beside it.</summary>
    public required string Path { get; init; }

    /// <summary>Whether a query that no declared index serves throws <see cref="UnservedQueryException"/>. For development and tests.</summary>
    public bool RequireServedQueries { get; init; }
}
