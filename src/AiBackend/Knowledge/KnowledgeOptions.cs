using AiBackend.Search.Index;

namespace AiBackend.Knowledge;

/// <summary>Settings of search.</summary>
internal sealed class KnowledgeOptions
{
    /// <summary>
    /// <c>SEARCH_COSINE_FLOOR</c>: from which cosine on a passage is found that shares no telling word with the query. Other
    /// embedding models than the built-in one may need another.
    /// </summary>
    public float CosineFloor { get; init; } = QueryVector.DefaultCosineFloor;
}
