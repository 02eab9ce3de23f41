using AiBackend.Ai;
using AiBackend.Chat.Sessions;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Chat.Titles;

/// <summary>Registers what has the model name sessions.</summary>
internal static class TitlesFeature
{
    public static IServiceCollection AddTitles(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(ChatDocuments.TitleWork)
        .LeaveOutOfExport<TitleWork>("Sessions that are about to get a title; the sessions are in the export.")
        .AddSessionPart<TitleWork>(id => Query.Of<TitleWork>().Equal(work => work.SessionId, id))
        .AddSingleton(provider => new Lazy<StructuredModel>(provider.GetRequiredService<StructuredModel>))
        .AddWork<TitleWork, TitleHandler>(options =>
        {
            options.Name = "titles";
            options.Concurrency = 8;
            options.ConcurrencyPerClient = 4;
        });
}
