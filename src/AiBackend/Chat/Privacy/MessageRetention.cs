using AiBackend.Chat.Messages;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;

namespace AiBackend.Chat.Privacy;

/// <summary>
/// Removes messages when the client's <c>retention.messages_days</c> are over, with all that was made of them. The others of the session
/// keep their positions. A session that is being answered is left to the next sweep.
/// </summary>
internal sealed class MessageRetention(IEnumerable<SessionPart> parts) : IRetentionRule
{
    private const int MessagesPerStep = 10;

    private readonly SessionPart[] madeOfMessages = [.. parts.Where(part => part.IsMadeOfMessages)];

    public int? DaysOf(RetentionSettings settings) => settings.MessagesDays;

    public async Task<RetentionStep> RemoveAsync(TenantDocuments documents, DateTimeOffset before, string? cursor, CancellationToken ct)
    {
        var page = await documents.PageAsync(
            Query.Of<Message>().Less(message => message.CreatedAt, before).Ascending(message => message.CreatedAt), cursor, MessagesPerStep, ct);
        var removed = page.Items.Count == 0
            ? 0
            : await documents.CommitAsync(
                async transaction =>
                {
                    var count = 0;
                    foreach (var message in page.Items)
                    {
                        count += await RemoveAsync(transaction, message.Id) ? 1 : 0;
                    }

                    return count;
                },
                ct);
        return new RetentionStep(removed, page.NextCursor);
    }

    private async ValueTask<bool> RemoveAsync(TenantTransaction transaction, string messageId)
    {
        if (await transaction.FindAsync<Message>(messageId) is not { } message)
        {
            return false;
        }

        var session = await transaction.UpdateAsync<Session>(message.SessionId, stored => stored.PendingRunIds.Count > 0 ? stored : Without(stored, messageId));
        if (session?.PendingRunIds.Count > 0)
        {
            return false;
        }

        await transaction.DeleteAsync<Message>(messageId);
        if (session?.ActiveLeafId == messageId)
        {
            var newest = await transaction.ListAsync(
                Query.Of<Message>().Equal(left => left.SessionId, session.Id).Descending(left => left.Position).Take(1));
            await transaction.UpdateAsync<Session>(session.Id, stored => stored with { ActiveLeafId = newest is [var leaf, ..] ? leaf.Id : null });
        }

        await RemoveDerivedAsync(transaction, message);
        return true;
    }

    private static Session Without(Session session, string messageId) => session with
    {
        MessageCount = session.MessageCount - 1,
        Title = session.TitleMessageId == messageId ? null : session.Title,
    };

    private async ValueTask RemoveDerivedAsync(TenantTransaction transaction, Message message)
    {
        await MessageDerivatives.RemoveAsync(transaction, message);
        await MessageDerivatives.RemoveSuggestionsAsync(transaction, message.Id);
        foreach (var runId in new[] { message.RunId, message.AskedRunId }.OfType<string>())
        {
            await MessageDerivatives.RemoveStreamAsync(transaction, message.SessionId, runId);
            await transaction.DeleteAsync<Run>(runId);
        }

        foreach (var part in madeOfMessages)
        {
            foreach (var id in await part.RemoveAsync(transaction, message.SessionId, limit: null))
            {
                await ChatEvents.BlankAsync(transaction, id);
            }
        }

        await ChatEvents.BlankAsync(transaction, message.Id);
        await ChatEvents.BlankTitlesAsync(transaction, message);
    }
}

/// <summary>Removes sessions in which no message is left, and none was written for the client's <c>retention.messages_days</c>.</summary>
internal sealed class SessionRetention(SessionRemoval removal) : IRetentionRule
{
    private const int SessionsPerStep = 20;

    public int? DaysOf(RetentionSettings settings) => settings.MessagesDays;

    public async Task<RetentionStep> RemoveAsync(TenantDocuments documents, DateTimeOffset before, string? cursor, CancellationToken ct)
    {
        var page = await documents.PageAsync(
            Query.Of<Session>().Less(session => session.CreatedAt, before).Ascending(session => session.CreatedAt), cursor, SessionsPerStep, ct);
        var removed = 0;
        foreach (var session in page.Items.Where(session => SessionRemoval.IsEmpty(session) && (session.LastMessageAt ?? session.CreatedAt) < before))
        {
            removed += await removal.RemoveEmptyAsync(documents, session.Id, ct) ? 1 : 0;
        }

        return new RetentionStep(removed, page.NextCursor);
    }
}
