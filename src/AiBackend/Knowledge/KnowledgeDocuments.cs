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
    DocumentWriter writer,
    IndexingHandler indexing,
    EventLog events,
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
        var stored = await PutAllAsync(transaction, collectionId, [upload], quota);
        return stored[0];
    }

    /// <summary>As <see cref="PutAsync"/>, of many documents: all or none.</summary>
    /// <param name="uploads">A few hundred at most, as other commits of the client wait for this one; each external id once.</param>
    /// <returns>The documents, in the order of the uploads.</returns>
    public async ValueTask<IReadOnlyList<KnowledgeDocument>> PutAllAsync(
        TenantTransaction transaction, string collectionId, IReadOnlyList<DocumentUpload> uploads, long? quota)
    {
        var stored = await writer.StoreAsync(transaction, collectionId, uploads, quota);
        transaction.SignalWork<KnowledgeDocument>();
        return stored;
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
                var stored = await writer.StoreAsync(transaction, collectionId, [upload], quota: null);
                return await transaction.UpdateAsync<KnowledgeDocument>(stored[0].Id, document => document with
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

                await RemoveAsync(transaction, document.CollectionId, [document]);
            },
            ct);

    /// <summary>
    /// Deletes documents in a commit of the caller's, see <see cref="DeleteAsync"/>. Those that are not there, or whose collection is not, are
    /// passed over.
    /// </summary>
    /// <param name="documentIds">A few hundred at most.</param>
    public async ValueTask DeleteAllAsync(TenantTransaction transaction, IReadOnlyCollection<string> documentIds)
    {
        if (documentIds.Count == 0)
        {
            return;
        }

        var found = await transaction.ListAsync(Query.Of<KnowledgeDocument>().In(document => document.Id, documentIds));
        foreach (var group in found.GroupBy(document => document.CollectionId, StringComparer.Ordinal))
        {
            if (await transaction.FindAsync<KnowledgeCollection>(group.Key) is not null)
            {
                await RemoveAsync(transaction, group.Key, [.. group]);
            }
        }
    }

    private async ValueTask RemoveAsync(TenantTransaction transaction, string collectionId, IReadOnlyList<KnowledgeDocument> documents)
    {
        foreach (var document in documents)
        {
            await changes.AppendAsync(transaction, document.Id, documents: -1);
        }

        await transaction.UpdateAsync<KnowledgeCollection>(collectionId, stored => stored with
        {
            Documents = stored.Documents - documents.Count,
            Chunks = stored.Chunks - documents.Sum(document => document.Live?.Chunks ?? 0),
            Bytes = stored.Bytes - documents.Sum(document => document.Bytes),
        });
        foreach (var document in documents)
        {
            await transaction.DeleteAsync<KnowledgeDocument>(document.Id);
            await removal.RemoveAllAsync(transaction, document);
            transaction.Signal(KnowledgeDocument.Topic(document.Id));
        }

        var traceId = Tracing.CurrentTraceId();
        await events.AppendAsync(
            transaction, [.. documents.Select(document => KnowledgeEvents.Of(EventTypes.KnowledgeDocumentDeleted, document, traceId))]);
    }
}
