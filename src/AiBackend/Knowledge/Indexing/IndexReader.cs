using AiBackend.Documents;
using AiBackend.Indexes;
using AiBackend.Search.Index;

namespace AiBackend.Knowledge.Indexing;

/// <summary>An index and how far it has followed the log of changes.</summary>
internal sealed class LoadedIndex(ClientIndex index, long sequence) : IMemoryIndex
{
    // A cautious guess at the ids and terms of a passage of 256 words.
    private const int BytesPerChunk = 2_500;

    // The vector as float and as int8.
    private const int BytesPerDimension = sizeof(float) + sizeof(sbyte);

    private long sequence = sequence;
    private int dimensions;

    public ClientIndex Index { get; } = index;

    public int Entries => Index.ChunkCount;

    public long ApproximateBytes => Index.ChunkCount * (BytesPerChunk + ((long)dimensions * BytesPerDimension));

    /// <summary>The last change that is in the index.</summary>
    public long Sequence
    {
        get => Volatile.Read(ref sequence);
        set => Volatile.Write(ref sequence, value);
    }

    public void Put(IndexedDocument document)
    {
        if (document.Chunks is [{ Vector: { } vector }, ..])
        {
            dimensions = Math.Max(dimensions, vector.Length);
        }

        Index.Put(document);
    }
}

/// <summary>Reads what is searchable from storage into an index.</summary>
internal sealed partial class IndexReader(DocumentStore store, ILogger<IndexReader> logger)
{
    private const int DocumentsPerPage = 200;
    private const int ChunksPerRead = 1_000;

    /// <summary>More changes than this are not followed one by one.</summary>
    private const int MaxBehind = 5_000;

    /// <summary>The number of the client's latest change; 0 before the first.</summary>
    public async Task<long> ReadSequenceAsync(string clientId, CancellationToken ct) =>
        (await store.For(clientId).FindAsync<KnowledgeState>(KnowledgeState.IdOf(clientId), ct))?.Sequence ?? 0;

    /// <summary>Reads all that is searchable.</summary>
    public async Task<LoadedIndex> BuildAsync(TenantDocuments documents, CancellationToken ct)
    {
        // What changes while this reads has a higher number and is looked at again.
        var sequence = await ReadSequenceAsync(documents.ClientId, ct);
        var collections = (await documents.ListAsync<KnowledgeCollection, StoredId>(Query.Of<KnowledgeCollection>().Ascending(), ct))
            .Select(collection => collection.Id).ToHashSet(StringComparer.Ordinal);
        var loaded = new LoadedIndex(new ClientIndex(), sequence);
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(Query.Of<KnowledgeDocument>().Ascending(), cursor, DocumentsPerPage, ct);
            var batch = new List<KnowledgeDocument>();
            var chunks = 0;
            foreach (var document in page.Items.Where(document => document.Live is not null && collections.Contains(document.CollectionId)))
            {
                if (batch.Count > 0 && chunks + document.Live!.Chunks > ChunksPerRead)
                {
                    await ReadBatchAsync(documents, loaded, batch, ct);
                    batch.Clear();
                    chunks = 0;
                }

                batch.Add(document);
                chunks += document.Live!.Chunks;
            }

            await ReadBatchAsync(documents, loaded, batch, ct);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return loaded;
    }

    /// <summary>Brings the index to this number.</summary>
    /// <returns>False when the log does not reach back far enough.</returns>
    public async Task<bool> FollowAsync(string clientId, LoadedIndex loaded, long sequence, CancellationToken ct)
    {
        if (sequence - loaded.Sequence > MaxBehind)
        {
            return false;
        }

        var documents = store.For(clientId);
        var changes = await documents.ListAsync(
            Query.Of<KnowledgeChange>().Greater(change => change.Sequence, loaded.Sequence)
                .AtMost(change => change.Sequence, sequence).Ascending(change => change.Sequence),
            ct);
        if (changes.Count != sequence - loaded.Sequence)
        {
            return false;
        }

        foreach (var documentId in changes.Select(change => change.DocumentId).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            await ReadDocumentAsync(documents, loaded, documentId, ct);
        }

        // A deleted collection has no later changes, so it may come last.
        foreach (var collectionId in changes.Where(change => change.DocumentId is null).Select(change => change.CollectionId!))
        {
            loaded.Index.RemoveCollection(collectionId);
        }

        loaded.Sequence = sequence;
        return true;
    }

