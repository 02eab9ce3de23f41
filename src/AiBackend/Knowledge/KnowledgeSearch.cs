using AiBackend.Ai;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Knowledge.Indexing;
using AiBackend.Search.Index;

namespace AiBackend.Knowledge;

/// <summary>Finds passages in a client's documents.</summary>
internal sealed partial class KnowledgeSearch(
    DocumentStore store, ClientIndexes indexes, EmbeddingModel model, KnowledgeOptions options, ILogger<KnowledgeSearch> logger)
{
    private const int MaxTries = 3;

    /// <summary>
    /// Finds the passages that fit best, in all that was indexed and not deleted when this was called. While the embedding server
    /// fails, a hybrid search goes by words alone.
    /// </summary>
    /// <exception cref="ApiException">503: a search by meaning alone, and the embedding server fails.</exception>
    public async Task<KnowledgeResult> SearchAsync(string clientId, KnowledgeQuery query, CancellationToken ct)
    {
        var search = new SearchQuery
        {
            Text = query.Text,
            Vectors = (query.Vector ?? await EmbedAsync(query, ct)) is { } vector
                ? new Dictionary<string, QueryVector> { [model.Name] = new QueryVector(vector, query.CosineFloor ?? options.CosineFloor) }
                : new Dictionary<string, QueryVector>(),
            Mode = query.Mode,
            Limit = query.Limit,
            CollectionIds = query.CollectionIds,
            Filter = query.Filter,
            Acl = query.Acl?.ToArray() ?? [],
            MinScore = query.MinScore,
        };
        for (var tries = 1; ; tries++)
        {
            var index = await indexes.GetAsync(clientId, ct);
            var found = index.Search(search);
            var passages = await ReadAsync(store.For(clientId), found.Hits, ct);
            if (passages.Count == found.Hits.Count || tries == MaxTries)
            {
                return new KnowledgeResult(passages, found.TotalCandidates, index.WeighTerms(query.Text));
            }

            // A document was replaced or deleted between the search and the reading of its text: the index knows by now.
        }
    }

    /// <summary>The query's vector; null for a search by words, and for a hybrid one while the embedding server fails.</summary>
    /// <exception cref="ApiException">As for <see cref="SearchAsync"/>.</exception>
    public async Task<float[]?> EmbedAsync(KnowledgeQuery query, CancellationToken ct)
    {
        if (query.Mode == SearchMode.Keyword)
        {
            return null;
        }

        try
        {
            return (await model.EmbedAsync([query.Text], ct))[0];
        }
        catch (UpstreamException error) when (query.Mode == SearchMode.Hybrid)
        {
            // Words still find most of what is asked for; no answer at all would be worse.
            LogWordsOnly(error);
            return null;
        }
        catch (UpstreamException error)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, "unavailable", error.Message) { RetryAfter = TimeSpan.FromSeconds(5) };
        }
    }

    private static async Task<IReadOnlyList<Passage>> ReadAsync(
        TenantDocuments documents, IReadOnlyList<SearchHit> hits, CancellationToken ct)
    {
        if (hits.Count == 0)
        {
            return [];
        }

        var chunks = (await documents.ListAsync<KnowledgeChunk, StoredText>(
            Query.Of<KnowledgeChunk>().In(chunk => chunk.Id, hits.Select(hit => hit.ChunkId)), ct)).ToDictionary(chunk => chunk.Id);
        var found = (await documents.ListAsync(
            Query.Of<KnowledgeDocument>().In(document => document.Id, hits.Select(hit => hit.DocumentId).Distinct()), ct))
            .ToDictionary(document => document.Id);
        var passages = new List<Passage>(hits.Count);
        foreach (var hit in hits)
        {
            if (chunks.TryGetValue(hit.ChunkId, out var chunk)
                && found.TryGetValue(hit.DocumentId, out var document)
                && document.Live is { } live
                && live.Generation == chunk.Generation)
            {
                passages.Add(new Passage
                {
                    ChunkId = hit.ChunkId,
                    DocumentId = hit.DocumentId,
                    CollectionId = hit.CollectionId,
                    Title = live.Title,
                    Url = live.Url,
                    Text = chunk.Text,
                    Score = hit.Score,
                    VectorScore = hit.VectorScore,
                    KeywordScore = hit.KeywordScore,
                    Coverage = hit.Coverage,
                    Metadata = live.Metadata,
                });
            }
        }

        return passages;
    }

    [LoggerMessage(LogLevel.Warning, "The query could not be embedded; it is searched for by words only")]
    private partial void LogWordsOnly(Exception error);

    private sealed record StoredText(string Id, int Generation, string Text);
}
