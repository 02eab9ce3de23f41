using System.Text.Json.Nodes;
using AiBackend.Chat.Analyses;
using AiBackend.Chat.Feedback;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Recaps;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat;

/// <summary>What happened in a session, to be numbered by <see cref="ChatEvents"/>.</summary>
internal static class ChatEvent
{
    public const string SessionEntity = "session";
    public const string MessageEntity = "message";
    public const string SuggestionEntity = "suggestion";
    public const string FeedbackEntity = "feedback";
    public const string AnalysisEntity = "analysis";
    public const string RecapEntity = "recap";

    /// <summary>The kinds of things that hold what people wrote, or what was read from it.</summary>
    public static bool HoldsTexts(string entityType) =>
        entityType is SessionEntity or MessageEntity or SuggestionEntity or FeedbackEntity or AnalysisEntity or RecapEntity;

    public static NewEvent Of(string type, Session session) =>
        new(type, SessionEntity, session.Id) { Data = EventData.Of(SessionEntity, SessionResponse.From(session)) };

    public static NewEvent Of(string type, Message message) => new(type, MessageEntity, message.Id)
    {
        ParentId = message.SessionId,
        Data = EventData.Of(MessageEntity, MessageResponse.From(message)),
    };

    public static NewEvent Of(string type, Run run) => new(type, "run", run.Id)
    {
        ParentId = run.MessageId,
        Data = EventData.Of("run", RunResponse.From(run)),
        TraceId = run.TraceId,
    };

    public static NewEvent Of(string type, Suggestion suggestion) => new(type, SuggestionEntity, suggestion.Id)
    {
        ParentId = suggestion.MessageId,
        Data = EventData.Of(SuggestionEntity, SuggestionResponse.From(suggestion)),
    };

    public static NewEvent Of(string type, MessageFeedback feedback) => new(type, FeedbackEntity, feedback.Id)
    {
        ParentId = feedback.MessageId,
        Data = EventData.Of(FeedbackEntity, FeedbackResponse.From(feedback)),
    };

    public static NewEvent Of(string type, Analysis analysis) => new(type, AnalysisEntity, analysis.Id)
    {
        ParentId = analysis.MessageId,
        Data = EventData.Of(AnalysisEntity, AnalysisResponse.From(analysis)),
        TraceId = analysis.TraceId,
    };

