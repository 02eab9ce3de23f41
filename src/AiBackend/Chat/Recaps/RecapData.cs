namespace AiBackend.Chat.Recaps;

/// <summary>A conversation in brief. What cannot be told is null or empty.</summary>
internal sealed record RecapData
{
    /// <summary>What happened.</summary>
    public required string? Summary { get; init; }

    /// <summary>What it is about, and how it came up.</summary>
    public required string? ContextOfIssue { get; init; }

    public required IReadOnlyList<RecapPoint> Highlights { get; init; }

    public required IReadOnlyList<RecapParticipant> Participants { get; init; }

    /// <summary>How the users feel over all: <c>positive</c>, <c>neutral</c>, <c>negative</c> or <c>mixed</c>.</summary>
    public required string? Sentiment { get; init; }

    /// <summary>What to mind in talking to them.</summary>
    public required string? CommunicationNotes { get; init; }

    /// <summary>What is still open.</summary>
    public required IReadOnlyList<RecapPoint> UnresolvedPoints { get; init; }

    /// <summary>What was promised.</summary>
    public required IReadOnlyList<RecapAgreement> Agreements { get; init; }

    /// <summary>With other names for the messages.</summary>
    public RecapData WithIds(Func<string, string> idOf)
    {
        return this with
        {
            Highlights = [.. Highlights.Select(point => point with { MessageIds = Renamed(point.MessageIds) })],
            Participants = [.. Participants.Select(participant => participant with { MessageIds = Renamed(participant.MessageIds) })],
            UnresolvedPoints = [.. UnresolvedPoints.Select(point => point with { MessageIds = Renamed(point.MessageIds) })],
            Agreements = [.. Agreements.Select(agreement => agreement with { MessageIds = Renamed(agreement.MessageIds) })],
        };

        IReadOnlyList<string> Renamed(IReadOnlyList<string> ids) => [.. ids.Select(idOf)];
    }

    /// <summary>The messages that it rests on, as it names them.</summary>
    public IEnumerable<string> AllIds() => Highlights.Concat(UnresolvedPoints).SelectMany(point => point.MessageIds)
        .Concat(Participants.SelectMany(participant => participant.MessageIds))
        .Concat(Agreements.SelectMany(agreement => agreement.MessageIds));
}

/// <summary>One thing to know.</summary>
/// <param name="MessageIds">The messages that it rests on; at least one.</param>
internal sealed record RecapPoint(string Text, IReadOnlyList<string> MessageIds);

/// <summary>Somebody who took part.</summary>
/// <param name="Name">Null when nobody said.</param>
/// <param name="Role"><c>user</c>, <c>assistant</c>, <c>agent</c> or <c>system</c>.</param>
/// <param name="Contribution">What this one brought in.</param>
/// <param name="MessageIds">The messages that it rests on; at least one.</param>
internal sealed record RecapParticipant(string? Name, string Role, string? Contribution, IReadOnlyList<string> MessageIds);

/// <summary>Something that was promised.</summary>
/// <param name="Details">When, how much, on what condition; null when nothing was said of it.</param>
/// <param name="MessageIds">The messages that it rests on; at least one.</param>
internal sealed record RecapAgreement(string Promise, string? Details, IReadOnlyList<string> MessageIds);
