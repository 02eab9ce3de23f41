using AiBackend.Orchestration;

namespace AiBackend.Chat.Suggestions;

/// <summary>An answer that waits for a person.</summary>
internal sealed record SuggestionResponse : Http.IVersioned
{
    public required string Id { get; init; }

    public required string SessionId { get; init; }

    /// <summary>The message that it answers.</summary>
    public required string MessageId { get; init; }

    public required string RunId { get; init; }

    public required SuggestionStatus Status { get; init; }

    public required string Text { get; init; }

    public required IReadOnlyList<Citation> Citations { get; init; }

    public required double? Confidence { get; init; }

    /// <summary>The agent's message that it became when it was accepted.</summary>
    public required string? AcceptedMessageId { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public static SuggestionResponse From(Suggestion suggestion) => new()
    {
        Id = suggestion.Id,
        SessionId = suggestion.SessionId,
        MessageId = suggestion.MessageId,
        RunId = suggestion.RunId,
        Status = suggestion.Status,
        Text = suggestion.Text,
        Citations = suggestion.Citations,
        Confidence = suggestion.Confidence,
        AcceptedMessageId = suggestion.AcceptedMessageId,
        Version = suggestion.Version,
        CreatedAt = suggestion.CreatedAt,
        UpdatedAt = suggestion.UpdatedAt,
    };
}
