using System.Globalization;
using System.Text.Json.Serialization;
using AiBackend.Chat.Feedback;

namespace AiBackend.Chat.Analytics;

/// <summary>What happened from one time (inclusive) to another (exclusive).</summary>
/// <param name="TimeZone">The time zone in which dates were read.</param>
/// <param name="FirstResponse">From a conversation's first message to the first reply, by when that came.</param>
internal sealed record OverviewResponse(
    DateTimeOffset From,
    DateTimeOffset To,
    string TimeZone,
    ConversationFigures Conversations,
    TimeFigures FirstResponse,
    RunFigures Runs,
    RatingFigures Ratings,
    IReadOnlyList<CategoryFigures> Categories,
    SuggestionFigures Suggestions,
    TokenFigures Tokens);

/// <summary>One metric over time.</summary>
/// <param name="TimeZone">The time zone whose hours, days, weeks (from Monday) or months the intervals are.</param>
/// <param name="Data">Oldest first, those in which nothing happened included. The first and the last end where the period does.</param>
internal sealed record TimeseriesResponse(
    string Metric, string Interval, DateTimeOffset From, DateTimeOffset To, string TimeZone, IReadOnlyList<TimeseriesInterval> Data);

/// <summary>A metric from one time (inclusive) to another (exclusive).</summary>
/// <param name="Value">The metric's main number; null where nothing happened that it could be of.</param>
internal sealed record TimeseriesInterval(DateTimeOffset From, DateTimeOffset To, decimal? Value)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ConversationFigures? Conversations { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeFigures? FirstResponse { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RunFigures? Runs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RatingFigures? Ratings { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CategoryFigures>? Categories { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SuggestionFigures? Suggestions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TokenFigures? Tokens { get; init; }
}

/// <summary>Conversations that began in the time, and what became of them.</summary>
/// <param name="Count">Sessions in which a user wrote for the first time.</param>
/// <param name="HandedOver">Those of them that were handed over at least once, in the time or later.</param>
/// <param name="Containment">The part of them that never was, 0 to 1; null without conversations.</param>
/// <param name="Handovers">Handovers that happened in the time, of whatever session.</param>
internal sealed record ConversationFigures(long Count, long HandedOver, double? Containment, long Handovers)
{
    public static ConversationFigures Of(Tally tally)
    {
        var (count, handedOver) = ((long)tally[Counted.Conversations], (long)tally[Counted.HandedOver]);
        return new(count, handedOver, Share.Of(count - handedOver, count), (long)tally[Counted.Handovers]);
    }
}

/// <summary>Lengths of time.</summary>
/// <param name="Count">How many.</param>
/// <param name="AverageMs">Exact; null where there are none.</param>
/// <param name="P50Ms">Within 5 % of what half of them do not exceed.</param>
/// <param name="P95Ms">Within 5 % of what 95 % of them do not exceed.</param>
internal sealed record TimeFigures(long Count, double? AverageMs, double? P50Ms, double? P95Ms);

/// <summary>Runs that ended in the time.</summary>
/// <param name="Replied">With a reply.</param>
/// <param name="Suggested">With a suggestion.</param>
/// <param name="HandedOver">By a handover.</param>
/// <param name="Time">From start to end, of those that were neither failed nor cancelled and had begun.</param>
internal sealed record RunFigures(long Replied, long Suggested, long HandedOver, long Failed, long Cancelled, TimeFigures Time)
{
    public static RunFigures Of(Tally tally) => new(
        (long)tally[Counted.RunsReplied],
        (long)tally[Counted.RunsSuggested],
        (long)tally[Counted.RunsHandedOver],
        (long)tally[Counted.RunsFailed],
        (long)tally[Counted.RunsCancelled],
        TimeHistogram.Read(tally, Counted.RunTime));
}

/// <summary>Ratings that were given in the time, as they are now.</summary>
/// <param name="Average">Null without ratings.</param>
/// <param name="Distribution">How many of each rating, from 1 to 5.</param>
internal sealed record RatingFigures(long Count, double? Average, IReadOnlyList<RatingCount> Distribution)
{
    public static RatingFigures Of(Tally tally)
    {
        var distribution = Enumerable.Range(MessageFeedback.LowestRating, MessageFeedback.HighestRating - MessageFeedback.LowestRating + 1)
            .Select(rating => new RatingCount(rating, (long)tally[Counted.Rating + rating.ToString(CultureInfo.InvariantCulture)])).ToList();
        var count = distribution.Sum(rating => rating.Count);
        return new(count, Share.Of(distribution.Sum(rating => rating.Rating * rating.Count), count), distribution);
    }
}

/// <summary>How often one rating was given.</summary>
internal sealed record RatingCount(int Rating, long Count);

/// <summary>How many messages of the time are in a category.</summary>
/// <param name="Category">The client's name for it, or <c>unknown</c>.</param>
internal sealed record CategoryFigures(string Category, long Count)
{
    /// <summary>The largest first.</summary>
    public static IReadOnlyList<CategoryFigures> Of(Tally tally) =>
    [
        .. tally.Under(Counted.Category).Select(category => new CategoryFigures(category.Name, (long)category.Number))
            .OrderByDescending(category => category.Count).ThenBy(category => category.Category, StringComparer.Ordinal),
    ];
}

/// <summary>Suggestions that were made, and decisions on suggestions, in the time.</summary>
/// <param name="Accepted">As they were, or edited.</param>
/// <param name="Edited">Those of them that an agent has changed.</param>
/// <param name="AcceptanceRate">The accepted among those decided on, 0 to 1; null without decisions.</param>
internal sealed record SuggestionFigures(long Created, long Accepted, long Edited, long Rejected, double? AcceptanceRate)
{
    public static SuggestionFigures Of(Tally tally)
    {
        var (accepted, rejected) = ((long)tally[Counted.SuggestionsAccepted], (long)tally[Counted.SuggestionsRejected]);
        return new(
            (long)tally[Counted.SuggestionsCreated],
            accepted,
            (long)tally[Counted.SuggestionsEdited],
            rejected,
            Share.Of(accepted, accepted + rejected));
    }
}

/// <summary>What models read and wrote for the runs that ended in the time, and what that cost as far as they said.</summary>
internal sealed record TokenFigures(long InputTokens, long OutputTokens, decimal Cost)
{
    public static TokenFigures Of(Tally tally) =>
        new((long)tally[Counted.InputTokens], (long)tally[Counted.OutputTokens], tally[Counted.Cost]);
}

internal static class Share
{
    /// <summary>The quotient to four digits; null of nothing.</summary>
    public static double? Of(long part, long whole) => whole <= 0 ? null : Math.Round((double)part / whole, 4);
}
