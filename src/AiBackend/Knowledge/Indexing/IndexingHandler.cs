using AiBackend.Ai;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;
using AiBackend.Knowledge.Extraction;

namespace AiBackend.Knowledge.Indexing;

/// <summary>
/// Makes a document searchable: reads its content, cuts it, embeds what is new, and stores it all in one commit, after which the
/// new passages are found and the old ones are not. Passages of a large document are stored ahead in batches under a generation
/// that nobody reads until that commit.
/// </summary>
internal sealed class IndexingHandler(
    DocumentStore store,
    EmbeddingModel model,
    KnowledgeChanges changes,
    KnowledgeRemoval removal,
    ClientIndexes indexes,
    EventLog events,
    UsageLog usage,
    Ids ids,
    TimeProvider clock) : IWorkHandler<KnowledgeDocument>
{
    private const int MaxPassages = 100_000;
    private const int PassagesPerCommit = 256;
    private const int TextsPerRequest = 64;
    private const int MaxAttempts = 12;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(10);

    public async Task HandleAsync(KnowledgeDocument work, CancellationToken ct)
    {
        var documents = store.For(work.ClientId);
        var collection = await documents.FindAsync<KnowledgeCollection>(work.CollectionId, ct);
        if (collection is null || work.Status != DocumentStatus.Queued)
        {
            await documents.CommitAsync(
                transaction => transaction.UpdateAsync<KnowledgeDocument>(
                    work.Id, stored => Leases.RequireHeld(stored, work) with { DueAt = null }),
                ct);
            return;
        }

        var key = Passages.KeyOf(work, collection);
        if (work.Live is { } live && live.Key == key && work.Staged == 0)
        {
            await CompleteAsync(work, live.Generation, new Content(key, live.Title, live.Chunks, [], 0), ct);
            return;
        }

        try
        {
            var extracted = TextExtraction.Extract(await ReadContentAsync(documents, work, ct), work.Format);
            var title = work.Title ?? extracted.Title;
            var passages = Passages.Of(extracted.Text, title, collection.Chunking, model.Name);
            if (passages.Count > MaxPassages)
            {
                throw new ExtractionException(
                    "too_many_passages",
                    $"The document has {passages.Count} passages; {MaxPassages} are possible. Split it, or let the collection's passages be longer.");
            }

            await IndexAsync(work, key, title, passages, ct);
        }
        catch (ExtractionException error)
        {
            await FailAsync(work, new DocumentError(error.Code, error.Message), ct);
        }
    }

    public async Task AbandonAsync(KnowledgeDocument work, Exception error, CancellationToken ct)
    {
        var tries = work.Attempts - work.AttemptsBefore;
        if (tries >= MaxAttempts || error is UpstreamException { IsTransient: false })
        {
            await FailAsync(
                work,
                error is UpstreamException upstream
                    ? new DocumentError(upstream.Code("embedding"), upstream.Message)
                    : new DocumentError(
                        "indexing_failed", "The document could not be indexed, also not at repeated attempts. Send it again to try once more."),
                ct);
            return;
        }

        var backoff = FirstBackoff * Math.Pow(4, tries - 1);
        await store.For(work.ClientId).CommitAsync(
            transaction => transaction.UpdateAsync<KnowledgeDocument>(
                work.Id,
                stored => Leases.RequireHeld(stored, work) with
                {
                    DueAt = clock.GetUtcNow() + (backoff < LongestBackoff ? backoff : LongestBackoff),
                }),
            ct);
    }

    private static async Task<string> ReadContentAsync(TenantDocuments documents, KnowledgeDocument work, CancellationToken ct)
    {
        var parts = await documents.ListAsync(
            Query.Of<KnowledgeContent>().Equal(part => part.DocumentId, work.Id).Equal(part => part.Upload, work.ContentUpload)
                .Ascending(part => part.Ordinal),
            ct);
        return string.Concat(parts.Select(part => part.Text));
    }

    private async Task IndexAsync(
        KnowledgeDocument work, string key, string? title, IReadOnlyList<NewPassage> passages, CancellationToken ct)
    {
        var known = await ReadVectorsAsync(work, ct);
        var batch = new List<KnowledgeChunk>();
        var staged = 0;
        for (var i = 0; i < passages.Count; i += TextsPerRequest)
        {
            if (batch.Count + TextsPerRequest > PassagesPerCommit)
            {
                await StageAsync(work, batch, ct);
                staged += batch.Count;
                batch.Clear();
            }

            await EmbedAsync(work, passages, i, Math.Min(passages.Count, i + TextsPerRequest), known, batch, ct);
        }

        await CompleteAsync(work, work.Attempts, new Content(key, title, passages.Count, batch, staged), ct);
    }

    /// <summary>The vectors that the document already has, by hash.</summary>
    private async Task<Dictionary<string, byte[]>> ReadVectorsAsync(KnowledgeDocument work, CancellationToken ct)
    {
        var known = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (work.Live is { Chunks: > 0 } live)
        {
            var chunks = await store.For(work.ClientId).ListAsync<KnowledgeChunk, KnownVector>(
                Query.Of<KnowledgeChunk>().Equal(chunk => chunk.DocumentId, work.Id).Equal(chunk => chunk.Generation, live.Generation), ct);
            foreach (var chunk in chunks)
            {
                known[chunk.Hash] = chunk.Vector;
            }
        }

        return known;
    }

    private async Task EmbedAsync(
        KnowledgeDocument work,
        IReadOnlyList<NewPassage> passages,
        int from,
        int to,
        Dictionary<string, byte[]> known,
        List<KnowledgeChunk> batch,
        CancellationToken ct)
    {
        var missing = passages.Skip(from).Take(to - from).Where(passage => !known.ContainsKey(passage.Hash))
            .DistinctBy(passage => passage.Hash).ToList();
        if (missing.Count > 0)
        {
            var vectors = await model.EmbedAsync([.. missing.Select(passage => passage.Embedded)], ct);
            for (var i = 0; i < vectors.Count; i++)
            {
                known[missing[i].Hash] = StoredVector.Of(vectors[i]);
            }
        }

        for (var i = from; i < to; i++)
        {
            batch.Add(new KnowledgeChunk
            {
                Id = ids.New("chk"),
                ClientId = work.ClientId,
                DocumentId = work.Id,
                Generation = work.Attempts,
                Ordinal = i,
                Heading = passages[i].Heading,
                Text = passages[i].Text,
                Hash = passages[i].Hash,
                Model = model.Name,
                Vector = known[passages[i].Hash],
            });
        }
    }

    private Task StageAsync(KnowledgeDocument work, List<KnowledgeChunk> batch, CancellationToken ct) =>
        store.For(work.ClientId).CommitAsync(
            async transaction =>
            {
                _ = await transaction.UpdateAsync<KnowledgeDocument>(
                    work.Id, stored => Leases.RequireHeld(stored, work) with { Staged = stored.Staged + batch.Count })
                    ?? throw new LeaseLostException(work.Id);
                foreach (var chunk in batch)
                {
                    await transaction.InsertAsync(chunk);
                }
            },
            ct);

    private async Task CompleteAsync(KnowledgeDocument work, int generation, Content content, CancellationToken ct)
    {
        var place = await usage.PlaceAsync(work.ClientId, work.Id, ct);
        await store.For(work.ClientId).CommitAsync(
            async transaction =>
            {
                if (await transaction.FindAsync<KnowledgeDocument>(work.Id) is null)
                {
                    throw new LeaseLostException(work.Id);
                }

                await changes.AppendAsync(transaction, work.Id, documents: 0);
                var more = content.Chunks - (work.Live?.Chunks ?? 0);
                _ = await transaction.UpdateAsync<KnowledgeCollection>(
                    work.CollectionId, stored => more == 0 ? stored : stored with { Chunks = stored.Chunks + more })
                    ?? throw new LeaseLostException(work.Id);
                KnowledgeDocument? before = null;
                var indexed = await transaction.UpdateAsync<KnowledgeDocument>(
                    work.Id, stored => Indexed(before = Leases.RequireHeld(stored, work), generation, content))
                    ?? throw new LeaseLostException(work.Id);
                foreach (var chunk in content.Rest)
                {
                    await transaction.InsertAsync(chunk);
                }

                if (work.Live?.Generation != generation)
                {
                    await removal.RemoveChunksAsync(
                        transaction, work.Id, before!.Staged - content.Staged + (before.Live?.Chunks ?? 0), generation);
                }

                await KnowledgeRemoval.RemoveOldContentsAsync(transaction, indexed);
                await UsageLog.AddAsync(transaction, place, new UsageCounts { Documents = 1 });
                await events.AppendAsync(transaction, KnowledgeEvents.Of(EventTypes.KnowledgeDocumentIndexed, indexed, indexed.TraceId));
                transaction.Signal(KnowledgeDocument.Topic(work.Id));
            },
            ct);
        await indexes.FollowAsync(work.ClientId, ct);
    }

    private KnowledgeDocument Indexed(KnowledgeDocument before, int generation, Content content) => before with
    {
        Status = DocumentStatus.Indexed,
        Error = null,
        DueAt = null,
        Staged = 0,
        Revision = before.Revision + 1,
        IndexedAt = clock.GetUtcNow(),
        UpdatedAt = clock.GetUtcNow(),
        Live = new LiveDocument
        {
            Generation = generation,
            Chunks = content.Chunks,
            Key = content.Key,
            Title = content.Title,
            Url = before.Url,
            Metadata = before.Metadata,
            Acl = before.Acl,
        },
    };

    private Task FailAsync(KnowledgeDocument work, DocumentError error, CancellationToken ct) => store.For(work.ClientId).CommitAsync(
        async transaction =>
        {
            var failed = await transaction.UpdateAsync<KnowledgeDocument>(
                work.Id,
                stored => Leases.RequireHeld(stored, work) with
                {
                    Status = DocumentStatus.Failed,
                    Error = error,
                    DueAt = null,
                    Revision = stored.Revision + 1,
                    UpdatedAt = clock.GetUtcNow(),
                }) ?? throw new LeaseLostException(work.Id);
            await KnowledgeRemoval.RemoveOldContentsAsync(transaction, failed);
            await events.AppendAsync(transaction, KnowledgeEvents.Of(EventTypes.KnowledgeDocumentFailed, failed, failed.TraceId));
            transaction.Signal(KnowledgeDocument.Topic(work.Id));
        },
        ct);

    /// <param name="Key">See <see cref="LiveDocument.Key"/>.</param>
    /// <param name="Chunks">All of them.</param>
    /// <param name="Rest">Those that are not stored yet.</param>
    /// <param name="Staged">How many are.</param>
    private sealed record Content(string Key, string? Title, int Chunks, IReadOnlyList<KnowledgeChunk> Rest, int Staged);

    private sealed record KnownVector(string Hash, byte[] Vector);
}
