using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Semantics.Rows;

namespace AiBackend.Semantics.Sync;

/// <summary>Brings a layer's models, and the documents made of rows, in line with a data store.</summary>
internal sealed record SyncJob : LeasedDocument, ICancellableWork, ITracedWork
{
    /// <summary>More lines than this are not kept: the oldest go.</summary>
    public const int MaxLogs = 200;

    public required string LayerId { get; init; }

    public required string DataStoreId { get; init; }

    /// <summary>Whether it only shows what it would change.</summary>
    public required bool IsDryRun { get; init; }

    public SyncStatus Status { get; init; }

    public SyncPhase Phase { get; init; }

    /// <summary>The link of layer and store while the job lives, so that there is one at a time; null once it has ended.</summary>
    public string? Live { get; init; }

    public SyncProgress Progress { get; init; } = new(0, null);

    /// <summary>How many tables and views the models cover; null until they are generated.</summary>
    public int? Tables { get; init; }

    /// <summary>The commit that it made, or the head that needed no change; null before that.</summary>
    public string? Commit { get; init; }

    /// <summary>The branch that the commit is on.</summary>
    public string? Branch { get; init; }

    /// <summary>What it changes in the layer's models; null until that is known.</summary>
    public SyncDiff? Diff { get; init; }

    /// <summary>What became of the rows that are indexed; null until the phase is over.</summary>
    public RowCounts? Rows { get; init; }

    public IReadOnlyList<SyncLog> Logs { get; init; } = [];

    public SyncError? Error { get; init; }

    /// <summary>Faults of others that it waited out since it was last queued.</summary>
    public int Failures { get; init; }

    public bool CancelRequested { get; init; }

    public required string TraceId { get; init; }

    public string? TraceParent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When it is forgotten; null while it lives.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Raised whenever the job changes.</summary>
    public static string Topic(string jobId) => $"sync:{jobId}";

    /// <summary>The job with one more line.</summary>
    public SyncJob Logged(DateTimeOffset at, SyncLevel level, string text) =>
        this with { Logs = [.. Logs.Skip(Logs.Count - MaxLogs + 1), new SyncLog(at, level, text)] };
}

internal enum SyncStatus
{
    Pending,
    InProgress,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>What a job does, one after the other.</summary>
internal enum SyncPhase
{
    /// <summary>Reaches the database.</summary>
    Connect,

    /// <summary>Reads its schema.</summary>
    Introspect,

    /// <summary>Makes models of it, and stores them.</summary>
    Generate,

    /// <summary>Merges them with what is in git.</summary>
    Merge,

    /// <summary>Commits and pushes.</summary>
    Commit,

    /// <summary>Makes documents of rows.</summary>
    Index,

    /// <summary>Tells of it.</summary>
    Notify,
}

/// <summary>How far the phase is: tables while generating, rows while indexing.</summary>
internal sealed record SyncProgress(long Done, long? Total);

/// <summary>Files that are different, below the layer's folder.</summary>
internal sealed record SyncDiff(IReadOnlyList<string> Added, IReadOnlyList<string> Changed, IReadOnlyList<string> Removed)
{
    public static SyncDiff None { get; } = new([], [], []);
}

/// <summary>What a job says while it works. No secrets, no values of rows.</summary>
internal sealed record SyncLog(DateTimeOffset At, SyncLevel Level, string Text);

internal enum SyncLevel
{
    Info,
    Warning,
    Error,
}

/// <summary>Why a job failed.</summary>
/// <param name="Code">A stable word.</param>
/// <param name="Detail">For a person.</param>
internal sealed record SyncError(string Code, string Detail);

/// <summary>The text of what a dry run would change; apart from its job, because it may be large. Its id is the job's.</summary>
internal sealed record SyncDiffText : TenantDocument
{
    /// <summary>Longer ones are cut.</summary>
    public const int MaxCharacters = 4 * 1024 * 1024;

    public required string Text { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

internal static class SyncSets
{
    /// <summary>The unique index that a second live job of a link meets.</summary>
    public const string LiveIndex = "live";

    public static readonly DocumentSet<SyncJob> Jobs = new DocumentSet<SyncJob>("sync_jobs")
        .WithDueIndexes()
        .Index("by_client", job => job.ClientId)
        .Index("by_link", job => job.ClientId, job => job.LayerId, job => job.DataStoreId)
        .Index("by_store", job => job.ClientId, job => job.DataStoreId)
        .Index("by_status", job => job.ClientId, job => job.Status)
        .Unique(LiveIndex, job => job.ClientId, job => job.Live)
        .ExpiresAt(job => job.ExpiresAt);

    public static readonly DocumentSet<SyncDiffText> Diffs = new DocumentSet<SyncDiffText>("sync_diffs")
        .Index("by_client", diff => diff.ClientId)
        .ExpiresAt(diff => diff.ExpiresAt);

    public static readonly DocumentSet<GeneratedModel> Models = new DocumentSet<GeneratedModel>("generated_models")
        .Index("by_link", model => model.ClientId, model => model.Link, model => model.Role, model => model.File);
}
