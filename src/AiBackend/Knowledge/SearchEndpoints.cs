using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Search.Filters;
using AiBackend.Search.Highlighting;
using AiBackend.Search.Index;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Knowledge;

/// <summary>What is searched for.</summary>
internal sealed record SearchForm
{
    [Name(4_096)]
    public required string Query { get; init; }

    /// <summary>Where to look: collections (<c>col_…</c>) and vector stores (<c>dst_…</c>); null: in all collections.</summary>
    [Entries(100)]
    [MinLength(1, ErrorMessage = "At least one entry is expected; leave it out to look everywhere.")]
    public IReadOnlyList<string>? CollectionIds { get; init; }

    [Range(1, 100)]
    public int Limit { get; init; } = 10;

    public SearchMode Mode { get; init; } = SearchMode.Hybrid;

    /// <summary>What must hold of a document's metadata.</summary>
    [FreeObject]
    public RawJson? Filter { get; init; }

    /// <summary>What the asker may see besides documents for everybody.</summary>
    [Entries(1_000, MaxTextLength = 256)]
    public IReadOnlyList<string>? Acl { get; init; }

    /// <summary>There is no reranker: only false is possible.</summary>
    [AllowedValues(null, false, ErrorMessage = "There is no reranker here; leave it out or send false.")]
    public bool? Rerank { get; init; }

    /// <summary>Whether to show where the passages match.</summary>
    public bool Highlight { get; init; } = true;

    /// <summary>Passages that score lower are left out.</summary>
    [Range(0.0, 1.0)]
    public double? MinScore { get; init; }
}

/// <summary>What was found, the best first.</summary>
/// <param name="TotalCandidates">How many passages were found before the limit.</param>
internal sealed record SearchResponse(IReadOnlyList<SearchHitResponse> Data, double TookMs, long TotalCandidates);

/// <summary>A passage that was found.</summary>
/// <param name="DocumentId">Null for what a vector store holds.</param>
/// <param name="CollectionId">The collection, or the vector store (<c>dst_…</c>).</param>
/// <param name="Highlights">Up to three parts of the text that match, as HTML with the matches in <c>&lt;em&gt;</c>.</param>
/// <param name="Score">0 to 1; compares passages of one search only.</param>
/// <param name="Metadata">The document's.</param>
internal sealed record SearchHitResponse(
    string ChunkId,
    string? DocumentId,
    string CollectionId,
    string? Title,
    string? Url,
    string Text,
    IReadOnlyList<string> Highlights,
    double Score,
    SearchScores Scores,
    RawJson Metadata);

/// <param name="Vector">The cosine; null where the query or the passage has no vector.</param>
/// <param name="Keyword">The BM25 score; 0 where no word is shared.</param>
internal sealed record SearchScores(double? Vector, double Keyword);

internal static class SearchEndpoints
{
    public static void MapSearch(this IEndpointRouteBuilder api) =>
        api.MapPost("/search", SearchAsync).RequireScope(Scopes.KnowledgeRead).WithTags("Search")
            .WithName("Search").WithSummary("Finds passages of the client's documents by words and meaning");

    private static async Task<Ok<SearchResponse>> SearchAsync(
        Body<SearchForm> body, Caller caller, KnowledgeSearch search, StoreSearch storeSearch, TimeProvider clock, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var form = body.Value;
        var filter = FilterOf(form);
        var stores = await storeSearch.FindStoresAsync(caller.Documents, form.CollectionIds, ct);
        var query = new KnowledgeQuery(form.Query)
        {
            CollectionIds = form.CollectionIds,
            Limit = form.Limit,
            Mode = form.Mode,
            Filter = filter,
            Acl = form.Acl,
            MinScore = form.MinScore,
        };
        if (stores is [])
        {
            var found = await search.SearchAsync(caller.ClientId, query, ct);
            return Answer([.. found.Passages.Select(passage => Hit(passage, form))], found.TotalCandidates);
        }

        var mixed = await storeSearch.SearchAsync(caller.ClientId, query, stores, form.Filter?.ToElement(), ct);
        return Answer([.. mixed.Passages.Select(passage => Hit(passage, form))], mixed.TotalCandidates);

        Ok<SearchResponse> Answer(IReadOnlyList<SearchHitResponse> hits, long candidates) =>
            TypedResults.Ok(new SearchResponse(hits, Math.Round(clock.GetElapsedTime(started).TotalMilliseconds, 2), candidates));
    }

    private static SearchFilter? FilterOf(SearchForm form)
    {
        if (form.Filter is not { } filter || filter.Text == "null")
        {
            return null;
        }

        try
        {
            return SearchFilter.Parse(filter.ToElement());
        }
        catch (SearchFilterException error)
        {
            throw ApiException.Invalid(error.Path, error.Reason);
        }
    }

    private static SearchHitResponse Hit(Passage passage, SearchForm form) => new(
        passage.ChunkId,
        passage.DocumentId,
        passage.CollectionId,
        passage.Title,
        passage.Url,
        passage.Text,
        form.Highlight ? [.. Highlighter.Find(form.Query, passage.Text).Select(highlight => highlight.Html)] : [],
        passage.Score,
        new SearchScores(passage.VectorScore, passage.KeywordScore),
        passage.Metadata);

    private static SearchHitResponse Hit(FoundPassage passage, SearchForm form) => new(
        passage.ChunkId,
        passage.DocumentId,
        passage.CollectionId,
        passage.Title,
        passage.Url,
        passage.Text,
        form.Highlight ? [.. Highlighter.Find(form.Query, passage.Text).Select(highlight => highlight.Html)] : [],
        passage.Score,
        new SearchScores(passage.VectorScore, passage.KeywordScore),
        passage.Metadata);
}
