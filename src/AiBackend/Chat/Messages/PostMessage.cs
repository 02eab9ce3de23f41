using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Messages;

/// <summary>A message to be posted, and what is to come of it.</summary>
internal sealed record PostMessage : IValidatableObject
{
    public const int MaxAttachments = 20;

    /// <summary>The session; or name it by <c>external_session_id</c>.</summary>
    public string? SessionId { get; init; }

    /// <summary>Your own name for the conversation: it is opened with its first message.</summary>
    [Name(255)]
    public string? ExternalSessionId { get; init; }

    /// <summary>Where the conversation takes place; the client's first <c>api</c> channel by default. Only with <c>external_session_id</c>.</summary>
    public string? ChannelId { get; init; }

    /// <summary>May be left out when there are attachments.</summary>
    public string Text { get; init; } = string.Empty;

    public MessageRole Role { get; init; }

    public Participant? Sender { get; init; }

    [Entries(MaxAttachments)]
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>An object of your own; whoever answers gets it too.</summary>
    [FreeObject]
    public RawJson? Data { get; init; }

    /// <summary>Your own id for the message. A repeat is answered with the first message.</summary>
    [Name(255)]
    public string? ExternalId { get; init; }

    /// <summary>By default <c>auto</c> for a user's message and <c>none</c> for others.</summary>
    public ReplyMode? Reply { get; init; }

    /// <summary>The message that this one hangs on; the session's active leaf by default.</summary>
    public string? ParentId { get; init; }

    /// <summary>The model that wrote it; not for callers to say.</summary>
    internal string? Model { get; init; }

    /// <summary>What writing it took; not for callers to say.</summary>
    internal TokenUsage? Usage { get; init; }

    /// <summary>What is to come of it.</summary>
    internal ReplyMode EffectiveReply => Reply ?? (Role is MessageRole.User ? ReplyMode.Auto : ReplyMode.None);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SessionId is null == ExternalSessionId is null)
        {
            yield return new ValidationResult("Give either session_id or external_session_id.", [nameof(SessionId)]);
        }

        if (ChannelId is not null && ExternalSessionId is null)
        {
            yield return new ValidationResult("A channel goes with external_session_id only.", [nameof(ChannelId)]);
        }

        if (string.IsNullOrWhiteSpace(Text) && Attachments.Count == 0)
        {
            yield return new ValidationResult("A message has a text or attachments.", [nameof(Text)]);
        }

        var limit = validationContext.GetRequiredService<LimitOptions>().MessageCharacters;
        if (Text.Length > limit)
        {
            yield return new ValidationResult($"A text of at most {limit} characters is expected.", [nameof(Text)]);
        }
    }
}

/// <summary>A message that was posted, and what came of it as far as it was waited for.</summary>
/// <param name="Run">What answers the message; null when nothing does.</param>
internal sealed record PostedMessage(MessageResponse Message, RunResponse? Run)
{
    /// <summary>The answer, when it was waited for and is there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MessageResponse? Reply { get; init; }

    /// <summary>The suggested answer, when it was waited for and is there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Suggestions.SuggestionResponse? Suggestion { get; init; }
}
