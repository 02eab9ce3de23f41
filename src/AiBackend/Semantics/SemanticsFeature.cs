using AiBackend.Clients;
using AiBackend.Clients.Privacy;
using AiBackend.DataStores;
using AiBackend.Http;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Questions;
using AiBackend.Semantics.Repositories;
using AiBackend.Semantics.Rows;
using AiBackend.Semantics.Servers;
using AiBackend.Semantics.Sync;

namespace AiBackend.Semantics;

/// <summary>Models of clients' data in git, the servers that read them, and questions to them.</summary>
internal static class SemanticsFeature
{
    public static IServiceCollection AddSemantics(this IServiceCollection services)
    {
        foreach (var set in SemanticSets.All)
        {
            services.AddSingleton(set);
        }

        services.AddExport<SemanticLayer, LayerResponse>("semantic_layer", query => query.Ascending(), LayerResponse.From)
            .AddExport<LayerStore, LayerStoreResponse>("semantic_layer_store", query => query.Ascending(), LayerStoreResponse.From);
        services.AddSealedSecrets<SemanticRepository>(static (box, repository) => repository.Token is null
                ? repository
                : repository with { Token = box.Reseal(SemanticRepository.SecretPurpose(repository.Id), repository.Token) })
            .AddSealedSecrets<SemanticServer>(static (box, server) =>
                server with { ApiSecret = box.Reseal(SemanticServer.SecretPurpose(server.Id), server.ApiSecret) });
        services.AddSingleton<SemanticHttp>()
            .AddSingleton<SemanticOwners>()
            .AddSingleton<GitClones>()
            .AddSingleton<GitRepositories>()
            .AddSingleton<SemanticRepositories>()
            .AddSingleton<SemanticServers>()
            .AddSingleton(new CubeOptions())
            .AddSingleton<CubeClient>()
            .AddSingleton<SemanticLayers>()
            .AddSingleton<LayerStores>()
            .AddSingleton<LayerModels>()
            .AddSingleton<DataStoreUse>(LayerStores.UseOfAsync)
            .AddSingleton<RemoveOfClient>(SemanticRepositories.RemoveOfClientAsync)
            .AddSingleton<RemoveOfClient>(SemanticServers.RemoveOfClientAsync);
        return services.AddSync().AddRowDocuments().AddQuestions();
    }

    public static void MapSemantics(this IEndpointRouteBuilder api)
    {
        api.MapRepositories();
        api.MapServers();
        api.MapLayers();
        api.MapDataSources();
        api.MapSyncJobs();
        api.MapQuestions();
    }
}
