using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Messages;

/// <summary>One message of a conversation.</summary>
internal sealed record MessageResponse : Http.IVersioned
{
    public required string Id { get; init; }

    public required string SessionId { get; init; }

    /// <summary>From 1 in the session, over all branches.</summary>
    public required long Position { get; init; }

    /// <summary>The message that this one hangs on; null for the first.</summary>
    public required string? ParentId { get; init; }

    /// <summary>The message that this one answers.</summary>
    public required string? InReplyTo { get; init; }

    public required MessageRole Role { get; init; }

    public required Participant? Sender { get; init; }

    /// <summary>Empty when it was deleted.</summary>
    public required string Text { get; init; }

    public required IReadOnlyList<Attachment> Attachments { get; init; }

    public required RawJson? Data { get; init; }

    /// <summary>Your own id for the message.</summary>
    public required string? ExternalId { get; init; }

    /// <summary>What the message is to its reader; <c>error</c> and <c>info</c> come from the service itself.</summary>
    public required MessageCategory Category { get; init; }

    /// <summary>The passages that the text rests on.</summary>
    public required IReadOnlyList<Citation> Citations { get; init; }

    /// <summary>How well the answer is supported, 0 to 1; null where that means nothing.</summary>
    public required double? Confidence { get; init; }

    /// <summary>The run that made the message; null for one that was posted.</summary>
    public required string? RunId { get; init; }

    public required string? Model { get; init; }

    public required TokenUsage? Usage { get; init; }

    public required DateTimeOffset? EditedAt { get; init; }

    public required DateTimeOffset? DeletedAt { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public static MessageResponse From(Message message) => new()
    {
        Id = message.Id,
        SessionId = message.SessionId,
        Position = message.Position,
        ParentId = message.ParentId,
        InReplyTo = message.InReplyTo,
        Role = message.Role,
        Sender = message.Sender,
        Text = message.Text,
        Attachments = message.Attachments,
        Data = message.Data,
        ExternalId = message.ExternalId,
        Category = message.Category,
        Citations = message.Citations,
        Confidence = message.Confidence,
        RunId = message.RunId,
        Model = message.Model,
        Usage = message.Usage,
        EditedAt = message.EditedAt,
        DeletedAt = message.DeletedAt,
        Version = message.Version,
        CreatedAt = message.CreatedAt,
        UpdatedAt = message.UpdatedAt,
    };
}
