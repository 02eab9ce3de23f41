using System.Text;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Knowledge.Extraction;
using AiBackend.Knowledge.Indexing;

namespace AiBackend.Knowledge;

/// <summary>A document as its owner sends it.</summary>
/// <param name="Content">The whole content.</param>
/// <param name="Format">How it is read.</param>
internal sealed record DocumentUpload(string Content, DocumentFormat Format)
{
    /// <summary>The owner's name for it: replaces the collection's document of this name, if there is one.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Null: what the text calls itself.</summary>
    public string? Title { get; init; }

    public string? Url { get; init; }

    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    /// <summary>Who may find it: a query that names one of these. Null or empty: every query.</summary>
    public IReadOnlyList<string>? Acl { get; init; }
}

/// <summary>Takes documents in and removes them.</summary>
internal sealed class KnowledgeDocuments(
    DocumentStore store,
    KnowledgeChanges changes,
    KnowledgeRemoval removal,
    IndexingHandler indexing,
    EventLog events,
    Ids ids,
    TimeProvider clock)
{
    private const int MaxTries = 3;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AddLease = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Stores a document in a commit of the caller's, to be indexed by a worker. It replaces the one with the same external id,
    /// whose content stays searchable until then.
    /// </summary>
    /// <param name="quota">The most documents that the client may have; null: no limit.</param>
    /// <exception cref="ApiException">404: no such collection. 429: the quota is used up.</exception>
    /// <exception cref="DuplicateKeyException">Another request adds the same external id in this moment, see <see cref="RepeatAsync"/>.</exception>
    public async ValueTask<KnowledgeDocument> PutAsync(
        TenantTransaction transaction, string collectionId, DocumentUpload upload, long? quota)
    {
        var document = await StoreAsync(transaction, collectionId, upload, quota);
        transaction.SignalWork<KnowledgeDocument>();
        return document;
    }

    /// <summary>Does a commit that puts a document, again when another one added the same external id in the same moment.</summary>
    public static async Task<T> RepeatAsync<T>(Func<Task<T>> commit)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await commit();
            }
            catch (DuplicateKeyException error) when (error.Index == KnowledgeSets.ExternalIdIndex && tries < MaxTries)
            {
                // Now there is a document to replace.
            }
        }
    }

    /// <summary>Adds a document and indexes it here and now, without a worker.</summary>
    /// <returns>The document, indexed or failed.</returns>
    public async Task<KnowledgeDocument> AddAsync(
        string clientId, string collectionId, DocumentUpload upload, CancellationToken ct)
    {
        var documents = store.For(clientId);
        var leased = await RepeatAsync(() => documents.CommitAsync(
            async transaction =>
            {
                var stored = await StoreAsync(transaction, collectionId, upload, quota: null);
                return await transaction.UpdateAsync<KnowledgeDocument>(stored.Id, document => document with
                {
                    DueAt = clock.GetUtcNow() + AddLease,
                    LeaseOwner = WorkerName.Value,
                    Attempts = document.Attempts + 1,
                }) ?? throw ApiException.NotFound();
            },
            ct));
        await indexing.HandleAsync(leased, ct);
        return await documents.FindAsync<KnowledgeDocument>(leased.Id, ct) ?? throw ApiException.NotFound();
    }

    /// <summary>Waits until the document's present content is indexed or failed, but no longer than the limit.</summary>
    /// <returns>The document as it is then; null when it is gone.</returns>
    public async Task<KnowledgeDocument?> WaitAsync(string clientId, string documentId, TimeSpan limit, CancellationToken ct)
    {
        using var ended = store.Signals.Subscribe(KnowledgeDocument.Topic(documentId));
        var until = clock.GetUtcNow() + limit;
        while (true)
        {
            var document = await store.For(clientId).FindAsync<KnowledgeDocument>(documentId, ct);
            var left = until - clock.GetUtcNow();
            if (document?.Status != DocumentStatus.Queued || left <= TimeSpan.Zero)
            {
                return document;
            }

            await ended.WaitAsync(left < PollInterval ? left : PollInterval, clock, ct);
        }
    }

    /// <summary>The document; null when there is none, or its collection was deleted.</summary>
    public async Task<KnowledgeDocument?> FindAsync(string clientId, string documentId, CancellationToken ct)
    {
        var documents = store.For(clientId);
        return await documents.FindAsync<KnowledgeDocument>(documentId, ct) is { } document
            && await documents.FindAsync<KnowledgeCollection>(document.CollectionId, ct) is not null
            ? document
            : null;
    }

    /// <summary>Deletes the document: no search that begins after this returned finds it.</summary>
    /// <param name="require">Refuses a version that is not meant.</param>
    /// <exception cref="ApiException">404.</exception>
    public Task DeleteAsync(string clientId, string documentId, Action<long> require, CancellationToken ct) =>
        store.For(clientId).CommitAsync(
            async transaction =>
            {
                var document = await transaction.FindAsync<KnowledgeDocument>(documentId) ?? throw ApiException.NotFound();
                require(document.Revision);
                if (await transaction.FindAsync<KnowledgeCollection>(document.CollectionId) is null)
                {
                    throw ApiException.NotFound();
                }

                await changes.AppendAsync(transaction, documentId, documents: -1);
                await transaction.UpdateAsync<KnowledgeCollection>(document.CollectionId, stored => stored with
                {
                    Documents = stored.Documents - 1,
                    Chunks = stored.Chunks - (document.Live?.Chunks ?? 0),
                    Bytes = stored.Bytes - document.Bytes,
                });
                await transaction.DeleteAsync<KnowledgeDocument>(documentId);
                await removal.RemoveAllAsync(transaction, document);
                await events.AppendAsync(transaction, KnowledgeEvents.Of(EventTypes.KnowledgeDocumentDeleted, document, Tracing.CurrentTraceId()));
                transaction.Signal(KnowledgeDocument.Topic(documentId));
            },
            ct);

    private async ValueTask<KnowledgeDocument> StoreAsync(
        TenantTransaction transaction, string collectionId, DocumentUpload upload, long? quota)
    {
        if (await transaction.FindAsync<KnowledgeCollection>(collectionId) is null)
        {
            throw ApiException.NotFound();
        }

        var before = upload.ExternalId is null ? null : (await transaction.ListAsync(
            Query.Of<KnowledgeDocument>().Equal(document => document.CollectionId, collectionId)
                .Equal(document => document.ExternalId, upload.ExternalId).Take(1))) is [var found] ? found : null;
        if (before is null)
        {
            var state = await KnowledgeChanges.CountAsync(transaction, documents: 1);
            if (state.Documents > quota)
            {
                throw OverQuota(quota.Value);
            }
        }

        var bytes = Encoding.UTF8.GetByteCount(upload.Content);
        _ = await transaction.UpdateAsync<KnowledgeCollection>(collectionId, stored => stored with
        {
            Documents = stored.Documents + (before is null ? 1 : 0),
            Bytes = stored.Bytes + bytes - (before?.Bytes ?? 0),
        }) ?? throw ApiException.NotFound();

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
