using AiBackend.Documents;
using AiBackend.Search.Filters;
using AiBackend.Search.Index;

namespace AiBackend.Knowledge;

/// <summary>A question to one client's indexed documents.</summary>
/// <param name="Text">What is looked for, in the words of the person who asks.</param>
internal sealed record KnowledgeQuery(string Text)
{
    /// <summary>Where to look; null for all collections of the client. One that does not exist holds nothing.</summary>
    public IReadOnlyList<string>? CollectionIds { get; init; }

    /// <summary>The most passages to return, from 1 to 100.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>The text's vector, where the asker has it already; null: it is made.</summary>
    public float[]? Vector { get; init; }

    /// <summary>What the search goes by.</summary>
    public SearchMode Mode { get; init; } = SearchMode.Hybrid;

    /// <summary>What must hold of a document's metadata; null: nothing.</summary>
    public SearchFilter? Filter { get; init; }

    /// <summary>Passages that score lower are left out; see <see cref="Passage.Score"/>.</summary>
    public double? MinScore { get; init; }

    /// <summary>
    /// From which cosine on a passage is found that shares no telling word with the query; null: as <see cref="KnowledgeOptions"/>
    /// say.
    /// </summary>
    public float? CosineFloor { get; init; }

    /// <summary>
    /// What the asker may see besides documents for everyone: a document with an access list is found only when this names
    /// one of its entries.
    /// </summary>
    public IReadOnlyList<string>? Acl { get; init; }
}

/// <summary>What was found.</summary>
/// <param name="Passages">The best first.</param>
/// <param name="TotalCandidates">How many passages were ranked.</param>
/// <param name="TermWeights">How much each telling term of the query tells among the client's documents, by stem.</param>
internal sealed record KnowledgeResult(
    IReadOnlyList<Passage> Passages, long TotalCandidates, IReadOnlyDictionary<string, double> TermWeights);

/// <summary>A part of a document that fits a query.</summary>
internal sealed record Passage
{
    /// <summary>The passage's own id (<c>chk_…</c>).</summary>
    public required string ChunkId { get; init; }

    /// <summary>The document it is from (<c>doc_…</c>).</summary>
    public required string DocumentId { get; init; }

    /// <summary>The document's collection (<c>col_…</c>).</summary>
    public required string CollectionId { get; init; }

    /// <summary>The document's title.</summary>
    public required string? Title { get; init; }

    /// <summary>Where the document is found, as its owner said.</summary>
    public required string? Url { get; init; }

    /// <summary>The passage's text, with its headings marked by <c>#</c>.</summary>
    public required string Text { get; init; }

    /// <summary>How well it fits among the passages found, from 0 to 1. Not comparable between queries.</summary>
    public required double Score { get; init; }

    /// <summary>The cosine between query and passage; null where they have no vectors of one model.</summary>
    public required double? VectorScore { get; init; }

    /// <summary>The BM25 score; 0 where no word is shared.</summary>
    public required double KeywordScore { get; init; }

    /// <summary>How much of the query's weight of words the passage holds, from 0 to 1; comparable between queries.</summary>
    public required double Coverage { get; init; }

    /// <summary>The document's metadata, an object.</summary>
    public required RawJson Metadata { get; init; }
}
