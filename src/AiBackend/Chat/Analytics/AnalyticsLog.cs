using System.Collections.Concurrent;
using AiBackend.Documents;

namespace AiBackend.Chat.Analytics;

/// <summary>
/// Counts what happens in conversations, in the commits in which it happens: by quarters of an hour, on whose edges every hour and day of
/// every time zone begins.
/// </summary>
internal sealed class AnalyticsLog(Ids ids, TimeProvider clock)
{
    public static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);

    /// <summary>How many documents count one quarter of one client in one process.</summary>
    private const uint Spread = 8;
    private const int MostKnown = 50_000;

    /// <summary>After this time a document that should be there is taken for one whose commit failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // It only saves documents: whatever is remembered, nothing is counted twice or lost.
    private readonly ConcurrentDictionary<(string ClientId, DateTimeOffset Quarter, uint Part), (string Id, long MadeAt)> known = new();

    /// <summary>The beginning of the quarter of an hour.</summary>
    public static DateTimeOffset QuarterOf(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % Quarter.Ticks), TimeSpan.Zero);

    /// <summary>Counts, with the rest of the commit or not at all.</summary>
    /// <param name="transaction">The commit.</param>
    /// <param name="spread">What the commit is about anyway, such as its session: commits about different things count in different documents.</param>
    /// <param name="at">When what is counted happened.</param>
    public async ValueTask AddAsync(TenantTransaction transaction, string spread, DateTimeOffset at, Tally counted)
    {
        var counters = counted.ToCounters();
        if (counters.Count == 0)
        {
            return;
        }

        var key = (transaction.ClientId, QuarterOf(at), (uint)string.GetHashCode(spread, StringComparison.Ordinal) % Spread);
        var isKnown = known.TryGetValue(key, out var place);
        if (isKnown && await transaction.UpdateAsync<AnalyticsBucket>(
            place.Id, stored => stored with { Counters = new Tally().Add(stored.Counters).Add(counters).ToCounters() }) is not null)
        {
            return;
        }

        // Nobody else makes a document of this id, so commits that count at once do not meet here.
        var made = new AnalyticsBucket
        {
            Id = ids.New("anb"),
            ClientId = transaction.ClientId,
            From = key.Item2,
            Counters = counters,
        };
        await transaction.InsertAsync(made);
        if (!isKnown || clock.GetElapsedTime(place.MadeAt) > Patience)
        {
            Remember(key, made.Id);
        }
    }

    private void Remember((string ClientId, DateTimeOffset Quarter, uint Part) key, string id)
    {
        if (known.Count >= MostKnown)
        {
            known.Clear();
        }

        known[key] = (id, clock.GetTimestamp());
    }
}
