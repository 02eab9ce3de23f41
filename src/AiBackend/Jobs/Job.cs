using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>Long work of a client that its owner can watch and cancel: kind, payload, progress, errors.</summary>
internal sealed record Job : LeasedDocument, ICancellableWork, ITracedWork
{
    /// <summary>Which handler does it, such as <c>knowledge.delete</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The scope a key needs to read the job: that of the work it does.</summary>
    public required string Scope { get; init; }

    public JobStatus Status { get; init; } = JobStatus.Queued;

    public JobProgress Progress { get; init; } = new(0, 0, null);

    /// <summary>The first <see cref="JobContext.MaxErrors"/> of what went wrong.</summary>
    public IReadOnlyList<JobError> Errors { get; init; } = [];

    /// <summary>What the handler needs to know; its own shape.</summary>
    public required RawJson Payload { get; init; }

    public bool CancelRequested { get; init; }

    public required string TraceId { get; init; }

    public string? TraceParent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

internal enum JobStatus
{
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>How far a job is.</summary>
/// <param name="Done">Items that went well.</param>
/// <param name="Failed">Items that did not.</param>
/// <param name="Total">All items, or null while that is not known.</param>
public sealed record JobProgress(long Done, long Failed, long? Total);

/// <summary>One thing that went wrong in a job.</summary>
/// <param name="Line">The input line, from 1, where the job has lines.</param>
/// <param name="Code">A stable word.</param>
/// <param name="Detail">For a person.</param>
public sealed record JobError(long? Line, string Code, string Detail);

internal static class JobDocuments
{
    public static readonly DocumentSet<Job> Jobs = new DocumentSet<Job>("jobs")
        .WithDueIndexes()
        .Index("by_client", job => job.ClientId)
        .Index("by_scope", job => job.ClientId, job => job.Scope, job => job.Kind, job => job.Status);

    /// <summary>Raised whenever the job changes.</summary>
    public static string Topic(string jobId) => $"job:{jobId}";
}
