using AiBackend.Ai;
using AiBackend.Chat.Analyses.Classification;
using AiBackend.Chat.Sessions;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Chat.Analyses;

/// <summary>Registers what finds things out about messages.</summary>
internal static class AnalysesFeature
{
    public static IServiceCollection AddAnalyses(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(ChatDocuments.Analyses)
        .AddExport<Analysis, AnalysisResponse>("analysis", query => query.Ascending(analysis => analysis.SessionId), AnalysisResponse.From)
        .AddSessionPart<Analysis>(id => Query.Of<Analysis>().Equal(analysis => analysis.SessionId, id))
        .AddSingleton<AnalysisQueue>()
        .AddSingleton<NearestClass>()
        .AddSingleton(provider => new Analyzers(
            provider.GetRequiredService<NearestClass>(),
            provider.GetRequiredService<AiOptions>().BaseUrl is null
                ? null
                : new ModelJudge(provider.GetRequiredService<StructuredModel>())))
        .AddWork<Analysis, AnalysisHandler>(options =>
        {
            options.Name = "analyses";
            options.Concurrency = 16;
            options.ConcurrencyPerClient = 8;
            options.Lease = TimeSpan.FromSeconds(15);
        });
}
