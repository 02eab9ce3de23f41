using AiBackend.Documents;

namespace AiBackend.Chat.Analytics;

/// <summary>What happened in one quarter of an hour, as counted at one of several places, so that busy clients do not queue for one.</summary>
internal sealed record AnalyticsBucket : TenantDocument
{
    /// <summary>The beginning of the quarter.</summary>
    public required DateTimeOffset From { get; init; }

    public required IReadOnlyList<Counter> Counters { get; init; }
}

/// <summary>A number that was counted.</summary>
/// <param name="Name">One of <see cref="Counted"/>.</param>
/// <param name="Number">Not zero; less than zero in a place that holds a correction.</param>
internal sealed record Counter(string Name, decimal Number);

/// <summary>What happened on a day that is over, put together from its buckets. What is counted for it later stands beside it in buckets again.</summary>
internal sealed record AnalyticsDay : TenantDocument
{
    /// <summary>The beginning of the day, UTC.</summary>
    public required DateTimeOffset From { get; init; }

    public IReadOnlyList<DayCounter> Counters { get; init; } = [];

    public static string IdOf(string clientId, DateTimeOffset day) =>
        Ids.Follow("and", clientId, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{day:yyyyMMdd}"));

    /// <summary>With these buckets of the day added.</summary>
    public AnalyticsDay With(IEnumerable<AnalyticsBucket> buckets)
    {
        var numbers = new SortedDictionary<string, SortedDictionary<int, decimal>>(StringComparer.Ordinal);
        foreach (var counter in Counters)
        {
            for (var i = 0; i < counter.Quarters.Count; i++)
            {
                Add(counter.Name, counter.Quarters[i], counter.Numbers[i]);
            }
        }

        foreach (var bucket in buckets)
        {
            var quarter = (int)((bucket.From - From) / AnalyticsLog.Quarter);
            foreach (var counter in bucket.Counters)
            {
                Add(counter.Name, quarter, counter.Number);
            }
        }

        return this with
        {
            Counters =
            [
                .. from named in numbers
                   let counted = named.Value.Where(entry => entry.Value != 0).ToList()
                   where counted.Count > 0
                   select new DayCounter(named.Key, [.. counted.Select(entry => entry.Key)], [.. counted.Select(entry => entry.Value)]),
            ],
        };

        void Add(string name, int quarter, decimal number)
        {
            if (!numbers.TryGetValue(name, out var ofName))
            {
                numbers[name] = ofName = [];
            }

            ofName[quarter] = ofName.GetValueOrDefault(quarter) + number;
        }
    }
}

/// <summary>What was counted under one name.</summary>
/// <param name="Quarters">The quarters of an hour of the day, from 0, in which something was.</param>
/// <param name="Numbers">How much, in the same order.</param>
internal sealed record DayCounter(string Name, IReadOnlyList<int> Quarters, IReadOnlyList<decimal> Numbers);
