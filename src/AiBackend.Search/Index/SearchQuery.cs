using AiBackend.Search.Filters;

namespace AiBackend.Search.Index;

/// <summary>What a search goes by.</summary>
public enum SearchMode
{
    /// <summary>0.7 × keyword + 0.3 × vector, each scaled to 0..1 over the candidates of both.</summary>
    Hybrid,

    /// <summary>The cosine of the vectors alone.</summary>
    Vector,

    /// <summary>BM25 alone.</summary>
    Keyword,
}

/// <summary>A query as one embedding model sees it.</summary>
/// <param name="Values">Its vector; all zeros finds nothing.</param>
/// <param name="CosineFloor">
/// A chunk that shares no telling word with the query is found only from this cosine on. Unrelated texts differ by model:
/// see <see cref="DefaultCosineFloor"/> for the built-in one.
/// </param>
public sealed record QueryVector(float[] Values, float CosineFloor = QueryVector.DefaultCosineFloor)
{
    /// <summary>For the built-in model: its 95th percentile of unrelated texts. Questions and their answers often have no more than .35.</summary>
    public const float DefaultCosineFloor = 0.33f;
}

/// <summary>A question to a <see cref="ClientIndex"/>.</summary>
public sealed record SearchQuery
{
    public required string Text { get; init; }

    /// <summary>The query's vectors by the name of the embedding model; chunks of other models are found by keywords only.</summary>
    public IReadOnlyDictionary<string, QueryVector> Vectors { get; init; } = new Dictionary<string, QueryVector>();

    public SearchMode Mode { get; init; }

    /// <summary>The most hits to return, at least 1.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Collections to search; null for all.</summary>
    public IReadOnlyCollection<string>? CollectionIds { get; init; }

    public SearchFilter? Filter { get; init; }

    /// <summary>What must hold of a document besides; called while the index is held, so it must be quick. Null: nothing.</summary>
    public Func<IndexedDocument, bool>? Where { get; init; }

    /// <summary>What the asker may see: documents with an access list are found when it holds one of these.</summary>
    public IReadOnlyCollection<string> Acl { get; init; } = [];

    /// <summary>Hits below this score are left out.</summary>
    public double? MinScore { get; init; }
}

/// <summary>A chunk that was found.</summary>
/// <param name="ChunkId">The chunk.</param>
/// <param name="DocumentId">Its document.</param>
/// <param name="CollectionId">The document's collection.</param>
/// <param name="Score">
/// 0..1, what hits are ordered by. In hybrid and keyword mode it compares hits of one search only: the best keyword match scores
/// highest however weak it is. Judge by <paramref name="Coverage"/> and <paramref name="VectorScore"/> whether it fits.
/// </param>
/// <param name="VectorScore">The cosine; null where query and chunk have no vectors of one model.</param>
/// <param name="KeywordScore">The BM25 score; 0 where no word is shared.</param>
/// <param name="Coverage">0..1: the share of the query's terms that the chunk holds, rare terms counting more.</param>
public sealed record SearchHit(
    string ChunkId, string DocumentId, string CollectionId, double Score, double? VectorScore, double KeywordScore, double Coverage);

/// <summary>The best hits, best first.</summary>
/// <param name="Hits">At most as many as were asked for.</param>
/// <param name="TotalCandidates">How many chunks were found before the limit cut them.</param>
public sealed record SearchResults(IReadOnlyList<SearchHit> Hits, int TotalCandidates);
