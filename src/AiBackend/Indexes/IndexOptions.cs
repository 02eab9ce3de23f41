namespace AiBackend.Indexes;

/// <summary>Settings of search indexes in memory.</summary>
internal sealed class IndexOptions
{
    /// <summary><c>SEARCH_MEMORY_MB</c>: how much the indexes of all clients may take, in bytes; the one in use stays in any case.</summary>
    public long Bytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary><c>SEARCH_IDLE_MINUTES</c>: how long the index of a client that does not search stays in memory.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(30);
}
