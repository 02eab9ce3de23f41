using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;

namespace AiBackend.Knowledge.Indexing;

/// <summary>
/// What is still stored of a deleted collection, a deleted document or a replaced content: found by nobody any more, but too
/// much to be removed in the commit that made it so.
/// </summary>
internal sealed record KnowledgeLeftover : LeasedDocument, ITracedWork
{
    /// <summary>The collection whose documents go; null when it is one document's parts.</summary>
    public string? CollectionId { get; init; }

    public string? DocumentId { get; init; }

    public string? TraceParent { get; init; }

    /// <summary>The document's chunks of generations below this go.</summary>
    public int ChunksBelow { get; init; }
}

/// <summary>Removes leftovers in small commits, so that no other commit waits long.</summary>
internal sealed class LeftoverHandler(DocumentStore store, KnowledgeRemoval removal, EventLog events, TimeProvider clock)
    : IWorkHandler<KnowledgeLeftover>
{
    private const int DocumentsPerCommit = 20;
    private const int ChunksPerCommit = 500;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(2);

    public async Task HandleAsync(KnowledgeLeftover work, CancellationToken ct)
    {
        var documents = store.For(work.ClientId);
        if (work.CollectionId is { } collectionId)
        {
            await RemoveDocumentsAsync(documents, collectionId, work.TraceParent?.Substring(3, 32), ct);
        }
        else
        {
            await RemoveChunksAsync(documents, work, ct);
        }

        await documents.CommitAsync(transaction => transaction.DeleteAsync<KnowledgeLeftover>(work.Id), ct);
    }

    public Task AbandonAsync(KnowledgeLeftover work, Exception error, CancellationToken ct) => store.For(work.ClientId).CommitAsync(
        transaction => transaction.UpdateAsync<KnowledgeLeftover>(
            work.Id,
            stored => Leases.RequireHeld(stored, work) with
            {
                DueAt = clock.GetUtcNow() + (FirstBackoff * Math.Pow(2, Math.Min(stored.Attempts - 1, 10))),
            }),
        ct);

    private async Task RemoveDocumentsAsync(TenantDocuments documents, string collectionId, string? traceId, CancellationToken ct)
    {
        var batch = Query.Of<KnowledgeDocument>().Equal(document => document.CollectionId, collectionId).Ascending().Take(DocumentsPerCommit);
        while (await documents.CommitAsync(
            async transaction =>
            {
                var found = await transaction.ListAsync(batch);
                foreach (var document in found)
                {
                    await transaction.DeleteAsync<KnowledgeDocument>(document.Id);
                    await removal.RemoveAllAsync(transaction, document);
                    transaction.Signal(KnowledgeDocument.Topic(document.Id));
                }

                await events.AppendAsync(
                    transaction, [.. found.Select(document => KnowledgeEvents.Of(EventTypes.KnowledgeDocumentDeleted, document, traceId))]);
                return found.Count;
            },
            ct) > 0)
        {
        }
    }

    private static async Task RemoveChunksAsync(TenantDocuments documents, KnowledgeLeftover work, CancellationToken ct)
    {
        var batch = Query.Of<KnowledgeChunk>().Equal(chunk => chunk.DocumentId, work.DocumentId)
            .Less(chunk => chunk.Generation, work.ChunksBelow).Ascending(chunk => chunk.Generation, chunk => chunk.Ordinal).Take(ChunksPerCommit);
        while (await documents.ListAsync<KnowledgeChunk, StoredId>(batch, ct) is { Count: > 0 } found)
        {
            await documents.CommitAsync(
                async transaction =>
                {
                    foreach (var chunk in found)
                    {
                        await transaction.DeleteAsync<KnowledgeChunk>(chunk.Id);
                    }
                },
                ct);
        }
    }

    private sealed record StoredId(string Id);
}
