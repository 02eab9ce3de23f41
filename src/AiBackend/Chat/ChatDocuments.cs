using AiBackend.Chat.Analyses;
using AiBackend.Chat.Analytics;
using AiBackend.Chat.Feedback;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Recaps;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Chat.Titles;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Chat;

/// <summary>The document sets of conversations and the indexes that their queries need.</summary>
internal static class ChatDocuments
{
    public static readonly DocumentSet<Session> Sessions = new DocumentSet<Session>("sessions")
        .Index("created", session => session.ClientId, session => session.CreatedAt)
        .Index("state", session => session.ClientId, session => session.State, session => session.CreatedAt)
        .Index("channel", session => session.ClientId, session => session.ChannelId, session => session.CreatedAt)
        .PartialIndex(
            "external_id", session => session.ExternalId,
            session => session.ClientId, session => session.ExternalId, session => session.CreatedAt)
        .PartialIndex("silent", session => session.SilentSince, session => session.ClientId, session => session.SilentSince)
        .ArrayIndex("participant", session => session.ParticipantIds)
        .Unique("open_key", session => session.ClientId, session => session.OpenKey);

    public static readonly DocumentSet<Message> Messages = new DocumentSet<Message>("messages")
        .Unique("position", message => message.ClientId, message => message.SessionId, message => message.Position)
        .Index("created", message => message.ClientId, message => message.CreatedAt)
        .PartialIndex(
            "sender", message => message.Sender!.Id,
            message => message.ClientId, message => message.Sender!.Id, message => message.CreatedAt)
        .Unique("external_id", message => message.ClientId, message => message.ExternalId);

    public static readonly DocumentSet<Run> Runs = new DocumentSet<Run>("runs")
        .WithDueIndexes()
        .Index("session", run => run.ClientId, run => run.SessionId);

    public static readonly DocumentSet<StreamPart> StreamParts = new DocumentSet<StreamPart>("stream_parts")
        .Index("number", part => part.ClientId, part => part.SessionId, part => part.RunId, part => part.Number)
        .ExpiresAt(part => part.ExpiresAt);

    public static readonly DocumentSet<Suggestion> Suggestions = new DocumentSet<Suggestion>("suggestions")
        .Index("session", suggestion => suggestion.ClientId, suggestion => suggestion.SessionId)
        .Index("message", suggestion => suggestion.ClientId, suggestion => suggestion.MessageId);

    public static readonly DocumentSet<MessageFeedback> Feedback = new DocumentSet<MessageFeedback>("feedback")
        .Unique("author_key", feedback => feedback.ClientId, feedback => feedback.MessageId, feedback => feedback.AuthorKey)
        .Index("created", feedback => feedback.ClientId, feedback => feedback.CreatedAt)
        .Index("session", feedback => feedback.ClientId, feedback => feedback.SessionId, feedback => feedback.CreatedAt)
        .Index("message", feedback => feedback.ClientId, feedback => feedback.MessageId, feedback => feedback.CreatedAt)
        .Index("rating", feedback => feedback.ClientId, feedback => feedback.Rating, feedback => feedback.CreatedAt)
        .PartialIndex(
            "author", feedback => feedback.AuthorId,
            feedback => feedback.ClientId, feedback => feedback.AuthorId, feedback => feedback.CreatedAt);

    public static readonly DocumentSet<Analysis> Analyses = new DocumentSet<Analysis>("analyses")
        .WithDueIndexes()
        .Index("message", analysis => analysis.ClientId, analysis => analysis.MessageId)
        .Index("session", analysis => analysis.ClientId, analysis => analysis.SessionId);

    public static readonly DocumentSet<AnalyticsBucket> AnalyticsBuckets = new DocumentSet<AnalyticsBucket>("analytics")
        .Index("from", bucket => bucket.ClientId, bucket => bucket.From);

    public static readonly DocumentSet<AnalyticsDay> AnalyticsDays = new DocumentSet<AnalyticsDay>("analytics_days")
        .Index("from", day => day.ClientId, day => day.From);

    public static readonly DocumentSet<Recap> Recaps = new DocumentSet<Recap>("recaps")
        .WithDueIndexes()
        .Index("session", recap => recap.ClientId, recap => recap.SessionId, recap => recap.Number);

    public static readonly DocumentSet<TitleWork> TitleWork = new DocumentSet<TitleWork>("title_work")
        .WithDueIndexes()
        .Index("session", work => work.ClientId, work => work.SessionId);

    /// <summary>Raised whenever a run's stream has grown.</summary>
    public static string StreamTopic(string runId) => $"run:{runId}";

    /// <summary>Raised when a run has ended.</summary>
    public static string EndTopic(string runId) => $"run-end:{runId}";
}
