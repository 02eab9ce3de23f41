using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Knowledge.Extraction;

namespace AiBackend.Knowledge;

/// <summary>A document as clients see it.</summary>
/// <param name="Id"><c>doc_…</c>.</param>
/// <param name="ExternalId">The owner's name for it.</param>
/// <param name="Title">As given, or what its text calls itself.</param>
/// <param name="Acl">Who may find it; null: every query.</param>
/// <param name="MediaType">How its content was read.</param>
/// <param name="Status">Whether the content that was sent last is searchable.</param>
/// <param name="Error">Why it is not.</param>
/// <param name="Bytes">The size of the content as UTF-8.</param>
/// <param name="ChunkCount">The passages that searches look at.</param>
/// <param name="IndexedAt">When the searchable content became so.</param>
internal sealed record DocumentResponse(
    string Id,
    string CollectionId,
    string? ExternalId,
    string? Title,
    string? Url,
    RawJson Metadata,
    IReadOnlyList<string>? Acl,
    string MediaType,
    DocumentStatus Status,
    DocumentError? Error,
    long Bytes,
    int ChunkCount,
    DateTimeOffset? IndexedAt,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static DocumentResponse From(KnowledgeDocument document) => new(
        document.Id,
        document.CollectionId,
        document.ExternalId,
        document.Title ?? document.Live?.Title,
        document.Url,
        document.Metadata,
        document.Acl,
        DocumentFormats.MediaType(document.Format),
        document.Status,
        document.Error,
        document.Bytes,
        document.Live?.Chunks ?? 0,
        document.IndexedAt,
        document.Revision,
        document.CreatedAt,
        document.UpdatedAt);
}

internal static class KnowledgeEvents
{
    /// <summary>Tells of a document as its GET answers it.</summary>
    /// <param name="traceId">The trace of the upload or the request that it comes of.</param>
    public static NewEvent Of(string type, KnowledgeDocument document, string? traceId) => new(type, "document", document.Id)
    {
        ParentId = document.CollectionId,
        TraceId = traceId,
        Data = EventData.Of("document", DocumentResponse.From(document)),
    };
}
