using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;

namespace AiBackend.Chat.Privacy;

/// <summary>
/// Removes a conversation with all that belongs to it, however long it is, in small commits: it is closed first, so that nothing more is
/// written to it, and its own document goes last, so that whoever was stopped finds it again.
/// </summary>
internal sealed class SessionRemoval(IEnumerable<SessionPart> parts, WorkCancellation cancellation, TimeProvider clock)
{
    private const int DocumentsPerCommit = 50;

    /// <summary>Whether nothing is in the session, and nothing on its way into it.</summary>
    public static bool IsEmpty(Session session) => session is { MessageCount: 0, PendingRunIds.Count: 0 };

    /// <summary>Erases an end user with a session that is his, events included.</summary>
    /// <param name="personId">He stays its participant until it is gone: by him it is found.</param>
    public async Task EraseAsync(TenantDocuments documents, string sessionId, string personId, CancellationToken ct)
    {
        await CloseAsync(documents, sessionId, stored => stored with { Participants = [new Participant { Id = personId }] }, ct);
        await RemovePartsAsync(documents, sessionId, ct);
        await RemoveEventsAsync(documents, sessionId, ct);
        await DeleteAsync(documents, sessionId, ct);
        await RemoveEventsAsync(documents, sessionId, ct);
    }

    /// <summary>Removes a session in which no message is left. Its events stay, without what people wrote.</summary>
    /// <returns>False when somebody has written to it.</returns>
    public async Task<bool> RemoveEmptyAsync(TenantDocuments documents, string sessionId, CancellationToken ct)
    {
        if (!await CloseAsync(documents, sessionId, stored => IsEmpty(stored) ? stored : null, ct))
        {
            return false;
        }

        await RemovePartsAsync(documents, sessionId, ct);
        await BlankEventsAsync(documents, sessionId, ct);
        await DeleteAsync(documents, sessionId, ct);
        return true;
    }

    /// <returns>False when the session is not to be closed, or is not there.</returns>
    private async Task<bool> CloseAsync(TenantDocuments documents, string sessionId, Func<Session, Session?> change, CancellationToken ct)
    {
        IReadOnlyList<string> running = [];
        var isClosed = false;
        await documents.CommitAsync(
            async transaction =>
            {
                isClosed = false;
                await transaction.UpdateAsync<Session>(sessionId, stored =>
                {
                    if (change(stored) is not { } changed)
                    {
                        return stored;
                    }

                    isClosed = true;
                    running = stored.PendingRunIds;
                    return changed with
                    {
                        State = SessionState.Closed,
                        CloseReason = "removed",
                        PendingRunIds = [],
                        UpdatedAt = clock.GetUtcNow(),
                    };
                });
                foreach (var runId in running)
                {
                    transaction.Signal(ChatDocuments.StreamTopic(runId));
                    transaction.Signal(ChatDocuments.EndTopic(runId));
                }
            },
            ct);
        foreach (var runId in running)
        {
            cancellation.Request(runId);
        }

        return isClosed;
    }

    private async Task RemovePartsAsync(TenantDocuments documents, string sessionId, CancellationToken ct)
    {
        foreach (var part in parts)
        {
            int removed;
            do
            {
                removed = await documents.CommitAsync(
                    async transaction => (await part.RemoveAsync(transaction, sessionId, DocumentsPerCommit)).Count, ct);
            }
            while (removed == DocumentsPerCommit);
        }
    }

    private Task DeleteAsync(TenantDocuments documents, string sessionId, CancellationToken ct) => documents.CommitAsync(
        async transaction =>
        {
            // What was under way when the session was closed: an analysis that was asked for, feedback.
            foreach (var part in parts)
            {
                await part.RemoveAsync(transaction, sessionId, limit: null);
            }

            await transaction.DeleteAsync<Session>(sessionId);
        },
        ct);

    private static async Task BlankEventsAsync(TenantDocuments documents, string sessionId, CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(
                Query.Of<Event>().Equal(told => told.SessionId, sessionId).Ascending(), cursor, DocumentsPerCommit, ct);
            await documents.CommitAsync(
                async transaction =>
                {
                    foreach (var told in page.Items)
                    {
                        await ChatEvents.BlankEventAsync(transaction, told.Id);
                    }
                },
                ct);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>Removes all that was told of a session, with the deliveries.</summary>
    public static async Task RemoveEventsAsync(TenantDocuments documents, string sessionId, CancellationToken ct)
    {
        var ofSession = Query.Of<Event>().Equal(told => told.SessionId, sessionId).Take(DocumentsPerCommit);
        int removed;
        do
        {
            removed = await documents.CommitAsync(
                async transaction =>
                {
                    var found = await transaction.ListAsync(ofSession);
                    foreach (var told in found)
                    {
                        await EventTraces.RemoveAsync(transaction, told.Id);
                    }

                    return found.Count;
                },
                ct);
        }
        while (removed == DocumentsPerCommit);
    }
}
