using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Runs;

/// <summary>
/// The way from a message to its answer. Runs of a session go one after another: only the first of
/// <see cref="Sessions.Session.PendingRunIds"/> has a due time.
/// </summary>
internal sealed record Run : LeasedDocument, ICancellableWork, ITracedWork
{
    public required string SessionId { get; init; }

    /// <summary>The message to be answered.</summary>
    public required string MessageId { get; init; }

    public RunStatus Status { get; init; }

    /// <summary>How it came out; null until then, and when it failed or was cancelled.</summary>
    public RunOutcome? Outcome { get; init; }

    /// <summary>Whether the answer is posted, or only suggested to a person.</summary>
    public required ReplyMode Reply { get; init; }

    /// <summary>Where one more reply hangs, beside the first; null for a reply that follows on its message's branch.</summary>
    public string? ReplyParentId { get; init; }

    /// <summary>The active leaf when one more reply was asked for: if it still is, the reply becomes the active one.</summary>
    public string? LeafWhenAsked { get; init; }

    public string? ReplyMessageId { get; init; }

    public string? SuggestionId { get; init; }

    public RunError? Error { get; init; }

    public TokenUsage? Usage { get; init; }

    public bool CancelRequested { get; init; }

    /// <summary>The number of the newest part of the run's stream. The first part is the message itself, which is not stored twice.</summary>
    public long StreamLength { get; init; } = 1;

    public required string TraceId { get; init; }

    public string? TraceParent { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether nothing more happens.</summary>
    public bool HasEnded() => Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;
}

internal enum RunStatus
{
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
}

internal enum RunOutcome
{
    /// <summary>A reply was posted.</summary>
    Replied,

    /// <summary>A suggestion waits for a person.</summary>
    Suggested,

    /// <summary>A person was asked to take over.</summary>
    HandedOver,
}

/// <summary>What is to happen with an answer.</summary>
internal enum ReplyMode
{
    /// <summary>It is posted.</summary>
    Auto,

    /// <summary>None is made.</summary>
    None,

    /// <summary>It is kept for a person to accept or reject.</summary>
    Suggest,
}

/// <summary>Why a run failed.</summary>
/// <param name="Code">A stable word.</param>
/// <param name="Detail">For a person.</param>
internal sealed record RunError(string Code, string Detail);
