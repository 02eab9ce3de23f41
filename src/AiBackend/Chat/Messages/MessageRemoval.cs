using AiBackend.Chat.Recaps;
using AiBackend.Chat.Sessions;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat.Messages;

/// <summary>Blanks messages; they keep their place in the tree.</summary>
internal sealed class MessageRemoval(ChatEvents events, TimeProvider clock)
{
    /// <summary>
    /// Takes the content away, from the kept stream of the reply's run and from earlier events too, and all feedback and
    /// analyses with it. Recaps that may rest on it lose their texts.
    /// Once more is no change.
    /// </summary>
    public Task RemoveAsync(Caller caller, string id, IfMatch match, CancellationToken ct) => caller.Documents.CommitAsync(
        async transaction =>
        {
            var found = await transaction.FindAsync<Message>(id) ?? throw ApiException.NotFound();
            match.Require(found.Version);
            if (found.DeletedAt is not null)
            {
                return;
            }

            var now = clock.GetUtcNow();
            var session = await transaction.UpdateAsync<Session>(
                found.SessionId,
                stored => stored.Raised(1) with { Title = stored.TitleMessageId == id ? null : stored.Title, UpdatedAt = now }) ?? throw ApiException.NotFound();
            var blank = await transaction.ReplaceAsync(found with
            {
                Text = string.Empty,
                Attachments = [],
                Citations = [],
                Data = null,
                DeletedAt = now,
                UpdatedAt = now,
            });
            await MessageDerivatives.RemoveAsync(transaction, found);
            await RecapQueue.ForgetMessageAsync(transaction, session.Id, found.Position, now);
            await ChatEvents.BlankAsync(transaction, id);
            await ChatEvents.BlankTitlesAsync(transaction, found);
            await events.AppendAsync(transaction, session, traceId: null, [ChatEvent.Of(EventTypes.ChatMessageDeleted, blank)]);
        },
        ct);
}
