using System.ComponentModel.DataAnnotations;
using AiBackend.Chat.Messages;
using AiBackend.Documents;

namespace AiBackend.Chat.Sessions;

/// <summary>
/// A conversation. Whatever changes in it changes this document first, in the same commit: it hands out the positions of
/// messages and the sequence of events, and it holds the queue of runs.
/// </summary>
internal sealed record Session : TenantDocument
{
    /// <summary>More participants than this are not kept.</summary>
    public const int MaxParticipants = 100;

    /// <summary>The most runs that may wait in one session.</summary>
    public const int MaxPendingRuns = 100;

    public required string ChannelId { get; init; }

    /// <summary>The client's own name for the conversation.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Makes (channel, external id) unique among sessions that are not closed; null otherwise.</summary>
    public string? OpenKey => State is SessionState.Closed || ExternalId is null ? null : KeyOf(ChannelId, ExternalId);

    public string? Title { get; init; }

    /// <summary>The message that the title was made from; null for one that was given.</summary>
    public string? TitleMessageId { get; init; }

    /// <summary>Whether the model was asked for a title.</summary>
    public bool IsTitleAsked { get; init; }

    /// <summary>The title that the model made, to be found in earlier events when its message is deleted.</summary>
    public ModelTitle? ModelTitle { get; init; }

    public SessionState State { get; init; }

    public string? CloseReason { get; init; }

    /// <summary>Why a person was asked to take over the last time.</summary>
    public string? HandoverReason { get; init; }

    /// <summary>When a person was asked to take over the first time.</summary>
    public DateTimeOffset? HandedOverAt { get; init; }

    /// <summary>When a user wrote for the first time, imported history left aside.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>When something or somebody replied for the first time after that.</summary>
    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Who has written here, and who was named; the first <see cref="MaxParticipants"/>.</summary>
    public IReadOnlyList<Participant> Participants { get; init; } = [];

    /// <summary>What the list of sessions by participant looks at.</summary>
    public IReadOnlyList<string> ParticipantIds => [.. Participants.Select(participant => participant.Id)];

    /// <summary>The client's own JSON object.</summary>
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    public long MessageCount { get; init; }

    /// <summary>The position of the newest message, on whatever branch; never taken back.</summary>
    public long LastPosition { get; init; }

    public DateTimeOffset? LastMessageAt { get; init; }

    /// <summary>Since when nobody has written, for those that wait for a message; null while closed or being answered.</summary>
    public DateTimeOffset? SilentSince => State is SessionState.Closed || PendingRunIds.Count > 0 ? null : LastMessageAt ?? CreatedAt;

    /// <summary>The message that the next one hangs on.</summary>
    public string? ActiveLeafId { get; init; }

    /// <summary>Whether some message does not hang on the one before it, so that positions alone do not tell the branch.</summary>
    public bool IsBranched { get; init; }

    /// <summary>The session that this one goes on from.</summary>
    public string? PreviousSessionId { get; init; }

    /// <summary>The number of the newest event; events count from 1 without gaps.</summary>
    public long EventSequence { get; init; }

    /// <summary>Runs that have not ended, in the order of their messages. Only the first may be taken up.</summary>
    public IReadOnlyList<string> PendingRunIds { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What <see cref="OpenKey"/> is for a conversation that is not closed.</summary>
    public static string KeyOf(string channelId, string externalId) => $"{channelId}:{externalId}";

    /// <summary>With places for more messages, the last of which is the new leaf unless the caller says otherwise.</summary>
    public Session Grown(int messages, DateTimeOffset now) => messages == 0
        ? this with { UpdatedAt = now }
        : this with
        {
            MessageCount = MessageCount + messages,
            LastPosition = LastPosition + messages,
            LastMessageAt = now,
            UpdatedAt = now,
        };

    /// <summary>With what a message of this role means for the first question and the first answer.</summary>
    public Session Said(MessageRole role, DateTimeOffset now) => role switch
    {
        MessageRole.User when AskedAt is null => this with { AskedAt = now },
        MessageRole.Assistant or MessageRole.Agent when AskedAt is not null && AnsweredAt is null => this with { AnsweredAt = now },
        _ => this,
    };

    /// <summary>Handed to a person.</summary>
    public Session HandedOver(string reason, DateTimeOffset now) =>
        this with { State = SessionState.HandedOver, HandoverReason = reason, HandedOverAt = HandedOverAt ?? now };

    /// <summary>With numbers for more events.</summary>
    public Session Raised(int events) => events == 0 ? this : this with { EventSequence = EventSequence + events };

    /// <summary>With somebody who writes here; the name last given is kept.</summary>
    public Session Joined(Participant? participant)
    {
        if (participant is null || Participants.Contains(participant))
        {
            return this;
        }

        var known = Participants.Any(existing => existing.Id == participant.Id);
        if (known)
        {
            return this with
            {
                Participants = [.. Participants.Select(existing => existing.Id == participant.Id ? participant : existing)],
            };
        }

        return Participants.Count < MaxParticipants ? this with { Participants = [.. Participants, participant] } : this;
    }

    /// <summary>With a run at the end of the queue.</summary>
    /// <exception cref="Http.ApiException">429: too many wait already.</exception>
    public Session Asking(string runId) => PendingRunIds.Count < MaxPendingRuns
        ? this with { PendingRunIds = [.. PendingRunIds, runId] }
        : throw SessionRules.TooManyRuns();

    /// <summary>Without these runs in the queue.</summary>
    public Session Without(IReadOnlyCollection<string> runIds) =>
        this with { PendingRunIds = [.. PendingRunIds.Where(id => !runIds.Contains(id))] };
}

internal enum SessionState
{
    /// <summary>Messages are answered.</summary>
    Open,

    /// <summary>A person answers; messages are stored and announced, nothing replies by itself.</summary>
    HandedOver,

    /// <summary>Takes no more messages.</summary>
    Closed,
}

/// <summary>A title that a model made.</summary>
/// <param name="MessageId">The message that it was made of.</param>
internal sealed record ModelTitle(string Text, string MessageId);

/// <summary>Somebody in a conversation, as the client names him.</summary>
internal sealed record Participant
{
    /// <summary>The client's own id.</summary>
    [StringLength(255, MinimumLength = 1)]
    public required string Id { get; init; }

    /// <summary>To be shown.</summary>
    [StringLength(255)]
    public string? Name { get; init; }

    /// <summary>One of the client's user types, or any word of its own.</summary>
    [StringLength(64)]
    public string? Type { get; init; }
}
