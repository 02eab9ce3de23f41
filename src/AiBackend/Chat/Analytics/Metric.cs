namespace AiBackend.Chat.Analytics;

/// <summary>Something to be shown over time.</summary>
/// <param name="Name">As it is asked for.</param>
/// <param name="Counters">How the names of the numbers begin that it is made of.</param>
/// <param name="Read">Makes the figures of an interval; the metric's main number is set from them.</param>
internal sealed record Metric(string Name, IReadOnlyList<string> Counters, Func<TimeseriesInterval, Tally, TimeseriesInterval> Read)
{
    private static readonly string[] OfConversations = [Counted.Conversations, Counted.HandedOver, Counted.Handovers];
    private static readonly string[] OfRuns = ["runs/", Counted.RunTime];
    private static readonly string[] OfTokens = ["tokens/"];

    public static IReadOnlyList<Metric> All { get; } =
    [
        Conversations("conversations", figures => figures.Count),
        Conversations("containment", figures => (decimal?)figures.Containment),
        Conversations("handovers", figures => figures.Handovers),
        new("first_response", [Counted.FirstResponse], (interval, tally) =>
        {
            var figures = TimeHistogram.Read(tally, Counted.FirstResponse);
            return interval with { Value = (decimal?)figures.P50Ms, FirstResponse = figures };
        }),
        Runs("runs", figures => figures.Replied + figures.Suggested + figures.HandedOver + figures.Failed + figures.Cancelled),
        Runs("run_time", figures => (decimal?)figures.Time.P50Ms),
        new("ratings", [Counted.Rating], (interval, tally) =>
        {
            var figures = RatingFigures.Of(tally);
            return interval with { Value = (decimal?)figures.Average, Ratings = figures };
        }),
        new("categories", [Counted.Category], (interval, tally) =>
        {
            var figures = CategoryFigures.Of(tally);
            return interval with { Value = figures.Sum(category => category.Count), Categories = figures };
        }),
        new("suggestions", ["suggestions/"], (interval, tally) =>
        {
            var figures = SuggestionFigures.Of(tally);
            return interval with { Value = (decimal?)figures.AcceptanceRate, Suggestions = figures };
        }),
        Tokens("tokens", figures => figures.InputTokens + figures.OutputTokens),
        Tokens("cost", figures => figures.Cost),
    ];

    /// <summary>Whether the metric needs the number of this name.</summary>
    public bool Needs(string counter) => Counters.Any(beginning => counter.StartsWith(beginning, StringComparison.Ordinal));

    private static Metric Conversations(string name, Func<ConversationFigures, decimal?> value) => new(name, OfConversations, (interval, tally) =>
    {
        var figures = ConversationFigures.Of(tally);
        return interval with { Value = value(figures), Conversations = figures };
    });

    private static Metric Runs(string name, Func<RunFigures, decimal?> value) => new(name, OfRuns, (interval, tally) =>
    {
        var figures = RunFigures.Of(tally);
        return interval with { Value = value(figures), Runs = figures };
    });

    private static Metric Tokens(string name, Func<TokenFigures, decimal?> value) => new(name, OfTokens, (interval, tally) =>
    {
        var figures = TokenFigures.Of(tally);
        return interval with { Value = value(figures), Tokens = figures };
    });
}
