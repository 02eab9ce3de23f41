using System.Text.Json.Serialization;
using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Knowledge.Extraction;

namespace AiBackend.Knowledge;

/// <summary>
/// A document as its owner sent it last, and what of it is searchable. While a new content waits to be indexed, the old one
/// stays in <see cref="Live"/>. The document itself is the work of indexing it.
/// </summary>
internal sealed record KnowledgeDocument : LeasedDocument, ITracedWork
{
    public required string CollectionId { get; init; }

    /// <summary>The owner's name for it; unique in the collection.</summary>
    public string? ExternalId { get; init; }

    /// <summary>As given; null: what the text calls itself, see <see cref="LiveDocument.Title"/>.</summary>
    public string? Title { get; init; }

    public string? Url { get; init; }

    public required RawJson Metadata { get; init; }

    /// <summary>Who may find it: a query that names one of these. Null: every query.</summary>
    public IReadOnlyList<string>? Acl { get; init; }

    public required DocumentFormat Format { get; init; }

    public required DocumentStatus Status { get; init; }

    /// <summary>Why it could not be indexed.</summary>
    public DocumentError? Error { get; init; }

    /// <summary>The size of the content as UTF-8.</summary>
    public required long Bytes { get; init; }

    /// <summary>Of format and content: the same hash is not stored again.</summary>
    public required string ContentHash { get; init; }

    /// <summary>Counts what the owner sent, from 1; names the parts of the content that are stored for it.</summary>
    public required int Upload { get; init; }

    /// <summary>The upload under which the content is stored: an earlier one when an upload changed only what is around it.</summary>
    public required int ContentUpload { get; init; }

    /// <summary><see cref="LeasedDocument.Attempts"/> when this upload came.</summary>
    public required int AttemptsBefore { get; init; }

    /// <summary>Chunks that were stored ahead of their generation going live, by this and earlier attempts.</summary>
    public int Staged { get; init; }

    /// <summary>What searches find; null until the first content was indexed.</summary>
    public LiveDocument? Live { get; init; }

    /// <summary>What clients see as the version: the stored one also counts leases.</summary>
    public required int Revision { get; init; }

    public string? TraceParent { get; init; }

    /// <summary>The trace of the upload, 32 hex digits.</summary>
    [JsonIgnore]
    public string? TraceId => TraceParent?.Substring(3, 32);

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? IndexedAt { get; init; }

    /// <summary>Raised when the document was indexed or could not be.</summary>
    public static string Topic(string documentId) => $"document:{documentId}";
}

/// <summary>What searches find of a document.</summary>
internal sealed record LiveDocument
{
    /// <summary>Which of the stored chunks belong to it; the others are being written or removed.</summary>
    public required int Generation { get; init; }

    public required int Chunks { get; init; }

    /// <summary>What the chunks and their vectors follow from; while it stays the same there is nothing to embed.</summary>
    public required string Key { get; init; }

    public string? Title { get; init; }

    public string? Url { get; init; }

    public required RawJson Metadata { get; init; }

    public IReadOnlyList<string>? Acl { get; init; }
}

internal enum DocumentStatus
{
    /// <summary>Sent, not yet searchable in this form.</summary>
    Queued,

    Indexed,

    /// <summary>Cannot be indexed; what was searchable before still is.</summary>
    Failed,
}

/// <summary>Why a document could not be indexed.</summary>
/// <param name="Code">A stable word.</param>
/// <param name="Detail">For a person.</param>
public sealed record DocumentError(string Code, string Detail);

/// <summary>A part of a document's content: documents may be larger than what a database takes as one.</summary>
internal sealed record KnowledgeContent : TenantDocument
{
    public const int MaxLength = 1_000_000;

    public required string DocumentId { get; init; }

    public required int Upload { get; init; }

    public required int Ordinal { get; init; }

    public required string Text { get; init; }
}

/// <summary>A passage with its vector.</summary>
internal sealed record KnowledgeChunk : TenantDocument
{
    public required string DocumentId { get; init; }

    /// <summary>See <see cref="LiveDocument.Generation"/>.</summary>
    public required int Generation { get; init; }

    /// <summary>Its place in the document, from 0.</summary>
    public required int Ordinal { get; init; }

    /// <summary>The headings that it stands under, outermost first, as <c>A &gt; B</c>.</summary>
    public string? Heading { get; init; }

    public required string Text { get; init; }

    /// <summary>Of what was embedded, by which model: the same hash has the same vector.</summary>
    public required string Hash { get; init; }

    public required string Model { get; init; }

    /// <summary>Half-precision floats, little-endian: as exact as retrieval can tell, at half the space.</summary>
    public required byte[] Vector { get; init; }
}
