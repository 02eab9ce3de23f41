using AiBackend.Chat.Feedback;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Chat.Privacy;

/// <summary>
/// Erases an end user from conversations: those that are his alone go as a whole, in others he is blanked. Then the feedback that he gave.
/// </summary>
internal sealed class ConversationEraser(
    SessionRemoval removal, IEnumerable<SessionPart> parts, ChatEvents events, WorkCancellation cancellation, TimeProvider clock) : IClientDataEraser
{
    private const int SessionsPerPage = 50;
    private const int FeedbackPerCommit = 20;

    public async Task EraseAsync(TenantDocuments documents, PersonErasure erasure, CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(
                Query.Of<Session>().Contains(session => session.ParticipantIds, erasure.PersonId).Ascending(), cursor, SessionsPerPage, ct);
            foreach (var session in page.Items)
            {
                await EraseAsync(documents, session, erasure, ct);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);

        await EraseUnlistedAsync(documents, erasure, ct);
        await EraseFeedbackAsync(documents, erasure, ct);
    }

    private async Task EraseAsync(TenantDocuments documents, Session session, PersonErasure erasure, CancellationToken ct)
    {
        var trace = await PersonTrace.OfAsync(documents, session, erasure.PersonId, ct);
        if (trace.IsAlone)
        {
            await removal.EraseAsync(documents, session.Id, erasure.PersonId, ct);
        }
        else
        {
            await new SharedSession(documents, session.Id, trace, parts, events, cancellation, clock).EraseAsync(ct);
        }

        await erasure.CountAsync(trace.Own.Count, ct);
    }

    /// <summary>His messages where he is no participant: a session keeps the first hundred, and its list may be edited.</summary>
    private async Task EraseUnlistedAsync(TenantDocuments documents, PersonErasure erasure, CancellationToken ct)
    {
        var next = Query.Of<Message>().Equal(message => message.Sender!.Id, erasure.PersonId)
            .AtMost(message => message.CreatedAt, erasure.AskedAt).Ascending(message => message.CreatedAt).Take(1);
        while (await documents.ListAsync(next, ct) is [var message, ..])
        {
            if (await documents.FindAsync<Session>(message.SessionId, ct) is { } session)
            {
                await EraseAsync(documents, session, erasure, ct);
            }
            else
            {
                // Left over by a removal of its session that was stopped.
                await removal.EraseAsync(documents, message.SessionId, erasure.PersonId, ct);
                await erasure.CountAsync(1, ct);
            }
        }
    }

    private static async Task EraseFeedbackAsync(TenantDocuments documents, PersonErasure erasure, CancellationToken ct)
    {
        var given = Query.Of<MessageFeedback>().Equal(feedback => feedback.AuthorId, erasure.PersonId)
            .AtMost(feedback => feedback.CreatedAt, erasure.AskedAt).Ascending(feedback => feedback.CreatedAt).Take(FeedbackPerCommit);
        int erased;
        do
        {
            erased = await documents.CommitAsync(
                async transaction =>
                {
                    var found = await transaction.ListAsync(given);
                    foreach (var feedback in found)
                    {
                        await ChatEvents.EraseAsync(transaction, feedback.Id, erasure.PersonId);
                        await transaction.DeleteAsync<MessageFeedback>(feedback.Id);
                    }

                    return found.Count;
                },
                ct);
            await erasure.CountAsync(erased, ct);
        }
        while (erased == FeedbackPerCommit);
    }
}
