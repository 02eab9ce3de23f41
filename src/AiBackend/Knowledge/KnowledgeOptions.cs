using AiBackend.Search.Index;

namespace AiBackend.Knowledge;

/// <summary>Settings of search.</summary>
internal sealed class KnowledgeOptions
{
    /// <summary><c>SEARCH_MEMORY_MB</c>: how much the indexes of all clients may take in memory, in bytes; the one in use stays in any case.</summary>
    public long IndexBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary><c>SEARCH_IDLE_MINUTES</c>: how long the index of a client that does not search stays in memory.</summary>
    public TimeSpan IndexIdle { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// <c>SEARCH_COSINE_FLOOR</c>: from which cosine on a passage is found that shares no telling word with the query. Other
    /// embedding models than the built-in one may need another.
    /// </summary>
    public float CosineFloor { get; init; } = QueryVector.DefaultCosineFloor;
}
