using System.Text;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Knowledge.Indexing;

namespace AiBackend.Knowledge;

/// <summary>Stores what owners send, to be indexed later.</summary>
internal sealed class DocumentWriter(Ids ids, TimeProvider clock)
{
    /// <summary>See <see cref="KnowledgeDocuments.PutAllAsync"/>.</summary>
    public async ValueTask<IReadOnlyList<KnowledgeDocument>> StoreAsync(
        TenantTransaction transaction, string collectionId, IReadOnlyList<DocumentUpload> uploads, long? quota)
    {
        if (await transaction.FindAsync<KnowledgeCollection>(collectionId) is null)
        {
            throw ApiException.NotFound();
        }

        var known = await FindAsync(transaction, collectionId, [.. uploads.Select(upload => upload.ExternalId).OfType<string>()]);
        var added = uploads.Count(upload => Before(upload) is null);
        if (added > 0)
        {
            var state = await KnowledgeChanges.CountAsync(transaction, added);
            if (state.Documents > quota)
            {
                throw OverQuota(quota.Value);
            }
        }

        int[] bytes = [.. uploads.Select(upload => Encoding.UTF8.GetByteCount(upload.Content))];
        var more = bytes.Sum(count => (long)count) - known.Values.Sum(document => document.Bytes);
        _ = await transaction.UpdateAsync<KnowledgeCollection>(
            collectionId, stored => stored with { Documents = stored.Documents + added, Bytes = stored.Bytes + more })
            ?? throw ApiException.NotFound();

        var documents = new KnowledgeDocument[uploads.Count];
        for (var i = 0; i < documents.Length; i++)
        {
            documents[i] = await StoreAsync(transaction, collectionId, uploads[i], bytes[i], Before(uploads[i]));
        }

        return documents;

        KnowledgeDocument? Before(DocumentUpload upload) => upload.ExternalId is null ? null : known.GetValueOrDefault(upload.ExternalId);
    }

    private static async ValueTask<Dictionary<string, KnowledgeDocument>> FindAsync(
        TenantTransaction transaction, string collectionId, IReadOnlyList<string> externalIds) => externalIds.Count == 0
        ? []
        : (await transaction.ListAsync(
            Query.Of<KnowledgeDocument>().Equal(document => document.CollectionId, collectionId)
                .In(document => document.ExternalId, externalIds))).ToDictionary(document => document.ExternalId!, StringComparer.Ordinal);

    private async ValueTask<KnowledgeDocument> StoreAsync(
        TenantTransaction transaction, string collectionId, DocumentUpload upload, int bytes, KnowledgeDocument? before)
    {
        var hash = Passages.HashOf(upload.Format, upload.Content);
        var document = before is null
            ? await InsertAsync(transaction, New(transaction.ClientId, collectionId, upload, bytes, hash))
            : await transaction.UpdateAsync<KnowledgeDocument>(before.Id, stored => Replaced(stored, upload, bytes, hash))
                ?? throw ApiException.NotFound();
        if (document.ContentUpload == document.Upload)
        {
            await StoreContentAsync(transaction, document, upload.Content);
        }

        return document;
    }

    private KnowledgeDocument New(string clientId, string collectionId, DocumentUpload upload, long bytes, string hash) => new()
    {
        Id = ids.New("doc"),
        ClientId = clientId,
        CollectionId = collectionId,
        ExternalId = upload.ExternalId,
        Title = upload.Title,
        Url = upload.Url,
        Metadata = upload.Metadata,
        Acl = upload.Acl is { Count: > 0 } ? upload.Acl : null,
        Format = upload.Format,
        Status = DocumentStatus.Queued,
        Bytes = bytes,
        ContentHash = hash,
        Upload = 1,
        ContentUpload = 1,
        AttemptsBefore = 0,
        Revision = 1,
        DueAt = clock.GetUtcNow(),
        TraceParent = EventLog.TraceParent(traceId: null),
        CreatedAt = clock.GetUtcNow(),
        UpdatedAt = clock.GetUtcNow(),
    };

    // Without a lease owner nobody holds it: a worker that still reads the content before cannot store what it makes of it.
    private KnowledgeDocument Replaced(KnowledgeDocument stored, DocumentUpload upload, long bytes, string hash) => stored with
    {
        Title = upload.Title,
        Url = upload.Url,
        Metadata = upload.Metadata,
        Acl = upload.Acl is { Count: > 0 } ? upload.Acl : null,
        Format = upload.Format,
        Status = DocumentStatus.Queued,
        Error = null,
        Bytes = bytes,
        ContentHash = hash,
        Upload = stored.Upload + 1,
        ContentUpload = stored.ContentHash == hash ? stored.ContentUpload : stored.Upload + 1,
        AttemptsBefore = stored.Attempts,
        LeaseOwner = null,
        Revision = stored.Revision + 1,
        DueAt = clock.GetUtcNow(),
        TraceParent = EventLog.TraceParent(traceId: null),
        UpdatedAt = clock.GetUtcNow(),
    };

    private static async ValueTask<KnowledgeDocument> InsertAsync(TenantTransaction transaction, KnowledgeDocument document)
    {
        await transaction.InsertAsync(document);
        return document;
    }

    private async ValueTask StoreContentAsync(TenantTransaction transaction, KnowledgeDocument document, string content)
    {
        var ordinal = 0;
        for (var start = 0; start < content.Length;)
        {
            var end = Math.Min(content.Length, start + KnowledgeContent.MaxLength);
            end -= end < content.Length && char.IsHighSurrogate(content[end - 1]) ? 1 : 0;
            await transaction.InsertAsync(new KnowledgeContent
            {
                Id = ids.New("con"),
                ClientId = document.ClientId,
                DocumentId = document.Id,
                Upload = document.Upload,
                Ordinal = ordinal++,
                Text = content[start..end],
            });
            start = end;
        }
    }

    private static ApiException OverQuota(long quota) => new(
        StatusCodes.Status429TooManyRequests, "quota_exceeded", $"The client may have {quota} documents, and has them. Delete some, or ask for more.")
    {
        RetryAfter = TimeSpan.FromHours(1),
    };
}
