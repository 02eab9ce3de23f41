using AiBackend.Clients;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.OpenAi;

internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder face)
    {
        face.MapGet("/models", ListAsync).WithName("ListModels").RequireScope(Scopes.KnowledgeRead)
            .WithSummary("Lists the models that can be named.");
        face.MapGet("/models/{**model}", FindAsync).WithName("GetModel").RequireScope(Scopes.KnowledgeRead)
            .WithSummary("Shows a model.");
    }

    private static async Task<Ok<ModelList>> ListAsync(Caller caller, ServedModels models, ClientDirectory clients, CancellationToken ct) =>
        TypedResults.Ok(new ModelList("list", await AllAsync(caller, models, clients, ct)));

    private static async Task<Ok<ModelResponse>> FindAsync(
        string model, Caller caller, ServedModels models, ClientDirectory clients, CancellationToken ct)
    {
        // Names of models may have slashes, which libraries escape and the server leaves so.
        var name = Uri.UnescapeDataString(model);
        return TypedResults.Ok(
            (await AllAsync(caller, models, clients, ct)).FirstOrDefault(served => served.Id == name) ?? throw Refusals.NoSuchModel(name));
    }

    private static async Task<IReadOnlyList<ModelResponse>> AllAsync(
        Caller caller, ServedModels models, ClientDirectory clients, CancellationToken ct) =>
        models.All((await clients.FindAsync(caller.ClientId, ct) ?? throw ApiException.NotFound()).Settings);
}
