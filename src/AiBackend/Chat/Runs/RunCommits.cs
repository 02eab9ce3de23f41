using AiBackend.Chat.Analytics;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Titles;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Chat.Runs;

/// <summary>Stores what the holder of a run produces. Each commit is refused once the lease is lost.</summary>
internal sealed class RunCommits(
    DocumentStore store, ChatEvents events, UsageLog usage, AnalyticsLog analytics, TitleOptions titles, Ids ids, TimeProvider clock)
{
    /// <summary>Stores a batch: the stream grows, events are raised, the run begins if the batch says so.</summary>
    /// <exception cref="LeaseLostException">Somebody else has the run, or it has ended or is gone.</exception>
    public Task WriteAsync(Run work, RunBatch batch, CancellationToken ct) => store.For(work.ClientId).CommitAsync(
        async transaction =>
        {
            var now = clock.GetUtcNow();
            var begins = batch.Begins && work.Status is RunStatus.Queued;
            var raised = batch.Events.Count + (begins ? 1 : 0);
            var session = raised == 0
                ? null
                : await transaction.UpdateAsync<Session>(work.SessionId, stored => stored.Raised(raised))
                    ?? throw new LeaseLostException(work.Id);

            var parts = batch.Parts();
            var count = parts.Count + (batch.Begins ? 1 : 0);
            var run = await transaction.UpdateAsync<Run>(
                work.Id,
                stored =>
                {
                    var held = Leases.RequireHeld(stored, work);
                    return (batch.Begins ? Begun(held, now) : held) with { StreamLength = held.StreamLength + count };
                }) ?? throw new LeaseLostException(work.Id);

            await RunQueue.AppendAsync(transaction, run, batch.Begins ? [FirstPart(work, run), .. parts] : parts, now);
            if (session is not null)
            {
                await events.AppendAsync(
                    transaction, session, work.TraceId, begins ? [StartedEvent(run), .. batch.Events] : batch.Events);
            }
        },
        ct);

    /// <summary>
    /// Ends the run in one commit: what is left of the stream, the reply or suggestion or notice, the session with its next
    /// run, and all events. A run whose cancellation was asked for, or whose session was closed, ends as cancelled.
    /// </summary>
    /// <returns>The run as stored.</returns>
    /// <exception cref="LeaseLostException">Somebody else has the run, or it has ended or is gone.</exception>
    public async Task<Run> EndAsync(Run work, RunBatch rest, RunEnd end, ChatSettings settings, CancellationToken ct)
    {
        // Taken here because the commit may run twice.
        var noticeId = ids.New("msg");
        var place = await usage.PlaceAsync(work.ClientId, work.SessionId, ct);
        return await store.For(work.ClientId).CommitAsync(
            async transaction =>
            {
                var run = await new RunEnding(transaction, work, rest, settings, events, analytics, titles, noticeId, clock.GetUtcNow()).StoreAsync(end);
                if (run.Usage is { } used)
                {
                    await UsageLog.AddAsync(
                        transaction,
                        place,
                        new UsageCounts { InputTokens = used.InputTokens, OutputTokens = used.OutputTokens, Cost = used.Cost ?? 0 });
                }

                return run;
            },
            ct);
    }

    /// <summary>The run in work.</summary>
    public static Run Begun(Run run, DateTimeOffset now) =>
        run with { Status = RunStatus.Running, StartedAt = run.StartedAt ?? now };

    public static NewEvent StartedEvent(Run run) => ChatEvent.Of(EventTypes.ChatRunStarted, run);

    /// <summary>How the stream of an attempt begins: with the run, or by voiding what an earlier attempt left.</summary>
    /// <param name="work">As it was claimed.</param>
    /// <param name="run">As it is in work.</param>
    public static PendingPart FirstPart(Run work, Run run) => work.Status is RunStatus.Queued
        ? new PendingPart(StreamTypes.RunStarted, EventData.Of("run", RunResponse.From(run)))
        : new PendingPart(StreamTypes.ReplyReset, RawJson.Of(new ResetData(run.Attempts), WireJson.Options));
}
