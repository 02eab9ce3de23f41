using AiBackend.Http;
using AiBackend.Semantics.Cube;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Semantics.Servers;

internal static class ServerEndpoints
{
    public static void MapServers(this IEndpointRouteBuilder api)
    {
        var servers = api.MapGroup("/semantic/servers").WithTags("Semantic servers");
        servers.MapPost("/", CreateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("CreateSemanticServer").WithSummary("Registers a Cube server");
        servers.MapGet("/", ListAsync).RequireScope(Scopes.SemanticRead)
            .WithName("ListSemanticServers").WithSummary("Lists the client's own semantic servers and the shared ones");
        servers.MapGet("/{server}", GetAsync).RequireScope(Scopes.SemanticRead)
            .WithName("GetSemanticServer").WithSummary("Reads a semantic server's settings");
        servers.MapPatch("/{server}", UpdateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("UpdateSemanticServer").WithSummary("Changes a semantic server's settings");
        servers.MapDelete("/{server}", DeleteAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("DeleteSemanticServer").WithSummary("Forgets a semantic server that no layer uses");
        servers.MapPost("/{server}/test", TestAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("TestSemanticServer").WithSummary("Asks the server now whether it is up and takes our tokens");
    }

    private static async Task<Created<SemanticServerResponse>> CreateAsync(
        Body<SemanticServerForm> body, Owner owner, RequestCommits commits, SemanticServers servers, CancellationToken ct)
    {
        var made = await servers.CreateAsync(commits, owner, body.Value, ct);
        return TypedResults.Created($"/api/v1/semantic/servers/{made.Id}", made);
    }

    private static async Task<Ok<PageResponse<SemanticServerResponse>>> ListAsync(
        PageRequest page, Owner owner, SemanticServers servers, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(await servers.PageAsync(owner, page, ct), server => SemanticServerResponse.From(server, owner)));

    private static async Task<Ok<SemanticServerResponse>> GetAsync(string server, Owner owner, SemanticServers servers, CancellationToken ct) =>
        TypedResults.Ok(SemanticServerResponse.From(await servers.GetAsync(owner, server, ct), owner));

    private static async Task<Ok<SemanticServerResponse>> UpdateAsync(
        string server, MergePatch<SemanticServerForm> patch, IfMatch ifMatch, Owner owner, SemanticServers servers, CancellationToken ct) =>
        TypedResults.Ok(await servers.UpdateAsync(owner, server, patch, ifMatch, ct));

    private static async Task<NoContent> DeleteAsync(string server, IfMatch ifMatch, Owner owner, SemanticServers servers, CancellationToken ct)
    {
        await servers.DeleteAsync(owner, server, ifMatch, ct);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<SemanticServerTestResponse>> TestAsync(
        string server, Owner owner, SemanticServers servers, CubeClient cube, CancellationToken ct)
    {
        var found = await servers.GetAsync(owner, server, ct);
        try
        {
            await cube.ReadyAsync(found, ct);
            var clientId = owner.ClientId ?? found.ClientId ?? NoClient;
            var meta = await cube.ReadMetaAsync(new CubeTarget(found, new CubeClaims { ClientId = clientId }), ct);
            return TypedResults.Ok(new SemanticServerTestResponse(Ok: true, Code: null, Detail: null, meta.Cubes.Count));
        }
        catch (CubeException error)
        {
            return TypedResults.Ok(new SemanticServerTestResponse(Ok: false, error.Code, error.Message, Cubes: null));
        }
    }

    // For the operator: a client that there cannot be, so that no models are read.
    private const string NoClient = "cli_00000000000000000000000000";
}
