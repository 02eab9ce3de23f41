using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Chat.Sessions;

/// <summary>A conversation to be opened.</summary>
internal sealed record CreateSession
{
    /// <summary>Where it takes place; the client's first <c>api</c> channel by default.</summary>
    public string? ChannelId { get; init; }

    /// <summary>Your own name for it; unique in its channel among sessions that are not closed.</summary>
    [Name(255)]
    public string? ExternalId { get; init; }

    [Name(500)]
    public string? Title { get; init; }

    [Entries(Session.MaxParticipants)]
    public IReadOnlyList<Participant> Participants { get; init; } = [];

    /// <summary>An object of your own.</summary>
    [FreeObject]
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;
}

/// <summary>What can be changed of a conversation.</summary>
internal sealed record EditSession
{
    [Name(500)]
    public string? Title { get; init; }

    [Entries(Session.MaxParticipants)]
    public IReadOnlyList<Participant> Participants { get; init; } = [];

    /// <summary>An object of your own.</summary>
    [FreeObject]
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    /// <summary>The message that the next one hangs on: any of the session.</summary>
    [NotCleared]
    public string? ActiveLeafId { get; init; }

    public static EditSession Of(Session session) => new()
    {
        Title = session.Title,
        Participants = session.Participants,
        Metadata = session.Metadata,
        ActiveLeafId = session.ActiveLeafId,
    };
}

/// <summary>Why something is done to a conversation.</summary>
internal sealed record SessionReason
{
    [Name(500)]
    public string? Reason { get; init; }
}
