using AiBackend.Documents;

namespace AiBackend.Chat.Runs;

/// <summary>One event of a run's stream, kept for a day so that a reader can go on from any point in any process.</summary>
internal sealed record StreamPart : TenantDocument
{
    public required string SessionId { get; init; }

    public required string RunId { get; init; }

    /// <summary>Counts within the run without gaps; the first that is stored is 2, after the message itself.</summary>
    public required long Number { get; init; }

    /// <summary>One of <see cref="StreamTypes"/>.</summary>
    public required string Type { get; init; }

    public required RawJson Data { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The id of a run's part: what a reader gives back as <c>Last-Event-ID</c>.</summary>
    public static string IdOf(string runId, long number) => $"{runId}:{number}";
}

/// <summary>The events of a run's stream.</summary>
internal static class StreamTypes
{
    public const string MessageCreated = "message.created";
    public const string RunStarted = "run.started";
    public const string RunCitations = "run.citations";
    public const string ReplyDelta = "reply.delta";
    public const string ReplyReset = "reply.reset";
    public const string ReplyCompleted = "reply.completed";
    public const string RunCompleted = "run.completed";
    public const string RunFailed = "run.failed";
    public const string RunCancelled = "run.cancelled";
    public const string RunHandedOver = "run.handed_over";

    /// <summary>Whether nothing follows.</summary>
    public static bool IsLast(string type) => type is RunCompleted or RunFailed or RunCancelled or RunHandedOver;

    /// <summary>The last event of a run that has ended.</summary>
    public static string LastOf(Run run) => run switch
    {
        { Status: RunStatus.Failed } => RunFailed,
        { Status: RunStatus.Cancelled } => RunCancelled,
        { Outcome: RunOutcome.HandedOver } => RunHandedOver,
        _ => RunCompleted,
    };
}
