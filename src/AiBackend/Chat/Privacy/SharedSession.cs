using AiBackend.Chat.Messages;
using AiBackend.Chat.Recaps;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;

namespace AiBackend.Chat.Privacy;

/// <summary>
/// Takes one end user out of a conversation with others: his messages are blanked and keep their places, and so are the replies that were
/// made to them; what others wrote stays. His messages go last, because by them the rest is found again after a crash.
/// </summary>
internal sealed class SharedSession(
    TenantDocuments documents, string sessionId, PersonTrace trace, IEnumerable<SessionPart> parts, ChatEvents events, WorkCancellation cancellation, TimeProvider clock)
{
    private const int RunsPerPage = 100;

    public async Task EraseAsync(CancellationToken ct)
    {
        await RemoveRunsAsync(ct);
        foreach (var reply in trace.Replies)
        {
            await BlankAsync(reply, ct);
        }

        foreach (var part in parts.Where(part => part.IsMadeOfMessages))
        {
            await documents.CommitAsync(
                async transaction =>
                {
                    foreach (var id in await part.RemoveAsync(transaction, sessionId, limit: null))
                    {
                        await ChatEvents.EraseAsync(transaction, id, trace.PersonId);
                    }
                },
                ct);
        }

        foreach (var own in trace.Own)
        {
            await BlankAsync(own, ct);
        }

        await LeaveAsync(ct);
    }

    /// <summary>Ends what is being made of his messages, and removes the streams of what was made.</summary>
    private async Task RemoveRunsAsync(CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(Query.Of<Run>().Equal(run => run.SessionId, sessionId).Ascending(), cursor, RunsPerPage, ct);
            foreach (var run in page.Items.Where(run => trace.Own.Contains(run.MessageId)))
            {
                await documents.CommitAsync(transaction => RemoveRunAsync(transaction, run.Id), ct);
                cancellation.Request(run.Id);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private async ValueTask RemoveRunAsync(TenantTransaction transaction, string runId)
    {
        var session = await transaction.UpdateAsync<Session>(
            sessionId, stored => stored.PendingRunIds.Contains(runId) ? stored.Without([runId]) : stored);
        if (await transaction.FindAsync<Run>(runId) is not { } run)
        {
            return;
        }

        await MessageDerivatives.RemoveStreamAsync(transaction, sessionId, runId);
        if (!run.HasEnded())
        {
            await transaction.DeleteAsync<Run>(runId);
            transaction.Signal(ChatDocuments.StreamTopic(runId));
            transaction.Signal(ChatDocuments.EndTopic(runId));
            if (session is not null)
            {
                await RunQueue.AdvanceAsync(transaction, session, clock.GetUtcNow());
            }
        }
    }

    private Task BlankAsync(string messageId, CancellationToken ct) => documents.CommitAsync(
        async transaction =>
        {
            var now = clock.GetUtcNow();
            if (await transaction.FindAsync<Message>(messageId) is not { } found)
            {
                return;
            }

            var isNew = found.DeletedAt is null;
            var session = await transaction.UpdateAsync<Session>(
                sessionId,
                stored => stored.Raised(isNew ? 1 : 0) with { Title = stored.TitleMessageId == messageId ? null : stored.Title, ModelTitle = null, UpdatedAt = now });
            var blank = await transaction.ReplaceAsync(found with
            {
                Sender = null,
                Text = string.Empty,
                Attachments = [],
                Citations = [],
                Data = null,
                ExternalId = null,
                DeletedAt = found.DeletedAt ?? now,
                UpdatedAt = now,
            });
            await MessageDerivatives.RemoveAsync(transaction, found);
            await MessageDerivatives.RemoveSuggestionsAsync(transaction, messageId);
            await RecapQueue.ForgetMessageAsync(transaction, sessionId, found.Position, now);
            await ChatEvents.EraseAsync(transaction, messageId, trace.PersonId);
            if (isNew && session is not null)
            {
                await events.AppendAsync(transaction, session, traceId: null, [ChatEvent.Of(EventTypes.ChatMessageDeleted, blank)]);
            }
        },
        ct);

    /// <summary>Takes him out of the participants, and the words for why a person took over away, now and in what was told of the session.</summary>
    private Task LeaveAsync(CancellationToken ct) => documents.CommitAsync(
        async transaction =>
        {
            await ChatEvents.EraseAsync(transaction, sessionId, trace.PersonId);
            await transaction.UpdateAsync<Session>(
                sessionId,
                stored => stored.ParticipantIds.Contains(trace.PersonId)
                    ? stored with
                    {
                        Participants = [.. stored.Participants.Where(participant => participant.Id != trace.PersonId)],
                        HandoverReason = null,
                        UpdatedAt = clock.GetUtcNow(),
                    }
                    : stored);
        },
        ct);
}
