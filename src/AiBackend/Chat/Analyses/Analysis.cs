using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Analyses;

/// <summary>One thing that was, or is to be, found out about one message. A further look is a further analysis.</summary>
internal sealed record Analysis : LeasedDocument, ITracedWork
{
    public required string SessionId { get; init; }

    public required string MessageId { get; init; }

    public required AnalysisType Type { get; init; }

    public AnalysisStatus Status { get; init; }

    /// <summary>What was found; its shape follows from the type. Null until completed.</summary>
    public RawJson? Data { get; init; }

    /// <summary>0 to 1; null where it means nothing.</summary>
    public double? Confidence { get; init; }

    /// <summary>The model that found it: a chat or an embedding model, or <c>ai-backend</c>.</summary>
    public string? Model { get; init; }

    public TokenUsage? Usage { get; init; }

    public AnalysisError? Error { get; init; }

    public required string TraceId { get; init; }

    public string? TraceParent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Raised when an analysis of the message has ended.</summary>
    public static string EndTopic(string messageId) => $"analyses:{messageId}";
}

/// <summary>What is to be found out about a message.</summary>
internal enum AnalysisType
{
    /// <summary>Which of the client's categories it belongs to.</summary>
    Category,

    /// <summary>Which of the client's intents its writer has.</summary>
    Intent,

    /// <summary>Whether its writer is content.</summary>
    Sentiment,

    /// <summary>Which language it is in.</summary>
    Language,

    /// <summary>Its key terms.</summary>
    Topics,

    /// <summary>Where it names personal or secret things.</summary>
    Pii,
}

internal enum AnalysisStatus
{
    Queued,
    Running,
    Completed,
    Failed,
}

/// <summary>Why an analysis failed.</summary>
/// <param name="Code">A stable word.</param>
/// <param name="Detail">For a person.</param>
internal sealed record AnalysisError(string Code, string Detail);
