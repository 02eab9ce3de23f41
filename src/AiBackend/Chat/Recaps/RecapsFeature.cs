using AiBackend.Ai;
using AiBackend.Chat.Sessions;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Chat.Recaps;

/// <summary>Registers what tells conversations in brief.</summary>
internal static class RecapsFeature
{
    public static IServiceCollection AddRecaps(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(ChatDocuments.Recaps)
        .AddExport<Recap, RecapResponse>(
            "recap", query => query.Ascending(recap => recap.SessionId, recap => recap.Number), RecapResponse.From)
        .AddSessionPart<Recap>(
            id => Query.Of<Recap>().Equal(recap => recap.SessionId, id).Ascending(recap => recap.Number), isMadeOfMessages: true)
        .AddSingleton<RecapQueue>()
        .AddSingleton(provider => new RecapWriter(
            provider.GetRequiredService<AiOptions>().BaseUrl is null ? null : new ModelRecap(provider.GetRequiredService<StructuredModel>()),
            provider.GetRequiredService<AiOptions>()))
        .AddWork<Recap, RecapHandler>(options =>
        {
            options.Name = "recaps";
            options.Concurrency = 8;
            options.ConcurrencyPerClient = 4;
            options.Lease = TimeSpan.FromSeconds(15);
        });
}
