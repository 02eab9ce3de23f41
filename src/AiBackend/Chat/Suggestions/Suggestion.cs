using AiBackend.Documents;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Suggestions;

/// <summary>An answer that waits for a person to post it, changed or not, or to reject it.</summary>
internal sealed record Suggestion : TenantDocument
{
    public required string SessionId { get; init; }

    /// <summary>The message that it answers.</summary>
    public required string MessageId { get; init; }

    public required string RunId { get; init; }

    public SuggestionStatus Status { get; init; }

    public required string Text { get; init; }

    public IReadOnlyList<Citation> Citations { get; init; } = [];

    public double? Confidence { get; init; }

    /// <summary>The agent's message that it became.</summary>
    public string? AcceptedMessageId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

internal enum SuggestionStatus
{
    Pending,
    Accepted,
    Rejected,
}
