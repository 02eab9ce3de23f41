using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Analyses;

/// <summary>What is to be found out about a message.</summary>
internal sealed record AskForAnalyses
{
    /// <summary>At least one, each once.</summary>
    [Entries(6)]
    [MinLength(1, ErrorMessage = "At least one type is expected.")]
    public required IReadOnlyList<AnalysisType> Types { get; init; }
}

/// <summary>One thing that was, or is to be, found out about a message.</summary>
internal sealed record AnalysisResponse : IVersioned
{
    public required string Id { get; init; }

    public required string SessionId { get; init; }

    public required string MessageId { get; init; }

    public required AnalysisType Type { get; init; }

    public required AnalysisStatus Status { get; init; }

    /// <summary>What was found, in the shape of its type; null until it is completed, and when it failed.</summary>
    public required RawJson? Data { get; init; }

    /// <summary>0 to 1; null where it means nothing.</summary>
    public required double? Confidence { get; init; }

    /// <summary>The chat or embedding model that found it; <c>ai-backend</c>: none was asked.</summary>
    public required string? Model { get; init; }

    public required TokenUsage? Usage { get; init; }

    /// <summary>Why it failed.</summary>
    public required AnalysisError? Error { get; init; }

    public required string TraceId { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Whether nothing more happens to it.</summary>
    internal bool HasEnded => Status is AnalysisStatus.Completed or AnalysisStatus.Failed;

    public static AnalysisResponse From(Analysis analysis) => new()
    {
        Id = analysis.Id,
        SessionId = analysis.SessionId,
        MessageId = analysis.MessageId,
        Type = analysis.Type,
        Status = analysis.Status,
        Data = analysis.Data,
        Confidence = analysis.Confidence,
        Model = analysis.Model,
        Usage = analysis.Usage,
        Error = analysis.Error,
        TraceId = analysis.TraceId,
        Version = analysis.Version,
        CreatedAt = analysis.CreatedAt,
        UpdatedAt = analysis.UpdatedAt,
    };
}
