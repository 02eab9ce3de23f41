using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;

namespace AiBackend.Semantics.Sync;

/// <summary>What one worker writes into the job that it holds: phase, progress, lines, end, each with its event in the same commit.</summary>
internal sealed class SyncJournal(TenantDocuments documents, SyncJob held, EventLog events, TimeProvider clock)
{
    /// <summary>The entity of events.</summary>
    public const string Entity = "sync_job";

    /// <summary>How long ended jobs are kept.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    private readonly SyncJob held = held;

    /// <summary>The job as it was stored last.</summary>
    public SyncJob Job { get; private set; } = held;

    /// <summary>The job as it ends.</summary>
    public static SyncJob Ended(SyncJob job, SyncStatus status, DateTimeOffset now) => job with
    {
        Status = status,
        Live = null,
        DueAt = null,
        FinishedAt = now,
        ExpiresAt = now + Kept,
    };

    /// <summary>The event of the job as it is now.</summary>
    public static NewEvent EventOf(SyncJob job) => new(
        job.Status switch
        {
            SyncStatus.InProgress => EventTypes.SemanticSyncStarted,
            SyncStatus.Completed => EventTypes.SemanticSyncCompleted,
            SyncStatus.Failed => EventTypes.SemanticSyncFailed,
            SyncStatus.Cancelled => EventTypes.SemanticSyncCancelled,
            _ => throw new ArgumentOutOfRangeException(nameof(job), job.Status, "Nothing is told of this."),
        },
        Entity,
        job.Id)
    {
        ParentId = job.LayerId,
        Data = EventData.Of(Entity, SyncJobResponse.From(job)),
        TraceId = job.TraceId,
    };

    /// <summary>Begins, or goes on after a break.</summary>
    public Task BeginAsync(CancellationToken ct) => WriteAsync(
        stored =>
        {
            var now = clock.GetUtcNow();
            var text = stored.StartedAt is null ? "Started." : $"Going on with phase {Name(stored.Phase)}, attempt {stored.Attempts}.";
            return stored.Logged(now, SyncLevel.Info, text) with { Status = SyncStatus.InProgress, StartedAt = stored.StartedAt ?? now };
        },
        (transaction, before, after) => TellAsync(transaction, before.StartedAt is null ? [EventOf(after)] : []),
        ct);

    /// <summary>Enters a phase.</summary>
    /// <param name="text">What is said of it.</param>
    /// <param name="change">What else is known now.</param>
    /// <param name="told">What is told of with it.</param>
    public Task EnterAsync(SyncPhase phase, string text, Func<SyncJob, SyncJob>? change, NewEvent? told, CancellationToken ct) => WriteAsync(
        stored =>
        {
            var entered = stored.Logged(clock.GetUtcNow(), SyncLevel.Info, text) with { Phase = phase };
            return change is null ? entered : change(entered);
        },
        (transaction, _, _) => TellAsync(transaction, told is null ? [] : [told]),
        ct);

    /// <summary>Stores how far the phase is.</summary>
    public Task ReportAsync(SyncProgress progress, CancellationToken ct) => WriteAsync(stored => stored with { Progress = progress }, also: null, ct);

    /// <summary>Adds a line.</summary>
    public Task LogAsync(SyncLevel level, string text, CancellationToken ct) =>
        WriteAsync(stored => stored.Logged(clock.GetUtcNow(), level, text), also: null, ct);

    /// <summary>Ends the job. What is done is done: it is stored although the process may be stopping.</summary>
    public Task EndAsync(SyncStatus status, string text, SyncError? error, Func<SyncJob, SyncJob>? change = null) => WriteAsync(
        stored =>
        {
            var now = clock.GetUtcNow();
            var level = status is SyncStatus.Failed ? SyncLevel.Error : SyncLevel.Info;
            var ended = Ended(stored.Logged(now, level, text), status, now) with { Error = error };
            return change is null ? ended : change(ended);
        },
        (transaction, _, after) => TellAsync(transaction, [EventOf(after)]),
        CancellationToken.None);

    /// <summary>Puts the job off after a fault that may pass.</summary>
    public Task PutOffAsync(string text, TimeSpan wait) => WriteAsync(
        stored => stored.Logged(clock.GetUtcNow(), SyncLevel.Warning, text) with
        {
            Status = SyncStatus.Pending,
            Failures = stored.Failures + 1,
            DueAt = clock.GetUtcNow() + wait,
        },
        also: null,
        CancellationToken.None);

    /// <summary>Keeps the text of a dry run's changes.</summary>
    public Task KeepDiffAsync(string text, CancellationToken ct) => documents.CommitAsync(
        async transaction =>
        {
            await transaction.DeleteAsync<SyncDiffText>(Job.Id);
            await transaction.InsertAsync(new SyncDiffText
            {
                Id = Job.Id,
                ClientId = documents.ClientId,
                Text = text.Length <= SyncDiffText.MaxCharacters ? text : $"{text[..SyncDiffText.MaxCharacters]}\n… the rest is left out\n",
                ExpiresAt = clock.GetUtcNow() + Kept,
            });
        },
        ct);

    /// <summary>A phase as the API names it.</summary>
    public static string Name(SyncPhase phase) => phase.ToString().ToLowerInvariant();

    private async Task WriteAsync(
        Func<SyncJob, SyncJob> change, Func<TenantTransaction, SyncJob, SyncJob, ValueTask>? also, CancellationToken ct) =>
        Job = await documents.CommitAsync(
            async transaction =>
            {
                SyncJob? before = null;
                var after = await transaction.UpdateAsync<SyncJob>(held.Id, stored => change(before = Leases.RequireHeld(stored, held)))
                    ?? throw new LeaseLostException(held.Id);
                if (also is not null)
                {
                    await also(transaction, before!, after);
                }

                transaction.Signal(SyncJob.Topic(held.Id));
                return after;
            },
            ct);

    private async ValueTask TellAsync(TenantTransaction transaction, IReadOnlyList<NewEvent> told)
    {
        if (told.Count > 0)
        {
            await events.AppendAsync(transaction, told);
        }
    }
}
