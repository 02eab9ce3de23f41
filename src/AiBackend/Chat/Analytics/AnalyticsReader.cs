using AiBackend.Documents;

namespace AiBackend.Chat.Analytics;

/// <summary>Adds up what was counted.</summary>
internal static class AnalyticsReader
{
    private const int DaysAtOnce = 50;
    private const int BucketsAtOnce = 500;

    /// <summary>The sums between each edge and the next.</summary>
    /// <param name="edges">At least two quarters of an hour, in order.</param>
    /// <param name="isNeeded">Which numbers to add up, by name.</param>
    public static async Task<IReadOnlyList<Tally>> SumAsync(
        TenantDocuments documents, IReadOnlyList<DateTimeOffset> edges, Func<string, bool> isNeeded, CancellationToken ct)
    {
        while (true)
        {
            var sums = new Sums(edges, isNeeded);
            var read = await ReadDaysAsync(documents, sums, ct);
            await ReadBucketsAsync(documents, sums, ct);

            // Buckets that went into their day in between were seen in neither.
            var now = await documents.ListAsync<AnalyticsDay, DayVersion>(DaysOf(edges), ct);
            if (now.All(day => read.GetValueOrDefault(day.Id) == day.Version))
            {
                return sums.Tallies;
            }
        }
    }

    private static async Task<Dictionary<string, long>> ReadDaysAsync(TenantDocuments documents, Sums sums, CancellationToken ct)
    {
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(DaysOf(sums.Edges), cursor, DaysAtOnce, ct);
            foreach (var day in page.Items)
            {
                versions[day.Id] = day.Version;
                sums.Add(day);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return versions;
    }

    private static async Task ReadBucketsAsync(TenantDocuments documents, Sums sums, CancellationToken ct)
    {
        var query = Query.Of<AnalyticsBucket>()
            .AtLeast(bucket => bucket.From, sums.Edges[0]).Less(bucket => bucket.From, sums.Edges[^1]).Ascending(bucket => bucket.From);
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(query, cursor, BucketsAtOnce, ct);
            foreach (var bucket in page.Items)
            {
                sums.Add(bucket);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private static Query<AnalyticsDay> DaysOf(IReadOnlyList<DateTimeOffset> edges) => Query.Of<AnalyticsDay>()
        .AtLeast(day => day.From, new DateTimeOffset(edges[0].UtcDateTime.Date, TimeSpan.Zero))
        .Less(day => day.From, edges[^1]).Ascending(day => day.From);

    private sealed record DayVersion(string Id, long Version);

    private sealed class Sums(IReadOnlyList<DateTimeOffset> edges, Func<string, bool> isNeeded)
    {
        private readonly DateTimeOffset[] from = [.. edges];

        public IReadOnlyList<DateTimeOffset> Edges => edges;

        public IReadOnlyList<Tally> Tallies { get; } = [.. edges.Skip(1).Select(_ => new Tally())];

        public void Add(AnalyticsBucket bucket)
        {
            if (At(bucket.From) is { } tally)
            {
                tally.Add(bucket.Counters.Where(counter => isNeeded(counter.Name)));
            }
        }

        public void Add(AnalyticsDay day)
        {
            foreach (var counter in day.Counters.Where(counter => isNeeded(counter.Name)))
            {
                for (var i = 0; i < counter.Quarters.Count; i++)
                {
                    At(day.From + (counter.Quarters[i] * AnalyticsLog.Quarter))?.Add(counter.Name, counter.Numbers[i]);
                }
            }
        }

        private Tally? At(DateTimeOffset time)
        {
            var found = Array.BinarySearch(from, time);
            var index = found >= 0 ? found : ~found - 1;
            return index >= 0 && index < Tallies.Count ? Tallies[index] : null;
        }
    }
}
