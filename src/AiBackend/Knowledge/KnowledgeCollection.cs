using AiBackend.Documents;

namespace AiBackend.Knowledge;

/// <summary>A client's set of documents that are cut and embedded in one way.</summary>
internal sealed record KnowledgeCollection : TenantDocument
{
    public required string Name { get; init; }

    public string? Description { get; init; }

    public required RawJson Metadata { get; init; }

    public required Chunking Chunking { get; init; }

    /// <summary>The model whose vectors documents get from now on.</summary>
    public required string EmbeddingModel { get; init; }

    /// <summary>
    /// What clients see as the version. The stored one also counts the changes of the counts, which must not fail somebody's
    /// <c>If-Match</c>.
    /// </summary>
    public required int Revision { get; init; }

    /// <summary>Documents of every status.</summary>
    public long Documents { get; init; }

    /// <summary>Passages that searches look at.</summary>
    public long Chunks { get; init; }

    /// <summary>The size of all documents as they were sent, as UTF-8.</summary>
    public long Bytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>How a collection's documents are cut into passages.</summary>
/// <param name="MaxTokens">The most that a passage holds, counted in words.</param>
/// <param name="OverlapTokens">Up to this much of a passage's end is repeated at the beginning of the next.</param>
public sealed record Chunking(int MaxTokens = 256, int OverlapTokens = 32);
