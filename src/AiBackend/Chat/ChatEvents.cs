using AiBackend.Chat.Messages;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Documents;
using AiBackend.Events;

namespace AiBackend.Chat;

/// <summary>What happened in a session, to be numbered by <see cref="ChatEvents"/>.</summary>
internal static class ChatEvent
{
    public static NewEvent Of(string type, Session session) =>
        new(type, "session", session.Id) { Data = EventData.Of("session", SessionResponse.From(session)) };

    public static NewEvent Of(string type, Message message) => new(type, "message", message.Id)
    {
        ParentId = message.SessionId,
        Data = EventData.Of("message", MessageResponse.From(message)),
    };

    public static NewEvent Of(string type, Run run) => new(type, "run", run.Id)
    {
        ParentId = run.MessageId,
        Data = EventData.Of("run", RunResponse.From(run)),
        TraceId = run.TraceId,
    };

    public static NewEvent Of(string type, Suggestion suggestion) => new(type, "suggestion", suggestion.Id)
    {
        ParentId = suggestion.MessageId,
        Data = EventData.Of("suggestion", SuggestionResponse.From(suggestion)),
    };
}

/// <summary>Raises the events of a session.</summary>
internal sealed class ChatEvents(EventLog log)
{
    /// <summary>Stores the events under the last numbers that the session has given out, in this order.</summary>
    /// <param name="session">As it was stored in this commit, with the events counted (<see cref="Session.Raised"/>).</param>
    /// <param name="traceId">The trace to name where the event names none; null for the current one.</param>
    public async ValueTask AppendAsync(
        TenantTransaction transaction, Session session, string? traceId, IReadOnlyList<NewEvent> raised)
    {
        if (raised.Count == 0)
        {
            return;
        }

        var numbered = new NewEvent[raised.Count];
        var first = session.EventSequence - raised.Count + 1;
        for (var i = 0; i < numbered.Length; i++)
        {
            numbered[i] = raised[i] with
            {
                SessionId = session.Id,
                Sequence = first + i,
                TraceId = raised[i].TraceId ?? traceId,
            };
        }

        await log.AppendAsync(transaction, numbered);
    }
}
