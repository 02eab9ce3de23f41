using System.Collections.Concurrent;
using System.Globalization;
using AiBackend.Documents;

namespace AiBackend.Clients.Usage;

/// <summary>Counts what clients use, in the commits in which they use it.</summary>
internal sealed class UsageLog(DocumentStore store, TimeProvider clock)
{
    /// <summary>How many documents count one hour of one client.</summary>
    private const uint Spread = 8;
    private const int MostKnown = 50_000;

    private readonly ConcurrentDictionary<string, bool> known = new(StringComparer.Ordinal);

    /// <summary>
    /// Where to count now. To be taken before the commit that counts: the document is made if it is not there, in a commit of its own,
    /// so that two commits that count do not both make it.
    /// </summary>
    /// <param name="clientId">Whose use it is.</param>
    /// <param name="spread">What the commit is about anyway, such as its session: commits about different things count in different places.</param>
    /// <param name="ct">Gives up.</param>
    public async ValueTask<UsagePlace> PlaceAsync(string clientId, string spread, CancellationToken ct)
    {
        var hour = HourOf(clock.GetUtcNow());
        var part = (uint)string.GetHashCode(spread, StringComparison.Ordinal) % Spread;
        var id = Ids.Follow("use", clientId, string.Create(CultureInfo.InvariantCulture, $"{hour:yyyyMMddHH}:{part}"));
        if (!known.ContainsKey(id))
        {
            await EnsureAsync(new UsageBucket { Id = id, ClientId = clientId, From = hour }, ct);
        }

        return new UsagePlace(id);
    }

    /// <summary>Counts, with the rest of the commit or not at all.</summary>
    public static async ValueTask AddAsync(TenantTransaction transaction, UsagePlace place, UsageCounts counts) =>
        await transaction.UpdateAsync<UsageBucket>(place.BucketId, stored => stored with { Counts = stored.Counts + counts });

    /// <summary>What was used from one time (inclusive) to another (exclusive), by the hour.</summary>
    public static Query<UsageBucket> Between(DateTimeOffset from, DateTimeOffset to) =>
        Query.Of<UsageBucket>().AtLeast(bucket => bucket.From, from).Less(bucket => bucket.From, to).Ascending(bucket => bucket.From);

    /// <summary>The beginning of the hour.</summary>
    public static DateTimeOffset HourOf(DateTimeOffset time) => new(time.UtcDateTime.Date.AddHours(time.UtcDateTime.Hour), TimeSpan.Zero);

    /// <summary>The beginning of the day.</summary>
    public static DateTimeOffset DayOf(DateTimeOffset time) => new(time.UtcDateTime.Date, TimeSpan.Zero);

    private async Task EnsureAsync(UsageBucket bucket, CancellationToken ct)
    {
        var documents = store.For(bucket.ClientId);
        if (await documents.FindAsync<UsageBucket>(bucket.Id, ct) is null)
        {
            try
            {
                await documents.CommitAsync(transaction => transaction.InsertAsync(bucket), ct);
            }
            catch (DuplicateKeyException)
            {
                // Another request made it in the same moment.
            }
        }

        if (known.Count >= MostKnown)
        {
            known.Clear();
        }

        known.TryAdd(bucket.Id, true);
    }
}

/// <summary>Where a commit counts.</summary>
internal readonly record struct UsagePlace(string BucketId);
