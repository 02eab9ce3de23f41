using AiBackend.Clients;
using AiBackend.DataStores.Provisioning;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.DataStores;

/// <summary>A client's databases and vector stores.</summary>
internal static class DataStoreEndpoints
{
    public static void MapStores(this IEndpointRouteBuilder api)
    {
        var stores = api.MapGroup($"{ClientRoute.Pattern}/data-stores").WithTags("Data stores");
        stores.MapPost("", CreateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("CreateDataStore").WithSummary("Connects a database or vector store, or makes a database")
            .WithDescription("With provision: true the answer shows the new database's credentials, this once.");
        stores.MapGet("", ListAsync).RequireScope(Scopes.SemanticRead)
            .WithName("ListDataStores").WithSummary("Lists a client's data stores");
        stores.MapGet("/{store}", GetAsync).RequireScope(Scopes.SemanticRead)
            .WithName("GetDataStore").WithSummary("Reads a data store, without its secrets");
        stores.MapPatch("/{store}", UpdateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("UpdateDataStore").WithSummary("Changes a data store")
            .WithDescription("A new host, port or url, or a weaker tls, needs the secret again: the stored one is not sent to another place.");
        stores.MapDelete("/{store}", DeleteAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("DeleteDataStore").WithSummary("Forgets a data store")
            .WithDescription("drop=true drops a database that the service made, with its users; without it the database stays on its server.");
        stores.MapPost("/{store}/test", TestAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("TestDataStore").WithSummary("Connects now and tells what comes of it")
            .WithDescription("200 also when it does not work: ok is false then, code and detail say what to set right.");
        stores.MapPost("/{store}/rotate-credentials", RotateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("RotateDataStoreCredentials").WithSummary("Gives the users of a database that the service made new passwords, shown this once");
        stores.MapGet("/{store}/schema", SchemaAsync).RequireScope(Scopes.SemanticRead)
            .WithName("GetDataStoreSchema").WithSummary("Reads which tables a database holds");
    }

    private static async Task<Created<DataStoreResponse>> CreateAsync(
        ClientRoute route,
        Body<DataStoreForm> body,
        DataStoreRegistry registry,
        Provisioner provisioner,
        RequestCommits commits,
        CancellationToken ct)
    {
        var made = body.Value.Provision
            ? await provisioner.CreateAsync(commits, route, body.Value, ct)
            : await registry.ConnectAsync(commits, route, body.Value, ct);
        return TypedResults.Created($"/api/v1/clients/{made.ClientId}/data-stores/{made.Id}", made);
    }

    private static async Task<Ok<PageResponse<DataStoreResponse>>> ListAsync(ClientRoute route, PageRequest page, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await route.Caller.Documents.PageAsync(page.Sort(Query.Of<DataStore>()), page.Cursor, page.Limit, ct), DataStoreResponse.From));

    private static async Task<Ok<DataStoreResponse>> GetAsync(ClientRoute route, string store, CancellationToken ct) =>
        TypedResults.Ok(DataStoreResponse.From(await FindAsync(route, store, ct)));

    private static async Task<Ok<DataStoreResponse>> UpdateAsync(
        ClientRoute route, string store, MergePatch<DataStoreForm> patch, IfMatch ifMatch, DataStoreRegistry registry, CancellationToken ct) =>
        TypedResults.Ok(await registry.UpdateAsync(route, store, patch, ifMatch, ct));

    private static async Task<NoContent> DeleteAsync(
        ClientRoute route, string store, bool? drop, IfMatch ifMatch, DataStoreRegistry registry, Provisioner provisioner, CancellationToken ct)
    {
        await (drop is true ? provisioner.DropAsync(route, store, ifMatch, ct) : registry.ForgetAsync(route, store, ifMatch, ct));
        return TypedResults.NoContent();
    }

    private static async Task<Ok<StoreTestResponse>> TestAsync(ClientRoute route, string store, StoreReader reader, CancellationToken ct) =>
        TypedResults.Ok(await reader.TestAsync(await FindAsync(route, store, ct), ct));

    private static async Task<Ok<DataStoreResponse>> RotateAsync(
        ClientRoute route, string store, IfMatch ifMatch, Provisioner provisioner, RequestCommits commits, CancellationToken ct) =>
        TypedResults.Ok(await provisioner.RotateAsync(commits, route, store, ifMatch, ct));

    private static async Task<Ok<DatabaseSchema>> SchemaAsync(ClientRoute route, string store, StoreReader reader, CancellationToken ct) =>
        TypedResults.Ok(await reader.ReadSchemaAsync(await FindAsync(route, store, ct), ct));

    private static async Task<DataStore> FindAsync(ClientRoute route, string storeId, CancellationToken ct) =>
        await route.Caller.Documents.FindAsync<DataStore>(storeId, ct) ?? throw ApiException.NotFound();
}
