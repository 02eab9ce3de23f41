using AiBackend.Orchestration;

namespace AiBackend.Chat.Runs;

/// <summary>The way from a message to its answer.</summary>
internal sealed record RunResponse
{
    public required string Id { get; init; }

    public required string SessionId { get; init; }

    /// <summary>The message to be answered.</summary>
    public required string MessageId { get; init; }

    public required RunStatus Status { get; init; }

    /// <summary>How it came out; null until then, and when it failed or was cancelled.</summary>
    public required RunOutcome? Outcome { get; init; }

    public required string? ReplyMessageId { get; init; }

    public required string? SuggestionId { get; init; }

    public required RunError? Error { get; init; }

    /// <summary>How often it was taken up; more than once after a crash.</summary>
    public required int Attempts { get; init; }

    public required TokenUsage? Usage { get; init; }

    public required string TraceId { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }

    public required DateTimeOffset? FinishedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static RunResponse From(Run run) => new()
    {
        Id = run.Id,
        SessionId = run.SessionId,
        MessageId = run.MessageId,
        Status = run.Status,
        Outcome = run.Outcome,
        ReplyMessageId = run.ReplyMessageId,
        SuggestionId = run.SuggestionId,
        Error = run.Error,
        Attempts = run.Attempts,
        Usage = run.Usage,
        TraceId = run.TraceId,
        StartedAt = run.StartedAt,
        FinishedAt = run.FinishedAt,
        CreatedAt = run.CreatedAt,
    };
}
