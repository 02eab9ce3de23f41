using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.DataStores.Servers;

/// <summary>The servers on which databases are made for clients; an admin's alone.</summary>
internal static class ServerEndpoints
{
    public static void MapServers(this IEndpointRouteBuilder api)
    {
        var servers = api.MapGroup("/database-servers").WithTags("Database servers").RequireAdmin();
        servers.MapPost("", CreateAsync).WithName("CreateDatabaseServer").WithSummary("Registers a server, or folder, on which databases are made for clients");
        servers.MapGet("", ListAsync).WithName("ListDatabaseServers").WithSummary("Lists the database servers");
        servers.MapGet("/{server}", GetAsync).WithName("GetDatabaseServer").WithSummary("Reads a database server, without its secret");
        servers.MapPatch("/{server}", UpdateAsync).WithName("UpdateDatabaseServer")
            .WithSummary("Changes a database server; stores that were made on it follow it to another address");
        servers.MapDelete("/{server}", DeleteAsync).WithName("DeleteDatabaseServer").WithSummary("Forgets a database server on which no data store is");
    }

    private static async Task<Created<ServerResponse>> CreateAsync(
        Body<ServerForm> body, Credential by, DatabaseServers servers, RequestCommits commits, CancellationToken ct)
    {
        var server = await servers.CreateAsync(commits, by, body.Value, ct);
        return TypedResults.Created($"/api/v1/database-servers/{server.Id}", server);
    }

    private static async Task<Ok<PageResponse<ServerResponse>>> ListAsync(PageRequest page, DocumentStore store, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await store.AcrossTenants.PageAsync(page.Sort(Query.Of<DatabaseServer>()), page.Cursor, page.Limit, ct), ServerResponse.From));

    private static async Task<Ok<ServerResponse>> GetAsync(string server, DocumentStore store, CancellationToken ct) =>
        TypedResults.Ok(ServerResponse.From(
            await store.AcrossTenants.FindAsync<DatabaseServer>(server, ct) ?? throw ApiException.NotFound()));

    private static async Task<Ok<ServerResponse>> UpdateAsync(
        string server, MergePatch<ServerForm> patch, IfMatch ifMatch, Credential by, DatabaseServers servers, CancellationToken ct) =>
        TypedResults.Ok(await servers.UpdateAsync(by, server, patch, ifMatch, ct));

    private static async Task<NoContent> DeleteAsync(
        string server, IfMatch ifMatch, Credential by, DatabaseServers servers, CancellationToken ct)
    {
        await servers.DeleteAsync(by, server, ifMatch, ct);
        return TypedResults.NoContent();
    }
}
