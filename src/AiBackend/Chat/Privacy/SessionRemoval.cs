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

    /// <param name="personId">Who is erased with it, if that is the reason: he stays its participant until it is gone, by which it is found.</param>
    public async Task RemoveAsync(TenantDocuments documents, string sessionId, string? personId, CancellationToken ct)
    {
        await CloseAsync(documents, sessionId, personId, ct);
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

        await RemoveEventsAsync(documents, sessionId, ct);
        await documents.CommitAsync(
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
        await RemoveEventsAsync(documents, sessionId, ct);
    }

    private async Task CloseAsync(TenantDocuments documents, string sessionId, string? personId, CancellationToken ct)
    {
        IReadOnlyList<string> running = [];
        await documents.CommitAsync(
            async transaction =>
            {
                await transaction.UpdateAsync<Session>(sessionId, stored =>
                {
                    running = stored.PendingRunIds;
                    return stored with
                    {
                        State = SessionState.Closed,
                        CloseReason = "removed",
                        PendingRunIds = [],
                        Participants = personId is null ? stored.Participants : [new Participant { Id = personId }],
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
    }

    private static async Task RemoveEventsAsync(TenantDocuments documents, string sessionId, CancellationToken ct)
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
