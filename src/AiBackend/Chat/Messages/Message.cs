using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Messages;

/// <summary>One message of a session. Messages form a tree; their positions count over all branches.</summary>
internal sealed record Message : TenantDocument
{
    public required string SessionId { get; init; }

    /// <summary>From 1 in the order of storing, without gaps.</summary>
    public required long Position { get; init; }

    /// <summary>The message that this one hangs on; null for the first.</summary>
    public string? ParentId { get; init; }

    /// <summary>The message that this one answers.</summary>
    public string? InReplyTo { get; init; }

    public required MessageRole Role { get; init; }

    public Sessions.Participant? Sender { get; init; }

    /// <summary>Empty when it was deleted.</summary>
    public required string Text { get; init; }

    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>The client's own JSON object.</summary>
    public RawJson? Data { get; init; }

    /// <summary>The client's own id for the message; unique for the client.</summary>
    public string? ExternalId { get; init; }

    public MessageCategory Category { get; init; }

    public IReadOnlyList<Citation> Citations { get; init; } = [];

    /// <summary>0 to 1; null where it means nothing.</summary>
    public double? Confidence { get; init; }

    /// <summary>The run that made this message; null for one that was posted.</summary>
    public string? RunId { get; init; }

    /// <summary>The run that was queued with this message to answer it.</summary>
    public string? AskedRunId { get; init; }

    public string? Model { get; init; }

    public TokenUsage? Usage { get; init; }

    public DateTimeOffset? EditedAt { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

internal enum MessageRole
{
    User,
    Assistant,

    /// <summary>A person who answers for the client.</summary>
    Agent,
    System,
}

internal enum MessageCategory
{
    Message,

    /// <summary>Tells the user that no answer could be made.</summary>
    Error,

    /// <summary>Tells the user what happens, such as that a person takes over.</summary>
    Info,
    Warning,
}

/// <summary>Something shown with a message.</summary>
internal sealed record Attachment
{
    /// <summary>The most cards or choices.</summary>
    public const int MaxEntries = 50;

    public required AttachmentType Type { get; init; }

    [Name(255)]
    public string? Name { get; init; }

    [Name(127)]
    public string? MediaType { get; init; }

    /// <summary>In bytes.</summary>
    [NotNegative]
    public long? Size { get; init; }

    [WebAddress]
    public string? Url { get; init; }

    /// <summary>The cards of a carousel, in the client's own form.</summary>
    [Entries(MaxEntries)]
    public IReadOnlyList<RawJson> Items { get; init; } = [];

    /// <summary>The choices under a message, in the client's own form.</summary>
    [Entries(MaxEntries)]
    public IReadOnlyList<RawJson> Buttons { get; init; } = [];
}

internal enum AttachmentType
{
    File,
    Image,
    Carousel,
    Buttons,
}
