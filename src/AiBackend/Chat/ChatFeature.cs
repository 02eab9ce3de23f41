using AiBackend.Chat.Analyses;
using AiBackend.Chat.Analytics;
using AiBackend.Chat.Feedback;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Privacy;
using AiBackend.Chat.Recaps;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Search;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Chat.Titles;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Chat;

/// <summary>Registers conversations: their documents, routes and the worker that answers.</summary>
internal static class ChatFeature
{
    public static IServiceCollection AddChat(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(ChatDocuments.Sessions)
        .AddSingleton<DocumentSet>(ChatDocuments.Messages)
        .AddSingleton<DocumentSet>(ChatDocuments.Runs)
        .AddSingleton<DocumentSet>(ChatDocuments.StreamParts)
        .AddSingleton<DocumentSet>(ChatDocuments.Suggestions)
        .AddSingleton<DocumentSet>(ChatDocuments.Feedback)
        .AddExport<Session, SessionResponse>("session", query => query.Ascending(session => session.CreatedAt), SessionResponse.From)
        .AddExport<Message, MessageResponse>("message", query => query.Ascending(message => message.CreatedAt), MessageResponse.From)
        .AddExport<Run, RunResponse>("run", query => query.Ascending(run => run.SessionId), RunResponse.From)
        .AddExport<Suggestion, SuggestionResponse>("suggestion", query => query.Ascending(suggestion => suggestion.SessionId), SuggestionResponse.From)
        .AddExport<MessageFeedback, FeedbackResponse>("feedback", query => query.Ascending(feedback => feedback.CreatedAt), FeedbackResponse.From)
        .LeaveOutOfExport<StreamPart>("Pieces of replies, kept for a day; the replies are in the export.")
        .AddSessionPart<Message>(id => Query.Of<Message>().Equal(message => message.SessionId, id).Ascending(message => message.Position))
        .AddSessionPart<Run>(id => Query.Of<Run>().Equal(run => run.SessionId, id))
        .AddSessionPart<StreamPart>(id => Query.Of<StreamPart>().Equal(part => part.SessionId, id).Ascending(part => part.RunId, part => part.Number))
        .AddSessionPart<Suggestion>(id => Query.Of<Suggestion>().Equal(suggestion => suggestion.SessionId, id))
        .AddSessionPart<MessageFeedback>(id => Query.Of<MessageFeedback>().Equal(feedback => feedback.SessionId, id).Ascending(feedback => feedback.CreatedAt))
        .AddSingleton<SessionRemoval>()
        .AddSingleton<IRetentionRule, MessageRetention>()
        .AddSingleton<IRetentionRule, SessionRetention>()
        .AddSingleton<IClientDataEraser, ConversationEraser>()
        .AddSingleton<IClientDataEraser, ToldEraser>()
        .AddSingleton<IClientDataEraser, KeptAnswerEraser>()
        .AddAnalyses()
        .AddAnalytics()
        .AddRecaps()
        .AddMessageSearch()
        .AddTitles()
        .AddSingleton<ChatEvents>()
        .AddSingleton<RunStreams>()
        .AddSingleton<RunAnswers>()
        .AddSingleton<RunCommits>()
        .AddSingleton<MessagePages>()
        .AddSingleton<MessageRemoval>()
        .AddScoped<SessionChanges>()
        .AddScoped<MessagePosting>()
        .AddScoped<MessageEditing>()
        .AddScoped<MessageImport>()
        .AddScoped<RunCancelling>()
        .AddScoped<SuggestionDecisions>()
        .AddSingleton<SilentSessionSweeper>()
        .AddHostedService(provider => provider.GetRequiredService<SilentSessionSweeper>())
        .AddScoped<FeedbackChanges>()
        .AddWork<Run, RunHandler>(options =>
        {
            // Runs spend their time waiting for a model, so many may be under way; no client takes all places.
            options.Name = "runs";
            options.Concurrency = 256;
            options.ConcurrencyPerClient = 128;
            options.Lease = TimeSpan.FromSeconds(10);
        });

    public static void MapChat(this IEndpointRouteBuilder api)
    {
        api.MapSessions();
        api.MapMessages();
        api.MapMessageSearch();
        api.MapRuns();
        api.MapSuggestions();
        api.MapFeedback();
        api.MapAnalyses();
        api.MapAnalytics();
        api.MapRecaps();
    }
}
