using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Recaps;

/// <summary>What was said in a session up to one of its messages, in brief. A further look is a further recap.</summary>
internal sealed record Recap : LeasedDocument, ITracedWork
{
    public required string SessionId { get; init; }

    /// <summary>Which recap of the session it is: from 1, without gaps.</summary>
    public required long Number { get; init; }

    public RecapStatus Status { get; init; }

    /// <summary>The message that the branch ends with which it tells of: the active leaf when it was asked for.</summary>
    public required string LeafId { get; init; }

    /// <summary>The position of the session's newest message when it was asked for.</summary>
    public required long LastPosition { get; init; }

    /// <summary>The first message that it tells of; null until completed.</summary>
    public string? FirstMessageId { get; init; }

    /// <summary>The position of <see cref="FirstMessageId"/>.</summary>
    public long FirstPosition { get; init; }

    /// <summary>How many messages it tells of; null until completed.</summary>
    public int? MessageCount { get; init; }

    /// <summary>Whether the conversation was too long, so that its beginning was left out.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>What it tells; null until completed, and once it was blanked.</summary>
    public RecapData? Data { get; init; }

    /// <summary>Since when its texts are gone.</summary>
    public DateTimeOffset? BlankedAt { get; init; }

    /// <summary>Who wrote it: a chat model, or <c>ai-backend</c>.</summary>
    public string? Model { get; init; }

    /// <summary>Of all requests to the model, those of failures included.</summary>
    public TokenUsage? Usage { get; init; }

    public RecapError? Error { get; init; }

    public required string TraceId { get; init; }

    public string? TraceParent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Raised when a recap of the session has ended.</summary>
    public static string EndTopic(string sessionId) => $"recaps:{sessionId}";
}

internal enum RecapStatus
{
    Queued,
    Running,
    Completed,
    Failed,
}

/// <summary>Why a recap failed.</summary>
/// <param name="Code">A stable word.</param>
/// <param name="Detail">For a person.</param>
internal sealed record RecapError(string Code, string Detail);
