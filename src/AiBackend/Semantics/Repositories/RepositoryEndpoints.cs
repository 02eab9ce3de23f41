using System.Text.Json;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Semantics.Repositories;

internal static class RepositoryEndpoints
{
    public static void MapRepositories(this IEndpointRouteBuilder api)
    {
        var repositories = api.MapGroup("/semantic/repositories").WithTags("Semantic repositories");
        repositories.MapPost("/", CreateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("CreateSemanticRepository").WithSummary("Registers a git repository for semantic models");
        repositories.MapGet("/", ListAsync).RequireScope(Scopes.SemanticRead)
            .WithName("ListSemanticRepositories").WithSummary("Lists the client's own repositories and the shared ones");
        repositories.MapGet("/{repository}", GetAsync).RequireScope(Scopes.SemanticRead)
            .WithName("GetSemanticRepository").WithSummary("Reads a repository's settings");
        repositories.MapPatch("/{repository}", UpdateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("UpdateSemanticRepository").WithSummary("Changes a repository's settings");
        repositories.MapDelete("/{repository}", DeleteAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("DeleteSemanticRepository").WithSummary("Forgets a repository that no layer uses");
        repositories.MapPost("/{repository}/test", TestAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("TestSemanticRepository").WithSummary("Reads the repository's branches now and tells what came of it");
    }

    /// <summary>A fault as programs tell it by: <c>bad_credentials</c>, <c>not_a_repository</c>, ….</summary>
    public static string CodeOf(GitFault fault) => JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString());

    private static async Task<Created<RepositoryResponse>> CreateAsync(
        Body<RepositoryForm> body, Owner owner, RequestCommits commits, SemanticRepositories repositories, CancellationToken ct)
    {
        var made = await repositories.CreateAsync(commits, owner, body.Value, ct);
        return TypedResults.Created($"/api/v1/semantic/repositories/{made.Id}", made);
    }

    private static async Task<Ok<PageResponse<RepositoryResponse>>> ListAsync(
        PageRequest page, Owner owner, SemanticRepositories repositories, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await repositories.PageAsync(owner, page, ct), repository => RepositoryResponse.From(repository, owner)));

    private static async Task<Ok<RepositoryResponse>> GetAsync(
        string repository, Owner owner, SemanticRepositories repositories, CancellationToken ct) =>
        TypedResults.Ok(RepositoryResponse.From(await repositories.GetAsync(owner, repository, ct), owner));

    private static async Task<Ok<RepositoryResponse>> UpdateAsync(
        string repository, MergePatch<RepositoryForm> patch, IfMatch ifMatch, Owner owner, SemanticRepositories repositories, CancellationToken ct) =>
        TypedResults.Ok(await repositories.UpdateAsync(owner, repository, patch, ifMatch, ct));

    private static async Task<NoContent> DeleteAsync(
        string repository, IfMatch ifMatch, Owner owner, SemanticRepositories repositories, CancellationToken ct)
    {
        await repositories.DeleteAsync(owner, repository, ifMatch, ct);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<RepositoryTestResponse>> TestAsync(
        string repository, Owner owner, SemanticRepositories repositories, GitRepositories git, CancellationToken ct)
    {
        var found = await repositories.GetAsync(owner, repository, ct);
        try
        {
            var report = await git.TestAsync(found, ct);
            return TypedResults.Ok(new RepositoryTestResponse(Ok: true, Code: null, Detail: null, found.Branch, report.Commit));
        }
        catch (GitException error)
        {
            return TypedResults.Ok(new RepositoryTestResponse(Ok: false, CodeOf(error.Fault), error.Message, found.Branch, Commit: null));
        }
    }
}
