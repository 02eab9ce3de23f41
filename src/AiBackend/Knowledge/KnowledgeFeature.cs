using AiBackend.Jobs;
using AiBackend.Knowledge.Indexing;

namespace AiBackend.Knowledge;

/// <summary>Collections, documents and search.</summary>
internal static class KnowledgeFeature
{
    public static IServiceCollection AddKnowledge(this IServiceCollection services)
    {
        foreach (var set in KnowledgeSets.All)
        {
            services.AddSingleton(set);
        }

        services.AddSingleton<EmbeddingModel>()
            .AddSingleton<KnowledgeChanges>()
            .AddSingleton<KnowledgeRemoval>()
            .AddSingleton<KnowledgeCollections>()
            .AddSingleton<KnowledgeDocuments>()
            .AddSingleton<KnowledgeSearch>()
            .AddSingleton<DocumentUploads>()
            .AddSingleton<IndexReader>()
            .AddSingleton<ClientIndexes>()
            .AddSingleton<IndexingHandler>()
            .AddHostedService(provider => provider.GetRequiredService<ClientIndexes>())
            .AddHostedService<IndexWarmup>();
        return services
            .AddWork<KnowledgeDocument, IndexingHandler>(options =>
            {
                options.Name = "documents";
                options.Concurrency = 4;
                options.ConcurrencyPerClient = 3;
                options.Lease = TimeSpan.FromSeconds(30);
            })
            .AddWork<KnowledgeLeftover, LeftoverHandler>(options =>
            {
                options.Name = "leftovers";
                options.Concurrency = 2;
                options.ConcurrencyPerClient = 1;
                options.Lease = TimeSpan.FromSeconds(30);
            });
    }

    public static void MapKnowledge(this IEndpointRouteBuilder api)
    {
        api.MapCollections();
        api.MapDocuments();
        api.MapSearch();
    }
}
