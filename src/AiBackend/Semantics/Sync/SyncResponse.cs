using AiBackend.Semantics.Rows;

namespace AiBackend.Semantics.Sync;

/// <summary>What is asked of a sync job.</summary>
internal sealed record SyncForm
{
    /// <summary>Whether to show what would change, and change nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>A sync job, as it is answered.</summary>
/// <param name="Phase">What it does, or did when it ended.</param>
/// <param name="Progress">How far the phase is: tables while generating, rows while indexing.</param>
/// <param name="Tables">How many tables and views the models cover.</param>
/// <param name="Commit">The commit that it made, or the head where nothing changed.</param>
/// <param name="Branch">The branch that the commit is on.</param>
/// <param name="Diff">What it changes in the layer's models.</param>
/// <param name="Rows">What became of the rows that are indexed.</param>
/// <param name="Logs">The last two hundred lines.</param>
/// <param name="Lease">Until when a worker holds it; null while none does.</param>
/// <param name="Attempts">How often it was taken up.</param>
internal sealed record SyncJobResponse(
    string Id,
    string LayerId,
    string DataStoreId,
    bool DryRun,
    SyncStatus Status,
    SyncPhase Phase,
    SyncProgress Progress,
    int? Tables,
    string? Commit,
    string? Branch,
    SyncDiffResponse? Diff,
    RowCounts? Rows,
    IReadOnlyList<SyncLog> Logs,
    SyncError? Error,
    SyncLease? Lease,
    int Attempts,
    string TraceId,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt)
{
    /// <param name="text">Of a dry run; told by the job's own route only.</param>
    public static SyncJobResponse From(SyncJob job, string? text) => new(
        job.Id,
        job.LayerId,
        job.DataStoreId,
        job.IsDryRun,
        job.Status,
        job.Phase,
        job.Progress,
        job.Tables,
        job.Commit,
        job.Branch,
        job.Diff is { } diff ? new SyncDiffResponse(diff.Added, diff.Changed, diff.Removed, text) : null,
        job.Rows,
        job.Logs,
        job.Error,
        job is { Status: SyncStatus.InProgress, DueAt: { } until } ? new SyncLease(until) : null,
        job.Attempts,
        job.TraceId,
        job.CreatedAt,
        job.StartedAt,
        job.FinishedAt);

    public static SyncJobResponse From(SyncJob job) => From(job, text: null);
}

/// <summary>Files that are different, below the layer's folder.</summary>
/// <param name="Text">Of a dry run, all changes as a unified diff; shown by the job's own route.</param>
internal sealed record SyncDiffResponse(
    IReadOnlyList<string> Added, IReadOnlyList<string> Changed, IReadOnlyList<string> Removed, string? Text);

/// <summary>That a worker holds a job.</summary>
internal sealed record SyncLease(DateTimeOffset Until);
