namespace AiBackend.Chat.Analytics;

/// <summary>Numbers by name. They only ever add up, so a correction is a number below zero. Not safe for concurrent use.</summary>
internal sealed class Tally
{
    private readonly Dictionary<string, decimal> numbers = new(StringComparer.Ordinal);

    /// <summary>0 for what was never counted.</summary>
    public decimal this[string name] => numbers.GetValueOrDefault(name);

    public Tally Add(string name, decimal number = 1)
    {
        numbers[name] = numbers.GetValueOrDefault(name) + number;
        return this;
    }

    public Tally Add(IEnumerable<Counter> counters)
    {
        foreach (var counter in counters)
        {
            Add(counter.Name, counter.Number);
        }

        return this;
    }

    /// <summary>What was counted, in the order of names.</summary>
    public IReadOnlyList<Counter> ToCounters() =>
    [
        .. numbers.Where(entry => entry.Value != 0).OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => new Counter(entry.Key, entry.Value)),
    ];

    /// <summary>What was counted under names that begin so, by what follows there.</summary>
    public IEnumerable<(string Name, decimal Number)> Under(string prefix) =>
        from entry in numbers
        where entry.Value != 0 && entry.Key.StartsWith(prefix, StringComparison.Ordinal)
        select (entry.Key[prefix.Length..], entry.Value);
}

/// <summary>The names under which things are counted. They are stored: a name keeps its meaning.</summary>
internal static class Counted
{
    /// <summary>Sessions in which a user has written, at his first message.</summary>
    public const string Conversations = "conversations";

    /// <summary>Those of them that were handed over at least once, whenever that was, at the same place.</summary>
    public const string HandedOver = "handed_over";

    /// <summary>Handovers, when they happened.</summary>
    public const string Handovers = "handovers";

    /// <summary>The times from a conversation's first message to the first reply.</summary>
    public const string FirstResponse = "first_response";

    public const string RunsReplied = "runs/replied";
    public const string RunsSuggested = "runs/suggested";
    public const string RunsHandedOver = "runs/handed_over";
    public const string RunsFailed = "runs/failed";
    public const string RunsCancelled = "runs/cancelled";

    /// <summary>The times from the start to the end of completed runs.</summary>
    public const string RunTime = "run_time";

    public const string InputTokens = "tokens/input";
    public const string OutputTokens = "tokens/output";
    public const string Cost = "tokens/cost";

    public const string SuggestionsCreated = "suggestions/created";
    public const string SuggestionsAccepted = "suggestions/accepted";
    public const string SuggestionsEdited = "suggestions/edited";
    public const string SuggestionsRejected = "suggestions/rejected";

    /// <summary>Before a rating.</summary>
    public const string Rating = "rating/";

    /// <summary>Before the name of a category.</summary>
    public const string Category = "category/";
}
