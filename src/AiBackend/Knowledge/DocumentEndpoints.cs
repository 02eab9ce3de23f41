using System.Text.Json;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace AiBackend.Knowledge;

/// <summary>An uploaded document.</summary>
internal sealed record UploadResponse(DocumentResponse Document);

/// <summary>A passage of a document, as it is answered.</summary>
/// <param name="Position">Its place in the document, from 1.</param>
/// <param name="Heading">The headings that it stands under, outermost first.</param>
internal sealed record ChunkResponse(string Id, string DocumentId, int Position, string? Heading, string Text)
{
    public static ChunkResponse From(KnowledgeChunk chunk) =>
        new(chunk.Id, chunk.DocumentId, chunk.Ordinal + 1, chunk.Heading, chunk.Text);
}

internal static class DocumentEndpoints
{
    public static void MapDocuments(this IEndpointRouteBuilder api)
    {
        api.MapPost("/collections/{id}/documents", UploadAsync).RequireScope(Scopes.KnowledgeWrite).WithTags("Documents")
            .WithBodyLimit(DocumentUploads.MaxBody).HandlesReplays()
            .WithMetadata(new JsonBodyMetadata(typeof(DocumentForm), IsPatch: false), DocumentUploads.Form)
            .WithName("UploadDocument").WithSummary("Adds a document, or replaces the one with the same external id");
        api.MapGet("/collections/{id}/documents", ListAsync).RequireScope(Scopes.KnowledgeRead).WithTags("Documents")
            .WithName("ListDocuments").WithSummary("Lists a collection's documents");
        api.MapGet("/documents/{id}", GetAsync).RequireScope(Scopes.KnowledgeRead).WithTags("Documents")
            .WithName("GetDocument").WithSummary("Reads a document");
        api.MapDelete("/documents/{id}", DeleteAsync).RequireScope(Scopes.KnowledgeWrite).WithTags("Documents")
            .WithName("DeleteDocument").WithSummary("Deletes a document: it is found by no search from then on");
        api.MapGet("/documents/{id}/chunks", ListChunksAsync).RequireScope(Scopes.KnowledgeRead).WithTags("Documents")
            .WithName("ListChunks").WithSummary("Lists the passages of a document");
    }

    private static async Task<Results<Created<UploadResponse>, Accepted<UploadResponse>>> UploadAsync(
        string id,
        HttpContext http,
        Caller caller,
        WaitPreference wait,
        RequestCommits commits,
        ClientDirectory clients,
        DocumentUploads uploads,
        KnowledgeDocuments documents,
        CancellationToken ct)
    {
        var stored = commits.Replay is { } replay
            ? JsonSerializer.Deserialize<UploadResponse>(replay.Body.Span, WireJson.Options)!
            : await StoreAsync(id, await uploads.ReadAsync(http), caller, commits, clients, documents, ct);
        if (wait.Wait is { } limit && await documents.WaitAsync(caller.ClientId, stored.Document.Id, limit, ct) is { } document)
        {
            stored = new UploadResponse(DocumentResponse.From(document));
        }

        var address = $"/api/v1/documents/{stored.Document.Id}";
        return stored.Document.Status == DocumentStatus.Queued
            ? TypedResults.Accepted(address, stored)
            : TypedResults.Created(address, stored);
    }

    private static async Task<UploadResponse> StoreAsync(
        string collectionId,
        DocumentUpload upload,
        Caller caller,
        RequestCommits commits,
        ClientDirectory clients,
        KnowledgeDocuments documents,
        CancellationToken ct)
    {
        var quota = (await clients.FindAsync(caller.ClientId, ct))?.Settings.Quotas.Documents;
        return await KnowledgeDocuments.RepeatAsync(() => commits.CommitAsync(
            caller,
            StatusCodes.Status202Accepted,
            async transaction => new UploadResponse(
                DocumentResponse.From(await documents.PutAsync(transaction, collectionId, upload, quota))),
            ct));
    }

    private static async Task<Ok<PageResponse<DocumentResponse>>> ListAsync(
        string id, string? status, [FromQuery(Name = "external_id")] string? externalId, PageRequest page, Caller caller, CancellationToken ct)
    {
        if (await caller.Documents.FindAsync<KnowledgeCollection>(id, ct) is null)
        {
            throw ApiException.NotFound();
        }

        var query = Query.Of<KnowledgeDocument>().Equal(document => document.CollectionId, id);
        query = externalId is null ? query : query.Equal(document => document.ExternalId, externalId);
        query = status is null ? query : query.Equal(document => document.Status, StatusOf(status));
        return TypedResults.Ok(PageResponse.From(
            await caller.Documents.PageAsync(page.Sort(query), page.Cursor, page.Limit, ct), DocumentResponse.From));
    }

    private static async Task<Ok<DocumentResponse>> GetAsync(
        string id, Caller caller, KnowledgeDocuments documents, CancellationToken ct) =>
        TypedResults.Ok(DocumentResponse.From(
            await documents.FindAsync(caller.ClientId, id, ct) ?? throw ApiException.NotFound()));

    private static async Task<NoContent> DeleteAsync(
        string id, IfMatch ifMatch, Caller caller, KnowledgeDocuments documents, CancellationToken ct)
    {
        await documents.DeleteAsync(caller.ClientId, id, ifMatch.Require, ct);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<PageResponse<ChunkResponse>>> ListChunksAsync(
        string id, PageRequest page, Caller caller, KnowledgeDocuments documents, CancellationToken ct)
    {
        var document = await documents.FindAsync(caller.ClientId, id, ct) ?? throw ApiException.NotFound();
        var query = Query.Of<KnowledgeChunk>().Equal(chunk => chunk.DocumentId, id)
            .Equal(chunk => chunk.Generation, document.Live?.Generation ?? -1);
        query = page.IsAscending ? query.Ascending(chunk => chunk.Ordinal) : query.Descending(chunk => chunk.Ordinal);
        return TypedResults.Ok(PageResponse.From(
            await caller.Documents.PageAsync(query, page.Cursor, page.Limit, ct), ChunkResponse.From));
    }

    private static DocumentStatus StatusOf(string text) => text switch
    {
        "queued" => DocumentStatus.Queued,
        "indexed" => DocumentStatus.Indexed,
        "failed" => DocumentStatus.Failed,
        _ => throw ApiException.Invalid("status", "One of queued, indexed, failed is expected."),
    };
}
