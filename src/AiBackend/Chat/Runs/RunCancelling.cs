using AiBackend.Chat.Analytics;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Chat.Runs;

/// <summary>Cancels runs: one that waits at once, one in work by asking its worker.</summary>
internal sealed class RunCancelling(
    ChatEvents events,
    AnalyticsLog analytics,
    RequestCommits commits,
    RunStreams streams,
    WorkCancellation cancellation,
    TimeProvider clock)
{
    /// <summary>How long to wait for the worker, so that the answer can show the run as cancelled.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <returns>The run as it stands after a moment.</returns>
    public async Task<RunResponse> CancelAsync(Caller caller, string id, CancellationToken ct)
    {
        var asked = await commits.CommitAsync(
            caller, StatusCodes.Status200OK, async transaction => RunResponse.From(await AskAsync(transaction, id)), ct);
        if (asked.Status is not RunStatus.Running)
        {
            return asked;
        }

        cancellation.Request(id);
        var run = await streams.WaitForEndAsync(caller.ClientId, id, Patience, ct);
        return run is null ? asked : RunResponse.From(run);
    }

    private async ValueTask<Run> AskAsync(TenantTransaction transaction, string id)
    {
        var run = await transaction.FindAsync<Run>(id) ?? throw ApiException.NotFound();
        if (run.HasEnded())
        {
            throw ApiException.Conflict("The run has ended already.");
        }

        if (run.Status is RunStatus.Running)
        {
            return await transaction.UpdateAsync<Run>(id, stored => stored with { CancelRequested = true })
                ?? throw ApiException.NotFound();
        }

        var now = clock.GetUtcNow();
        var session = await transaction.UpdateAsync<Session>(run.SessionId, stored => stored.Without([id]).Raised(1))
            ?? throw ApiException.NotFound();
        var ended = await RunQueue.EndWaitingAsync(transaction, id, RunStatus.Cancelled, outcome: null, now)
            ?? throw ApiException.NotFound();
        await RunQueue.AdvanceAsync(transaction, session, now);
        await events.AppendAsync(transaction, session, ended.TraceId, [ChatEvent.Of(EventTypes.ChatRunCancelled, ended)]);
        await analytics.AddAsync(transaction, session.Id, now, new Tally().Count(ended));
        return ended;
    }
}
