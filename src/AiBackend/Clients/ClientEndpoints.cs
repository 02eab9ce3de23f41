using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Clients;

/// <summary>Clients, their keys and what was done to them.</summary>
internal static class ClientEndpoints
{
    public static void MapClients(this IEndpointRouteBuilder api)
    {
        var clients = api.MapGroup("/clients").WithTags("Clients");
        clients.MapPost("", CreateAsync).RequireAdmin().WithName("CreateClient").WithSummary("Makes a client with its first channel");
        clients.MapGet("", ListAsync).RequireAdmin().WithName("ListClients").WithSummary("Lists clients");

        var client = api.MapGroup(ClientRoute.Pattern).WithTags("Clients").RequireScope(Scopes.ClientAdmin);
        client.MapGet("", Get).WithName("GetClient").WithSummary("Reads a client");
        client.MapPatch("", UpdateAsync).WithName("UpdateClient").WithSummary("Changes a client");
        client.MapDelete("", RemoveAsync).RequireAdmin().WithName("DeleteClient").WithSummary("Removes a client and all that is its own");
        client.MapGet("/audit", AuditAsync).WithName("ListAuditEntries").WithSummary("Lists who did what to a client's set-up");

        var keys = api.MapGroup($"{ClientRoute.Pattern}/keys").WithTags("Keys").RequireScope(Scopes.ClientAdmin);
        keys.MapPost("", CreateKeyAsync).WithName("CreateKey").WithSummary("Issues a key; its secret is shown this once");
        keys.MapGet("", ListKeysAsync).WithName("ListKeys").WithSummary("Lists a client's keys, revoked ones included");
        keys.MapDelete("/{key}", RevokeKeyAsync).WithName("RevokeKey").WithSummary("Revokes a key");
        keys.MapPost("/{key}/rotate", RotateKeyAsync).WithName("RotateKey").WithSummary("Gives a key a new secret");
    }

    private static async Task<Created<ClientResponse>> CreateAsync(
        Body<ClientForm> body, Credential by, ClientRegistry registry, RequestCommits commits, CancellationToken ct)
    {
        var client = await registry.CreateAsync(commits, by, body.Value, ct);
        return TypedResults.Created($"/api/v1/clients/{client.Id}", client);
    }

    private static async Task<Ok<PageResponse<ClientResponse>>> ListAsync(PageRequest page, DocumentStore store, CancellationToken ct)
    {
        // A client that is being removed has no slug any more.
        var query = page.Sort(Query.Of<Client>().Equal(client => client.RemovedAt, null));
        return TypedResults.Ok(PageResponse.From(
            await store.AcrossTenants.PageAsync(query, page.Cursor, page.Limit, ct), ClientResponse.From));
    }

    private static Ok<ClientResponse> Get(ClientRoute route) => TypedResults.Ok(ClientResponse.From(route.Client));

    private static async Task<Ok<ClientResponse>> UpdateAsync(
        ClientRoute route, MergePatch<ClientForm> patch, IfMatch ifMatch, ClientRegistry registry, CancellationToken ct) =>
        TypedResults.Ok(await registry.UpdateAsync(route, patch, ifMatch, ct));

    private static async Task<NoContent> RemoveAsync(ClientRoute route, IfMatch ifMatch, ClientRegistry registry, CancellationToken ct)
    {
        await registry.RemoveAsync(route, ifMatch, ct);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<PageResponse<AuditResponse>>> AuditAsync(ClientRoute route, PageRequest page, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await route.Caller.Documents.PageAsync(page.Sort(Query.Of<AuditEntry>()), page.Cursor, page.Limit, ct), AuditResponse.From));

    private static async Task<Created<NewKeyResponse>> CreateKeyAsync(
        ClientRoute route, Body<CreateKey> body, KeyIssuer issuer, RequestCommits commits, CancellationToken ct) =>
        TypedResults.Created((string?)null, await issuer.CreateAsync(commits, route, body.Value, ct));

    private static async Task<Ok<PageResponse<KeyResponse>>> ListKeysAsync(ClientRoute route, PageRequest page, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await route.Caller.Documents.PageAsync(page.Sort(Query.Of<ApiKey>()), page.Cursor, page.Limit, ct), KeyResponse.From));

    private static async Task<NoContent> RevokeKeyAsync(
        ClientRoute route, string key, IfMatch ifMatch, KeyIssuer issuer, CancellationToken ct)
    {
        await issuer.RevokeAsync(route, key, ifMatch, ct);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<NewKeyResponse>> RotateKeyAsync(
        ClientRoute route, string key, Body<RotateKey> body, IfMatch ifMatch, KeyIssuer issuer, RequestCommits commits, CancellationToken ct) =>
        TypedResults.Ok(await issuer.RotateAsync(commits, route, key, TimeSpan.FromSeconds(body.Value.OverlapSeconds), ifMatch, ct));
}

/// <summary>Who did what to which resource, when, from where.</summary>
/// <param name="Actor"><c>admin</c> or <c>key</c>.</param>
/// <param name="KeyId">The client's key that was used; null for the admin key.</param>
/// <param name="Action">Such as <c>key.rotated</c>.</param>
/// <param name="Address">Where the request came from.</param>
internal sealed record AuditResponse(
    string Id,
    string ClientId,
    string Actor,
    string? KeyId,
    string Action,
    string ResourceType,
    string ResourceId,
    string? Address,
    string TraceId,
    DateTimeOffset CreatedAt)
{
    public static AuditResponse From(AuditEntry entry) => new(
        entry.Id,
        entry.ClientId,
        entry.KeyId is null ? "admin" : "key",
        entry.KeyId,
        entry.Action,
        entry.ResourceType,
        entry.ResourceId,
        entry.Address,
        entry.TraceId,
        entry.CreatedAt);
}
