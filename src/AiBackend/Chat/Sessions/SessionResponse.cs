using AiBackend.Documents;

namespace AiBackend.Chat.Sessions;

/// <summary>A conversation.</summary>
internal sealed record SessionResponse : Http.IVersioned
{
    public required string Id { get; init; }

    public required string ClientId { get; init; }

    public required string ChannelId { get; init; }

    /// <summary>Your own name for the conversation; unique in its channel among sessions that are not closed.</summary>
    public required string? ExternalId { get; init; }

    public required string? Title { get; init; }

    public required SessionState State { get; init; }

    public required string? CloseReason { get; init; }

    /// <summary>Why a person was asked to take over the last time.</summary>
    public required string? HandoverReason { get; init; }

    public required IReadOnlyList<Participant> Participants { get; init; }

    public required RawJson Metadata { get; init; }

    public required long MessageCount { get; init; }

    public required DateTimeOffset? LastMessageAt { get; init; }

    /// <summary>The message that the next one hangs on.</summary>
    public required string? ActiveLeafId { get; init; }

    /// <summary>The session that this one goes on from.</summary>
    public required string? PreviousSessionId { get; init; }

    /// <summary>Counts every change, new messages included.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public static SessionResponse From(Session session) => new()
    {
        Id = session.Id,
        ClientId = session.ClientId,
        ChannelId = session.ChannelId,
        ExternalId = session.ExternalId,
        Title = session.Title,
        State = session.State,
        CloseReason = session.CloseReason,
        HandoverReason = session.HandoverReason,
        Participants = session.Participants,
        Metadata = session.Metadata,
        MessageCount = session.MessageCount,
        LastMessageAt = session.LastMessageAt,
        ActiveLeafId = session.ActiveLeafId,
        PreviousSessionId = session.PreviousSessionId,
        Version = session.Version,
        CreatedAt = session.CreatedAt,
        UpdatedAt = session.UpdatedAt,
    };
}
