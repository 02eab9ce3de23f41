using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using AiBackend.Http;
using AiBackend.Knowledge;

namespace AiBackend.Mcp.Tools;

internal sealed record SearchArguments
{
    [Description("What to look for, in words or as a question: 1 to 4096 characters.")]
    [Name(4_096)]
    public required string Query { get; init; }

    [Description("How many passages at most, 1 to 50.")]
    [Range(1, 50)]
    public int Limit { get; init; } = 10;

    [Description("Ids of the collections to look in (col_…); leave it out to look in all of them.")]
    [Entries(100)]
    public IReadOnlyList<string>? CollectionIds { get; init; }
}

/// <summary>The best passages first.</summary>
internal sealed record FoundPassages(IReadOnlyList<FoundPassage> Data, long TotalCandidates);

/// <param name="Uri">The resource that the document is read by.</param>
internal sealed record FoundPassage(
    string Text, string? Title, string? Url, double Score, string ChunkId, string DocumentId, string CollectionId, string Uri);

/// <summary>Finds passages. Documents for some people only are not found: a model must not choose whom it asks for.</summary>
internal sealed class SearchTool(JsonBodies bodies, KnowledgeSearch search)
    : McpTool<SearchArguments>(bodies, "search", Scopes.KnowledgeRead)
{
    protected override string Title => "Search documents";

    protected override string Description =>
        "Finds the passages of the company's documents that fit a query best, by words and by meaning. Returns their texts with the "
        + "documents that they are from, the best first.";

    protected override async Task<object> CallAsync(Caller caller, SearchArguments arguments, CancellationToken ct)
    {
        foreach (var id in arguments.CollectionIds ?? [])
        {
            _ = await caller.Documents.FindAsync<KnowledgeCollection>(id, ct) ?? throw ApiException.NotFound();
        }

        var found = await search.SearchAsync(
            caller.ClientId,
            new KnowledgeQuery(arguments.Query) { Limit = arguments.Limit, CollectionIds = arguments.CollectionIds is { Count: > 0 } ids ? ids : null },
            ct);
        return new FoundPassages(
            [
                .. found.Passages.Select(passage => new FoundPassage(
                    passage.Text, passage.Title, passage.Url, passage.Score, passage.ChunkId, passage.DocumentId, passage.CollectionId,
                    ResourceUri.OfDocument(passage.DocumentId))),
            ],
            found.TotalCandidates);
    }
}
