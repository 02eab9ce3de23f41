using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.DataStores.VectorStores;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Search.Index;

namespace AiBackend.Knowledge;

/// <summary>
/// Searches a client's own vector stores along with its documents. What is found in different places is scored by what can be compared: the share
/// of the query's telling words that a text holds, rare ones counting more, and the cosine.
/// </summary>
internal sealed class StoreSearch(KnowledgeSearch knowledge, DataStoreDirectory directory, VectorSearch vectors)
{
    private const double WordsWeight = 0.7;
    private const string StorePrefix = "dst_";

    /// <summary>The vector stores among these collections; empty where there is none.</summary>
    /// <exception cref="ApiException">404: there is no such collection or store; 422: a store cannot be searched.</exception>
    public async Task<IReadOnlyList<DataStore>> FindStoresAsync(TenantDocuments documents, IReadOnlyList<string>? ids, CancellationToken ct)
    {
        var stores = new List<DataStore>();
        foreach (var id in ids ?? [])
        {
            if (!id.StartsWith(StorePrefix, StringComparison.Ordinal))
            {
                _ = await documents.FindAsync<KnowledgeCollection>(id, ct) ?? throw ApiException.NotFound();
                continue;
            }

            var store = await directory.FindAsync(documents.ClientId, id, ct) ?? throw ApiException.NotFound();
            stores.Add(store.Kind.IsVector()
                ? store
                : throw ApiException.Invalid("collection_ids", $"{id} is a database, not a vector store; have a layer index its rows to search them."));
        }

        return stores;
    }

    /// <summary>Finds passages in the documents and the stores.</summary>
    /// <param name="filter">The query's filter as it was sent; null without.</param>
    /// <exception cref="ApiException">422 or 503: one of the stores cannot be searched; then there is no answer, rather than one without its hits.</exception>
    public async Task<StoreSearchResult> SearchAsync(
        string clientId, KnowledgeQuery query, IReadOnlyList<DataStore> stores, JsonElement? filter, CancellationToken ct)
    {
        var filters = FiltersOf(filter);
        var vector = await knowledge.EmbedAsync(query, ct);
        var asked = new VectorQuery
        {
            Text = query.Text,
            Words = TellingWords.Of(query.Text),
            Vector = vector,
            Mode = vector is null ? SearchMode.Keyword : query.Mode,
            Limit = query.Limit,
            Filters = filters,
        };
        var own = knowledge.SearchAsync(
            clientId,
            query with
            {
                CollectionIds = [.. query.CollectionIds!.Where(id => !id.StartsWith(StorePrefix, StringComparison.Ordinal))],
                Mode = asked.Mode,
                Vector = vector,
                MinScore = null,
            },
            ct);
        var others = await Task.WhenAll(stores.Select(store => AskAsync(store, asked, ct)));
        var documents = await own;

        var weights = documents.TermWeights;
        var found = documents.Passages.Select(passage => Rescored(passage, asked.Mode))
            .Concat(stores.Zip(others, (store, hits) => hits.Select(hit => Scored(store, hit, weights, asked.Mode))).SelectMany(hits => hits))
            .Where(hit => query.MinScore is not { } least || hit.Score >= least)
            .OrderByDescending(hit => hit.Score)
            .ThenBy(hit => hit.ChunkId, StringComparer.Ordinal)
            .Take(query.Limit);
        return new StoreSearchResult([.. found], documents.TotalCandidates + others.Sum(hits => hits.Count));
    }

    private async Task<IReadOnlyList<VectorHit>> AskAsync(DataStore store, VectorQuery query, CancellationToken ct)
    {
        try
        {
            return await vectors.SearchAsync(store, query, ct);
        }
        catch (ConnectionException error)
        {
            throw DataStoreDirectory.ProblemOf(new ConnectionException(error.Fault, $"{store.Name} ({store.Id}): {error.Message}", error));
        }
    }

    private static List<FieldEquals> FiltersOf(JsonElement? filter)
    {
        var filters = new List<FieldEquals>();
        foreach (var field in filter is { ValueKind: JsonValueKind.Object } given ? given.EnumerateObject().ToArray() : [])
        {
            filters.Add(!field.Name.StartsWith('$')
                && field.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
                ? new FieldEquals(field.Name, field.Value)
                : throw ApiException.Invalid(
                    $"filter.{field.Name}", "Vector stores take equality only: fields with a text, a number, true or false. Search without the store for more."));
        }

        return filters;
    }

    private static FoundPassage Rescored(Passage passage, SearchMode mode) => new(
        passage.ChunkId,
        passage.DocumentId,
        passage.CollectionId,
        passage.Title,
        passage.Url,
        passage.Text,
        ScoreOf(mode, passage.Coverage, passage.VectorScore),
        passage.VectorScore,
        passage.KeywordScore,
        passage.Metadata);

    private static FoundPassage Scored(DataStore store, VectorHit hit, IReadOnlyDictionary<string, double> weights, SearchMode mode)
    {
        var weight = TellingWords.WeightIn(weights, hit.Text);
        var total = weights.Values.Sum();
        var metadata = hit.Metadata.ToElement();
        return new FoundPassage(
            $"{store.Id}:{hit.PointId}",
            DocumentId: null,
            store.Id,
            TextOf(metadata, "title"),
            TextOf(metadata, "url"),
            hit.Text,
            ScoreOf(mode, total > 0 ? Math.Min(1, weight / total) : 0, hit.Cosine),
            hit.Cosine,
            weight,
            hit.Metadata);
    }

    private static double ScoreOf(SearchMode mode, double coverage, double? cosine)
    {
        var nearness = Math.Clamp(cosine ?? 0, 0, 1);
        return mode switch
        {
            SearchMode.Vector => nearness,
            SearchMode.Keyword => coverage,
            _ => (WordsWeight * coverage) + ((1 - WordsWeight) * nearness),
        };
    }

    private static string? TextOf(JsonElement metadata, string field) =>
        metadata.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>What was found, the best first.</summary>
internal sealed record StoreSearchResult(IReadOnlyList<FoundPassage> Passages, long TotalCandidates);

/// <summary>A passage of a document, or a point of a vector store, which belongs to no document.</summary>
/// <param name="KeywordScore">BM25 for a document; for a point the weight of the query's words that it holds.</param>
internal sealed record FoundPassage(
    string ChunkId,
    string? DocumentId,
    string CollectionId,
    string? Title,
    string? Url,
    string Text,
    double Score,
    double? VectorScore,
    double KeywordScore,
    RawJson Metadata);