    public static NewEvent Of(string type, Recap recap) => new(type, RecapEntity, recap.Id)
    {
        ParentId = recap.SessionId,
        Data = EventData.Of(RecapEntity, RecapResponse.From(recap)),
        TraceId = recap.TraceId,
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

    /// <summary>Takes what people wrote out of what was told of one message, or of one thing that belongs to a message.</summary>
    public static ValueTask BlankAsync(TenantTransaction transaction, string entityId) =>
        BlankAsync(transaction, Query.Of<Event>().Equal(told => told.EntityId, entityId));

    /// <summary>Takes what people wrote out of what was told of a session's messages and of what belongs to them.</summary>
    public static ValueTask BlankSessionAsync(TenantTransaction transaction, string sessionId) =>
        BlankAsync(transaction, Query.Of<Event>().Equal(told => told.SessionId, sessionId));

    /// <summary>Takes what people wrote out of one event.</summary>
    public static ValueTask BlankEventAsync(TenantTransaction transaction, string eventId) =>
        BlankAsync(transaction, Query.Of<Event>().Equal(told => told.Id, eventId));

    /// <summary>
    /// Takes what people wrote, and who they are, out of what was told of one thing: of a session, a participant, the titles and why a person took over; of anything
    /// else, everything that is not its place among the others.
    /// </summary>
    /// <param name="personId">The participant.</param>
    public static ValueTask EraseAsync(TenantTransaction transaction, string entityId, string personId) =>
        EraseAsync(transaction, Query.Of<Event>().Equal(told => told.EntityId, entityId), personId);

    /// <summary>As the other, of one event.</summary>
    public static ValueTask EraseEventAsync(TenantTransaction transaction, string eventId, string personId) =>
        EraseAsync(transaction, Query.Of<Event>().Equal(told => told.Id, eventId), personId);

    private static async ValueTask EraseAsync(TenantTransaction transaction, Query<Event> query, string personId)
    {
        foreach (var told in await transaction.ListAsync(query))
        {
            if (ChatEvent.HoldsTexts(told.EntityType))
            {
                await transaction.ReplaceAsync(told with { Data = Erased(told.EntityType, told.Data, personId) });
                await EventTraces.ClearAnswersAsync(transaction, told.Id);
            }
        }
    }

    /// <summary>Takes the titles that were made of a message out of what was told of its session, and forgets what the model made of it.</summary>
    public static async ValueTask BlankTitlesAsync(TenantTransaction transaction, Message message)
    {
        if (message.Role is not MessageRole.User)
        {
            return;
        }

        if (SessionTitle.From(message.Text) is { } title)
        {
            await BlankTitleAsync(transaction, message.SessionId, title);
        }

        ModelTitle? made = null;
        await transaction.UpdateAsync<Session>(message.SessionId, stored =>
        {
            made = stored.ModelTitle?.MessageId == message.Id ? stored.ModelTitle : null;
            return made is null ? stored : stored with { ModelTitle = null };
        });
        if (made is not null)
        {
            await BlankTitleAsync(transaction, message.SessionId, made.Text);
        }
    }

    private static async ValueTask BlankTitleAsync(TenantTransaction transaction, string sessionId, string title)
    {
        foreach (var told in await transaction.ListAsync(Query.Of<Event>().Equal(told => told.EntityId, sessionId)))
        {
            if (JsonNode.Parse(told.Data.Text)![ChatEvent.SessionEntity]?["title"]?.GetValue<string>() == title)
            {
                await transaction.ReplaceAsync(told with { Data = Blank(told.EntityType, told.Data) });
            }
        }
    }

    private static async ValueTask BlankAsync(TenantTransaction transaction, Query<Event> query)
    {
        foreach (var told in await transaction.ListAsync(query))
        {
            if (ChatEvent.HoldsTexts(told.EntityType))
            {
                await transaction.ReplaceAsync(told with { Data = Blank(told.EntityType, told.Data) });
                await EventTraces.ClearAnswersAsync(transaction, told.Id);
            }
        }
    }

    private static RawJson Erased(string entityType, RawJson data, string personId)
    {
        var json = JsonNode.Parse(Blank(entityType, data).Text)!;
        var entity = json[entityType]!.AsObject();
        foreach (var field in entity.Select(field => field.Key).ToList())
        {
            entity[field] = field switch
            {
                "sender" or "author_id" or "handover_reason" => null,
                "external_id" when entityType is not ChatEvent.SessionEntity => null,
                "participants" => Others(entity[field], personId),
                _ => entity[field]?.DeepClone(),
            };
        }

        return RawJson.Of(json, WireJson.Options);
    }

    private static JsonArray Others(JsonNode? participants, string personId) =>
        [.. (participants as JsonArray ?? []).Where(entry => entry?["id"]?.GetValue<string>() != personId).Select(entry => entry?.DeepClone())];

    private static RawJson Blank(string entityType, RawJson data)
    {
        var json = JsonNode.Parse(data.Text)!;
        var entity = json[entityType]!.AsObject();
        foreach (var field in entity.Select(field => field.Key).ToList())
        {
            entity[field] = field switch
            {
                "text" => string.Empty,
                "attachments" or "citations" => new JsonArray(),
                "data" or "comment" or "title" => null,
                "metadata" when entityType is not ChatEvent.SessionEntity => new JsonObject(),
                _ => entity[field]?.DeepClone(),
            };
        }

        return RawJson.Of(json, WireJson.Options);
    }
}
