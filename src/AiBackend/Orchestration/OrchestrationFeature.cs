using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Knowledge;
using AiBackend.Orchestration.Extractive;
using AiBackend.Orchestration.Http;
using AiBackend.Orchestration.Model;
using AiBackend.Orchestration.Numbers;
using AiBackend.Search.Answering;

namespace AiBackend.Orchestration;

/// <summary>Registers those who answer.</summary>
internal static class OrchestrationFeature
{
    private const int MostPassages = 10;

    /// <summary>
    /// What is read for sentences to quote. Lower than for a search, because the sentence ranker leaves out what does not answer; its
    /// factors were fitted on passages found from here on.
    /// </summary>
    private const float ExtractiveCosineFloor = 0.1f;

    public static IServiceCollection AddOrchestration(this IServiceCollection services)
    {
        services.AddHttpOrchestrator();
        services.AddSingleton<SentenceRanker>();
        services.AddSingleton<AnswerSupport>();
        services.AddSingleton<FindSources>(provider => FromKnowledge(
            provider.GetRequiredService<KnowledgeSearch>(),
            provider.GetRequiredService<AiOptions>().BaseUrl is null ? ExtractiveCosineFloor : null));
        services.AddKeyedSingleton<IOrchestrator>(
            OrchestratorKind.Builtin,
            (provider, _) => ActivatorUtilities.CreateInstance<NumbersOrchestrator>(provider, FromDocuments(provider)));
        return services.AddSingleton<Orchestrators>();
    }

    private static IOrchestrator FromDocuments(IServiceProvider provider) => provider.GetRequiredService<AiOptions>().BaseUrl is null
        ? ActivatorUtilities.CreateInstance<ExtractiveOrchestrator>(provider)
        : ActivatorUtilities.CreateInstance<ModelOrchestrator>(provider);

    private static FindSources FromKnowledge(KnowledgeSearch knowledge, float? cosineFloor) => async (request, query, ct) =>
    {
        var found = await knowledge.SearchAsync(
            request.ClientId,
            new KnowledgeQuery(query)
            {
                CollectionIds = request.Settings.Chat.Collections,
                Limit = MostPassages,
                CosineFloor = cosineFloor,
            },
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
