using AiBackend.Orchestration;

namespace AiBackend.Chat.Recaps;

/// <summary>A conversation in brief, or the making of it.</summary>
internal sealed record RecapResponse
{
    public required string Id { get; init; }

    public required string SessionId { get; init; }

    /// <summary>Which recap of the conversation it is, from 1; the highest is the latest.</summary>
    public required long Version { get; init; }

    public required RecapStatus Status { get; init; }

    /// <summary>Null until it is completed, when it failed, and once it was blanked.</summary>
    public required RecapData? Data { get; init; }

    /// <summary>The first message that it tells of; null until it is completed.</summary>
    public required string? FirstMessageId { get; init; }

    /// <summary>The message up to which it tells: the end of the active branch when it was asked for.</summary>
    public required string LastMessageId { get; init; }

    /// <summary>How many messages it tells of; deleted ones do not count. Null until it is completed.</summary>
    public required int? MessageCount { get; init; }

    /// <summary>Whether the conversation was too long: it begins with <c>first_message_id</c> then.</summary>
    public required bool IsTruncated { get; init; }

    /// <summary>Since when its texts are gone, because a message was deleted that it may rest on.</summary>
    public required DateTimeOffset? BlankedAt { get; init; }

    /// <summary>The chat model that wrote it; <c>ai-backend</c>: it is made of quotations, and no model was asked.</summary>
    public required string? Model { get; init; }

    public required TokenUsage? Usage { get; init; }

    /// <summary>Why it failed.</summary>
    public required RecapError? Error { get; init; }

    public required string TraceId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Whether it is completed or failed.</summary>
    internal bool HasEnded => Status is RecapStatus.Completed or RecapStatus.Failed;

    public static RecapResponse From(Recap recap) => new()
    {
        Id = recap.Id,
        SessionId = recap.SessionId,
        Version = recap.Number,
        Status = recap.Status,
        Data = recap.Data,
        FirstMessageId = recap.FirstMessageId,
        LastMessageId = recap.LeafId,
        MessageCount = recap.MessageCount,
        IsTruncated = recap.IsTruncated,
        BlankedAt = recap.BlankedAt,
        Model = recap.Model,
        Usage = recap.Usage,
        Error = recap.Error,
        TraceId = recap.TraceId,
        CreatedAt = recap.CreatedAt,
        UpdatedAt = recap.UpdatedAt,
    };
}
