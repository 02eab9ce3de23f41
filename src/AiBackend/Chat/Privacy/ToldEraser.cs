using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Chat.Sessions;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat.Privacy;

/// <summary>
/// Erases an end user from events whose conversation, message or feedback was deleted before, so that nothing else leads to them: all
/// events of the client are read. Runs after <see cref="ConversationEraser"/>, which has erased what is still there with its events.
/// </summary>
internal sealed class ToldEraser : IClientDataEraser
{
    private const int EventsPerPage = 200;

    public async Task EraseAsync(TenantDocuments documents, PersonErasure erasure, CancellationToken ct)
    {
        var name = JsonSerializer.Serialize(erasure.PersonId, WireJson.Options);
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(Query.Of<Event>().Ascending(), cursor, EventsPerPage, ct);
            foreach (var told in page.Items)
            {
                if (told.CreatedAt <= erasure.AskedAt && told.Data.Text.Contains(name, StringComparison.Ordinal) && Names(told, erasure.PersonId))
                {
                    await EraseAsync(documents, told, erasure.PersonId, ct);
                    await erasure.CountAsync(1, ct);
                }
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private static async Task EraseAsync(TenantDocuments documents, Event told, string personId, CancellationToken ct)
    {
        if (told.SessionId is { } sessionId
            && await documents.FindAsync<Session>(sessionId, ct) is null
            && await IsAloneAsync(documents, sessionId, personId, ct))
        {
            await SessionRemoval.RemoveEventsAsync(documents, sessionId, ct);
            return;
        }

        await documents.CommitAsync(transaction => ChatEvents.EraseEventAsync(transaction, told.Id, personId), ct);
    }

    /// <summary>Whether no other end user wrote in the session, by what was told of it.</summary>
    private static async Task<bool> IsAloneAsync(TenantDocuments documents, string sessionId, string personId, CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(Query.Of<Event>().Equal(told => told.SessionId, sessionId).Ascending(), cursor, EventsPerPage, ct);
            if (page.Items.Any(told => told.EntityType == ChatEvent.MessageEntity && IsOfAnotherUser(told, personId)))
            {
                return false;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return true;
    }

    private static bool IsOfAnotherUser(Event told, string personId)
    {
        var message = EntityOf(told);
        return message?["role"]?.GetValue<string>() == "user" && message["sender"]?["id"] is { } sender && sender.GetValue<string>() != personId;
    }

    /// <summary>Whether the event names him as who wrote, gave feedback or took part; what others wrote may hold the same letters.</summary>
    private static bool Names(Event told, string personId)
    {
        var entity = EntityOf(told);
        return ChatEvent.HoldsTexts(told.EntityType)
            && (entity?["sender"]?["id"]?.GetValue<string>() == personId
                || entity?["author_id"]?.GetValue<string>() == personId
                || (entity?["participants"] as JsonArray ?? []).Any(participant => participant?["id"]?.GetValue<string>() == personId));
    }

    private static JsonNode? EntityOf(Event told) => JsonNode.Parse(told.Data.Text)?[told.EntityType];
}
