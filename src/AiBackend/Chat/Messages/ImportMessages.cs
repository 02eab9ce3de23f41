using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Chat.Messages;

/// <summary>What was said elsewhere before.</summary>
internal sealed record ImportMessages : IValidatableObject
{
    public const int MaxMessages = 500;

    /// <summary>The session; or name it by <c>external_session_id</c>.</summary>
    public string? SessionId { get; init; }

    /// <summary>Your own name for the conversation: it is opened if it is not there.</summary>
    [Name(255)]
    public string? ExternalSessionId { get; init; }

    /// <summary>Where the conversation takes place; the client's first <c>api</c> channel by default. Only with <c>external_session_id</c>.</summary>
    public string? ChannelId { get; init; }

    /// <summary>Oldest first. Each is checked for itself.</summary>
    [Length(1, MaxMessages, ErrorMessage = "1 to 500 messages are expected.")]
    public required IReadOnlyList<RawJson> Messages { get; init; }

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
    }
}

/// <summary>One message of an import.</summary>
internal sealed record ImportedMessage : IValidatableObject
{
    /// <summary>May be left out when there are attachments.</summary>
    public string Text { get; init; } = string.Empty;

    public MessageRole Role { get; init; }

    public Participant? Sender { get; init; }

    [Entries(PostMessage.MaxAttachments)]
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>An object of your own.</summary>
    [FreeObject]
    public RawJson? Data { get; init; }

    /// <summary>Your own id for the message. One that is there already is not stored again.</summary>
    [Name(255)]
    public string? ExternalId { get; init; }

    /// <summary>When it was said; now by default.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrWhiteSpace(Text) && Attachments.Count == 0)
        {
            yield return new ValidationResult("A message has a text or attachments.", [nameof(Text)]);
        }

        var limit = validationContext.GetRequiredService<LimitOptions>().MessageCharacters;
        if (Text.Length > limit)
        {
            yield return new ValidationResult($"A text of at most {limit} characters is expected.", [nameof(Text)]);
        }

        if (CreatedAt > validationContext.GetRequiredService<TimeProvider>().GetUtcNow().AddMinutes(1))
        {
            yield return new ValidationResult("A time that is past is expected.", [nameof(CreatedAt)]);
        }
    }
}

/// <summary>What came of an import.</summary>
/// <param name="SessionId">Where the messages are; null when none was stored and there was no session.</param>
/// <param name="Results">One for each message, in their order.</param>
internal sealed record ImportResult(string? SessionId, IReadOnlyList<ImportItem> Results);

/// <summary>What came of one message.</summary>
/// <param name="MessageId">The message, or the one that was there under its external id; null when it was refused.</param>
internal sealed record ImportItem(ImportStatus Status, string? MessageId)
{
    /// <summary>Why it was refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImportError? Error { get; init; }
}

/// <summary>Why a message was refused.</summary>
/// <param name="Code">As of a problem.</param>
/// <param name="Detail">For a person.</param>
/// <param name="Errors">By field.</param>
internal sealed record ImportError(string Code, string Detail, IReadOnlyDictionary<string, string[]>? Errors);

internal enum ImportStatus
{
    /// <summary>It is stored.</summary>
    Created,

    /// <summary>A message of its external id was there already.</summary>
    Existing,

    /// <summary>It is not stored.</summary>
    Failed,
}
