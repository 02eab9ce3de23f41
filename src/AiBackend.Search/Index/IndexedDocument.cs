using System.Text.Json;

namespace AiBackend.Search.Index;

/// <summary>A document as the index takes it: what its chunks have in common, and the chunks.</summary>
public record IndexedDocument
{
    public required string DocumentId { get; init; }

    public required string CollectionId { get; init; }

    /// <summary>Searched by keyword together with the text of each chunk.</summary>
    public string? Title { get; init; }

    /// <summary>What filters look at. The elements must outlive their JSON document (see <see cref="JsonElement.Clone"/>).</summary>
    public IReadOnlyDictionary<string, JsonElement> Metadata { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>With entries the document is found only by a query that names one of them; without, by every query.</summary>
    public IReadOnlyCollection<string> Acl { get; init; } = [];

    public required IReadOnlyList<IndexedChunk> Chunks { get; init; }
}

/// <summary>A passage of a document.</summary>
public sealed record IndexedChunk
{
    public required string ChunkId { get; init; }

    /// <summary>The passage; the index keeps its terms, not the text. Null where only the title and the vector are to be found.</summary>
    public string? Text { get; init; }

    /// <summary>The passage's vector, of any length but 0; null or all zeros: the chunk is found by keywords only.</summary>
    public float[]? Vector { get; init; }

    /// <summary>The embedding model that made the vector. Only vectors of one model are compared.</summary>
    public string? Model { get; init; }
}
