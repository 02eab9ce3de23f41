using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Knowledge;
using AiBackend.Orchestration.Extractive;
using AiBackend.Orchestration.Http;
using AiBackend.Orchestration.Model;
using AiBackend.Search.Answering;

namespace AiBackend.Orchestration;

/// <summary>Registers those who answer.</summary>
internal static class OrchestrationFeature
{
    private const int MostPassages = 10;

    public static IServiceCollection AddOrchestration(this IServiceCollection services)
    {
        services.AddHttpOrchestrator();
        services.AddSingleton<SentenceRanker>();
        services.AddSingleton<AnswerSupport>();
        services.AddSingleton<FindSources>(provider => FromKnowledge(provider.GetRequiredService<KnowledgeSearch>()));
        services.AddKeyedSingleton<IOrchestrator>(
            OrchestratorKind.Builtin,
            (provider, _) => provider.GetRequiredService<AiOptions>().BaseUrl is null
                ? ActivatorUtilities.CreateInstance<ExtractiveOrchestrator>(provider)
                : ActivatorUtilities.CreateInstance<ModelOrchestrator>(provider));
        return services.AddSingleton<Orchestrators>();
    }

    private static FindSources FromKnowledge(KnowledgeSearch knowledge) => async (request, query, ct) =>
    {
        var found = await knowledge.SearchAsync(
            request.ClientId,
            new KnowledgeQuery(query) { CollectionIds = request.Settings.Chat.Collections, Limit = MostPassages },
            ct);
        return new FoundSources(
            [
                .. found.Passages.Select(passage => new Source
                {
                    DocumentId = passage.DocumentId,
                    ChunkId = passage.ChunkId,
                    Title = passage.Title,
                    Url = passage.Url,
                    Text = passage.Text,
                    Score = passage.Score,
                    Coverage = passage.Coverage,
                }),
            ],
            found.TermWeights);
    };
}
