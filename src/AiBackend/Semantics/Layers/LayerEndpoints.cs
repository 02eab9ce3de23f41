using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Semantics.Layers;

internal static class LayerEndpoints
{
    public static void MapLayers(this IEndpointRouteBuilder api)
    {
        var layers = api.MapGroup("/semantic/layers").WithTags("Semantic layers");
        layers.MapPost("/", CreateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("CreateSemanticLayer").WithSummary("Makes a layer: a folder of models, and the server that reads them");
        layers.MapGet("/", ListAsync).RequireScope(Scopes.SemanticRead)
            .WithName("ListSemanticLayers").WithSummary("Lists the client's layers");
        layers.MapGet("/{layer}", GetAsync).RequireScope(Scopes.SemanticRead)
            .WithName("GetSemanticLayer").WithSummary("Reads a layer");
        layers.MapPatch("/{layer}", UpdateAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("UpdateSemanticLayer").WithSummary("Changes a layer's name or server");
        layers.MapDelete("/{layer}", DeleteAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("DeleteSemanticLayer").WithSummary("Forgets a layer; its models stay in git");
        layers.MapGet("/{layer}/models", ListModelsAsync).RequireScope(Scopes.SemanticRead)
            .WithName("ListSemanticModels").WithSummary("Lists the models at the branch's head, by path");
        layers.MapGet("/{layer}/models/{name}", GetModelAsync).RequireScope(Scopes.SemanticRead)
            .WithName("GetSemanticModel").WithSummary("Reads a model at the branch's head");
        MapStores(layers.MapGroup("/{layer}/data-stores"));
    }

    private static void MapStores(RouteGroupBuilder stores)
    {
        stores.MapPost("/", AddStoreAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("AddDataStoreToSemanticLayer").WithSummary("Takes a data store into a layer");
        stores.MapGet("/", ListStoresAsync).RequireScope(Scopes.SemanticRead)
            .WithName("ListDataStoresOfSemanticLayer").WithSummary("Lists the data stores of a layer");
        stores.MapGet("/{store}", GetStoreAsync).RequireScope(Scopes.SemanticRead)
            .WithName("GetDataStoreOfSemanticLayer").WithSummary("Reads how a data store is used in a layer");
        stores.MapPatch("/{store}", UpdateStoreAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("UpdateDataStoreOfSemanticLayer").WithSummary("Changes how a data store is used in a layer");
        stores.MapDelete("/{store}", RemoveStoreAsync).RequireScope(Scopes.SemanticWrite)
            .WithName("RemoveDataStoreFromSemanticLayer").WithSummary("Takes a data store out of a layer; its models stay in git");
    }

    private static async Task<Created<LayerResponse>> CreateAsync(
        Body<LayerForm> body, Caller caller, Credential by, RequestCommits commits, SemanticLayers layers, CancellationToken ct)
    {
        var made = await layers.CreateAsync(commits, caller, by, body.Value, ct);
        return TypedResults.Created($"/api/v1/semantic/layers/{made.Id}", made);
    }

    private static async Task<Ok<PageResponse<LayerResponse>>> ListAsync(PageRequest page, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await caller.Documents.PageAsync(page.Sort(Query.Of<SemanticLayer>()), page.Cursor, page.Limit, ct), LayerResponse.From));

    private static async Task<Ok<LayerResponse>> GetAsync(string layer, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(LayerResponse.From(await SemanticLayers.GetAsync(caller, layer, ct)));

    private static async Task<Ok<LayerResponse>> UpdateAsync(
        string layer, MergePatch<LayerForm> patch, IfMatch ifMatch, Caller caller, Credential by, SemanticLayers layers, CancellationToken ct) =>
        TypedResults.Ok(await layers.UpdateAsync(caller, by, layer, patch, ifMatch, ct));

    private static async Task<NoContent> DeleteAsync(
        string layer, IfMatch ifMatch, Caller caller, Credential by, SemanticLayers layers, CancellationToken ct)
    {
        await layers.DeleteAsync(caller, by, layer, ifMatch, ct);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ModelPageResponse>> ListModelsAsync(
        string layer, PageRequest page, HttpRequest request, Caller caller, LayerModels models, CancellationToken ct) =>
        TypedResults.Ok(await models.PageAsync(
            await SemanticLayers.GetAsync(caller, layer, ct), page, isDescending: request.Query["order"] == "desc", ct));

    private static async Task<Ok<ModelResponse>> GetModelAsync(string layer, string name, Caller caller, LayerModels models, CancellationToken ct) =>
        TypedResults.Ok(await models.GetAsync(await SemanticLayers.GetAsync(caller, layer, ct), name, ct));

    private static async Task<Created<LayerStoreResponse>> AddStoreAsync(
        string layer, Body<LayerStoreForm> body, Caller caller, Credential by, RequestCommits commits, LayerStores stores, CancellationToken ct)
    {
        var made = await stores.CreateAsync(commits, caller, by, layer, body.Value, ct);
        return TypedResults.Created($"/api/v1/semantic/layers/{layer}/data-stores/{made.DataStoreId}", made);
    }

    private static async Task<Ok<PageResponse<LayerStoreResponse>>> ListStoresAsync(
        string layer, PageRequest page, Caller caller, CancellationToken ct)
    {
        await SemanticLayers.GetAsync(caller, layer, ct);
        var found = await caller.Documents.PageAsync(
            page.Sort(Query.Of<LayerStore>().Equal(link => link.LayerId, layer)), page.Cursor, page.Limit, ct);
        return TypedResults.Ok(PageResponse.From(found, LayerStoreResponse.From));
    }

    private static async Task<Ok<LayerStoreResponse>> GetStoreAsync(string layer, string store, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(LayerStoreResponse.From(await LayerStores.GetAsync(caller, layer, store, ct)));

    private static async Task<Ok<LayerStoreResponse>> UpdateStoreAsync(
        string layer,
        string store,
        MergePatch<LayerStoreForm> patch,
        IfMatch ifMatch,
        Caller caller,
        Credential by,
        LayerStores stores,
        CancellationToken ct) =>
        TypedResults.Ok(await stores.UpdateAsync(caller, by, layer, store, patch, ifMatch, ct));

    private static async Task<NoContent> RemoveStoreAsync(
        string layer, string store, IfMatch ifMatch, Caller caller, Credential by, LayerStores stores, CancellationToken ct)
    {
        await stores.DeleteAsync(caller, by, layer, store, ifMatch, ct);
        return TypedResults.NoContent();
    }
}
