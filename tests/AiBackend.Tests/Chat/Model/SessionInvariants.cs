using System.Text.Json.Nodes;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Documents;
using AiBackend.Events;

namespace AiBackend.Tests.Chat.Model;

/// <summary>What is true of every session once all its runs have ended, whatever was done to it.</summary>
internal static class SessionInvariants
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task RequireAsync(ChatTenant tenant, string sessionId)
    {
        var session = await tenant.GetAsync($"/api/v1/sessions/{sessionId}");
        var stored = await tenant.Documents.FindAsync<Session>(sessionId, Ct);
        Assert.Empty(stored!.PendingRunIds);
        var messages = await AllMessagesAsync(tenant, sessionId);
        await RequireTreeAsync(tenant, session, messages);

        await tenant.EventsAsync(sessionId);
        var events = await tenant.EventDocumentsAsync(sessionId);
        var runs = await tenant.Documents.ListAsync(Query.Of<Run>().Equal(run => run.SessionId, sessionId), Ct);
        await RequireEventsAsync(tenant, session, messages, events);
        RequireOneAtATime(events);
        foreach (var run in runs)
        {
            await RequireRunAsync(tenant, run, messages, events);
        }
    }

    /// <summary>Positions without gaps, parents before children, counters equal to a recount, an active branch that is one.</summary>
    private static async Task RequireTreeAsync(ChatTenant tenant, JsonNode session, List<JsonNode> messages)
    {
        Assert.Equal(messages.Count, session.Number("message_count"));
        Assert.Equal(Enumerable.Range(1, messages.Count), messages.Select(message => (int)message.Number("position")));
        var positions = messages.ToDictionary(message => message.Text("id"), message => message.Number("position"));
        Assert.All(messages, message => Assert.True(
            message.TextOrNull("parent_id") is not { } parent || positions[parent] < message.Number("position")));
        var active = await tenant.MessagesAsync(session.Text("id"), "active");
        Assert.Equal(session.TextOrNull("active_leaf_id"), active.Count == 0 ? null : active[^1].Text("id"));
        Assert.Equal(
            active.SkipLast(1).Select(message => message.Text("id")), active.Skip(1).Select(message => message.Text("parent_id")));
    }

    /// <summary>No event without its change, no change without its event.</summary>
    private static async Task RequireEventsAsync(ChatTenant tenant, JsonNode session, List<JsonNode> messages, IReadOnlyList<Event> events)
    {
        IEnumerable<string> Of(string type) => events.Where(found => found.Type == type).Select(found => found.EntityId).Order();

        Assert.Equal(messages.Select(message => message.Text("id")).Order(), Of(EventTypes.ChatMessageCreated));
        Assert.Equal(
            messages.Where(message => message["deleted_at"] is not null).Select(message => message.Text("id")).Order(),
            Of(EventTypes.ChatMessageDeleted));
        var suggestions = await tenant.Documents.ListAsync(Query.Of<Suggestion>().Equal(found => found.SessionId, session.Text("id")), Ct);
        IEnumerable<string> In(SuggestionStatus status) => suggestions.Where(found => found.Status == status).Select(found => found.Id).Order();

        Assert.Equal(suggestions.Select(found => found.Id).Order(), Of(EventTypes.ChatSuggestionCreated));
        Assert.Equal(In(SuggestionStatus.Accepted), Of(EventTypes.ChatSuggestionAccepted));
        Assert.Equal(In(SuggestionStatus.Rejected), Of(EventTypes.ChatSuggestionRejected));

        var state = "open";
        foreach (var type in events.Select(found => found.Type))
        {
            var next = type switch
            {
                EventTypes.ChatSessionHandedOver => "handed_over",
                EventTypes.ChatSessionResumed => "open",
                EventTypes.ChatSessionClosed => "closed",
                _ => null,
            };
            Assert.True(next is null || (next != state && state != "closed"), $"{type} when {state}");
            state = next ?? state;
        }

        Assert.Equal(session.Text("state"), state);
        Assert.Single(events, found => found.Type == EventTypes.ChatSessionCreated);
    }

    /// <summary>No run starts while another has started and not ended.</summary>
    private static void RequireOneAtATime(IReadOnlyList<Event> events)
    {
        string? live = null;
        foreach (var found in events)
        {
            if (found.Type == EventTypes.ChatRunStarted)
            {
                Assert.Null(live);
                live = found.EntityId;
            }
            else if (found.EntityId == live && IsEnd(found.Type))
            {
                live = null;
            }
        }

        Assert.Null(live);
    }

    private static async Task RequireRunAsync(ChatTenant tenant, Run run, List<JsonNode> messages, IReadOnlyList<Event> events)
    {
        Assert.True(run.HasEnded());
        Assert.Null(run.DueAt);
        Assert.Single(events, found => found.EntityId == run.Id && IsEnd(found.Type));
        Assert.InRange(events.Count(found => found.EntityId == run.Id && found.Type == EventTypes.ChatRunStarted), 0, 1);
        var replies = messages.Where(message =>
            message.TextOrNull("run_id") == run.Id && message.Text("role") == "assistant" && message.Text("category") == "message").ToList();
        Assert.Equal(run.ReplyMessageId is null ? 0 : 1, replies.Count);
        if (run.Outcome is RunOutcome.Replied)
        {
            Assert.Equal(run.ReplyMessageId, replies[0].Text("id"));
            Assert.Equal(run.MessageId, replies[0].Text("in_reply_to"));
        }

        var isWhole = messages.All(message => message.TextOrNull("run_id") != run.Id || message["deleted_at"] is null);
        await RequireStreamAsync(tenant, run, isWhole ? replies.SingleOrDefault() : null);
    }

    private static async Task RequireStreamAsync(ChatTenant tenant, Run run, JsonNode? reply)
    {
        using var stream = await SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{run.Id}/stream");
        var received = await stream.RestAsync();
        Assert.Equal(StreamTypes.LastOf(run), received[^1].Type);
        Assert.Equal(run.StreamLength, received[^1].Number);
        if (reply is not null)
        {
            Assert.Equal(Enumerable.Range(1, received.Count), received.Select(one => one.Number));
            Assert.Equal(reply.Text("text"), SseReader.TextOf(received));
        }
    }

    private static bool IsEnd(string type) =>
        type is EventTypes.ChatRunCompleted or EventTypes.ChatRunFailed or EventTypes.ChatRunCancelled;

    private static async Task<List<JsonNode>> AllMessagesAsync(ChatTenant tenant, string sessionId)
    {
        var messages = new List<JsonNode>();
        var cursor = string.Empty;
        while (true)
        {
            var page = await tenant.GetAsync($"/api/v1/sessions/{sessionId}/messages?order=asc&branch=all&limit=200{cursor}");
            messages.AddRange(page["data"]!.AsArray().Select(message => message!));
            if (page.TextOrNull("next_cursor") is not { } next)
            {
                return messages;
            }

            cursor = $"&cursor={next}";
        }
    }
}