    private async Task ReadBatchAsync(
        TenantDocuments documents, LoadedIndex loaded, List<KnowledgeDocument> batch, CancellationToken ct)
    {
        if (batch.Count == 0)
        {
            return;
        }

        if (batch is [{ Live.Chunks: > ChunksPerRead } large])
        {
            await ReadDocumentAsync(documents, loaded, large.Id, ct);
            return;
        }

        var chunks = await documents.ListAsync<KnowledgeChunk, StoredChunk>(
            Query.Of<KnowledgeChunk>().In(chunk => chunk.DocumentId, batch.Select(document => document.Id)), ct);
        var byDocument = chunks.ToLookup(chunk => chunk.DocumentId, StringComparer.Ordinal);
        foreach (var document in batch)
        {
            var live = byDocument[document.Id].Where(chunk => chunk.Generation == document.Live!.Generation).ToList();
            if (live.Count == document.Live!.Chunks)
            {
                loaded.Put(Indexed(document, live));
            }
            else
            {
                await ReadDocumentAsync(documents, loaded, document.Id, ct);
            }
        }
    }

    /// <summary>Reads one document as it is now, or removes it. Chunks that a later commit removed meanwhile are read again.</summary>
    private async Task ReadDocumentAsync(TenantDocuments documents, LoadedIndex loaded, string documentId, CancellationToken ct)
    {
        LiveDocument? seen = null;
        while (await documents.FindAsync<KnowledgeDocument>(documentId, ct) is { Live: { } live } document)
        {
            var chunks = await ReadChunksAsync(documents, documentId, live, ct);
            if (chunks.Count != live.Chunks && live.Generation != seen?.Generation)
            {
                seen = live;
                continue;
            }

            if (chunks.Count != live.Chunks)
            {
                LogIncomplete(documentId, chunks.Count, live.Chunks);
            }

            loaded.Put(Indexed(document, chunks));
            return;
        }

        loaded.Index.Remove(documentId);
    }

    private static async Task<List<StoredChunk>> ReadChunksAsync(
        TenantDocuments documents, string documentId, LiveDocument live, CancellationToken ct)
    {
        var chunks = new List<StoredChunk>(live.Chunks);
        var query = Query.Of<KnowledgeChunk>().Equal(chunk => chunk.DocumentId, documentId)
            .Equal(chunk => chunk.Generation, live.Generation).Ascending(chunk => chunk.Ordinal).Take(ChunksPerRead);
        for (var next = 0; next < live.Chunks; next += ChunksPerRead)
        {
            chunks.AddRange(await documents.ListAsync<KnowledgeChunk, StoredChunk>(query.AtLeast(chunk => chunk.Ordinal, next), ct));
        }

        return chunks;
    }

    private static IndexedDocument Indexed(KnowledgeDocument document, IReadOnlyList<StoredChunk> chunks) => new()
    {
        DocumentId = document.Id,
        CollectionId = document.CollectionId,
        Title = document.Live!.Title,
        Metadata = document.Live.Metadata.ToElement().EnumerateObject().ToDictionary(field => field.Name, field => field.Value),
        Acl = document.Live.Acl?.ToArray() ?? [],
        Chunks = [.. chunks.Select(chunk => new IndexedChunk
        {
            ChunkId = chunk.Id,
            Text = chunk.Heading is null ? chunk.Text : $"{chunk.Heading}\n{chunk.Text}",
            Vector = StoredVector.Read(chunk.Vector),
            Model = chunk.Model,
        })],
    };

    [LoggerMessage(LogLevel.Error, "Document {DocumentId} has {Found} stored chunks, not {Expected}")]
    private partial void LogIncomplete(string documentId, int found, int expected);

    private sealed record StoredId(string Id);

    private sealed record StoredChunk(
        string Id, string DocumentId, int Generation, string? Heading, string Text, string Model, byte[] Vector);
}
