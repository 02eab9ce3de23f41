using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Knowledge;

/// <summary>What is set of a collection.</summary>
internal sealed record CollectionForm
{
    [Name(200)]
    public required string Name { get; init; }

    [StringLength(2_000)]
    public string? Description { get; init; }

    [FreeObject]
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    /// <summary>How documents that are sent from now on are cut into passages.</summary>
    public ChunkingForm Chunking { get; init; } = new();

    /// <summary>The model that makes the vectors: the one that the service runs, which is the default.</summary>
    [Name(200)]
    public string? EmbeddingModel { get; init; }

    public static CollectionForm Of(KnowledgeCollection collection) => new()
    {
        Name = collection.Name,
        Description = collection.Description,
        Metadata = collection.Metadata,
        Chunking = new ChunkingForm
        {
            MaxTokens = collection.Chunking.MaxTokens,
            OverlapTokens = collection.Chunking.OverlapTokens,
        },
        EmbeddingModel = collection.EmbeddingModel,
    };

    public CollectionDetails ToDetails() =>
        new(Name, Description, Metadata, Chunking.ToChunking(), EmbeddingModel);
}

/// <summary>How texts are cut, counted in words.</summary>
internal sealed record ChunkingForm : IValidatableObject
{
    /// <summary>The most that a passage holds.</summary>
    [Range(32, 2_048)]
    public int MaxTokens { get; init; } = 256;

    /// <summary>
    /// Up to this much of a passage's end is repeated at the beginning of the next; at most half a passage. By default 32, or that
    /// half if it is less.
    /// </summary>
    [Range(0, 1_024)]
    public int? OverlapTokens { get; init; }

    public Chunking ToChunking() => new(MaxTokens, OverlapTokens ?? Math.Min(32, MaxTokens / 2));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OverlapTokens > MaxTokens / 2)
        {
            yield return new ValidationResult("At most half of max_tokens is possible.", [nameof(OverlapTokens)]);
        }
    }
}

/// <summary>A collection, as it is answered.</summary>
internal sealed record CollectionResponse(
    string Id,
    string Name,
    string? Description,
    RawJson Metadata,
    Chunking Chunking,
    string EmbeddingModel,
    CollectionCounts Counts,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static CollectionResponse From(KnowledgeCollection collection) => new(
        collection.Id,
        collection.Name,
        collection.Description,
        collection.Metadata,
        collection.Chunking,
        collection.EmbeddingModel,
        new CollectionCounts(collection.Documents, collection.Chunks, collection.Bytes),
        collection.Revision,
        collection.CreatedAt,
        collection.UpdatedAt);
}

/// <summary>What a collection holds. Changes of it do not change the collection's version.</summary>
/// <param name="Documents">Of every status.</param>
/// <param name="Chunks">Passages that searches look at.</param>
/// <param name="Bytes">The size of the documents' contents as UTF-8.</param>
internal sealed record CollectionCounts(long Documents, long Chunks, long Bytes);

internal static class CollectionEndpoints
{
    public static void MapCollections(this IEndpointRouteBuilder api)
    {
        var collections = api.MapGroup("/collections").WithTags("Collections");
        collections.MapPost("/", CreateAsync).RequireScope(Scopes.KnowledgeWrite)
            .WithName("CreateCollection").WithSummary("Makes a collection of documents");
        collections.MapGet("/", ListAsync).RequireScope(Scopes.KnowledgeRead)
            .WithName("ListCollections").WithSummary("Lists the collections");
        collections.MapGet("/{id}", GetAsync).RequireScope(Scopes.KnowledgeRead)
            .WithName("GetCollection").WithSummary("Reads a collection");
        collections.MapPatch("/{id}", PatchAsync).RequireScope(Scopes.KnowledgeWrite)
            .WithName("UpdateCollection").WithSummary("Changes a collection; chunking holds for documents that are sent from then on");
        collections.MapDelete("/{id}", DeleteAsync).RequireScope(Scopes.KnowledgeWrite)
            .WithName("DeleteCollection").WithSummary("Deletes a collection with its documents");
    }

    private static async Task<Created<CollectionResponse>> CreateAsync(
        Body<CollectionForm> body, Caller caller, RequestCommits commits, KnowledgeCollections collections, CancellationToken ct)
    {
        await collections.PrepareAsync(caller.ClientId, ct);
        var created = await commits.CommitAsync(
            caller,
            StatusCodes.Status201Created,
            async transaction => CollectionResponse.From(await collections.AddAsync(transaction, body.Value.ToDetails())),
            ct);
        return TypedResults.Created($"/api/v1/collections/{created.Id}", created);
    }

    private static async Task<Ok<PageResponse<CollectionResponse>>> ListAsync(PageRequest page, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await caller.Documents.PageAsync(page.Sort(Query.Of<KnowledgeCollection>()), page.Cursor, page.Limit, ct),
            CollectionResponse.From));

    private static async Task<Ok<CollectionResponse>> GetAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(CollectionResponse.From(
            await caller.Documents.FindAsync<KnowledgeCollection>(id, ct) ?? throw ApiException.NotFound()));

    private static async Task<Ok<CollectionResponse>> PatchAsync(
        string id,
        MergePatch<CollectionForm> patch,
        IfMatch ifMatch,
        Caller caller,
        KnowledgeCollections collections,
        CancellationToken ct)
    {
        var changed = await collections.ChangeAsync(
            caller.ClientId,
            id,
            stored =>
            {
                ifMatch.Require(stored.Revision);
                return patch.Changes(CollectionForm.Of(stored), out var form) ? form.ToDetails() : null;
            },
            ct);
        return TypedResults.Ok(CollectionResponse.From(changed));
    }

    private static async Task<NoContent> DeleteAsync(
        string id, IfMatch ifMatch, Caller caller, KnowledgeCollections collections, CancellationToken ct)
    {
        await collections.DeleteAsync(caller.ClientId, id, ifMatch.Require, ct);
        return TypedResults.NoContent();
    }
}
