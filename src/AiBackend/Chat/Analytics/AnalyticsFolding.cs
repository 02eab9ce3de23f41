using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Jobs;
using Microsoft.Extensions.Options;

namespace AiBackend.Chat.Analytics;

/// <summary>
/// Puts the buckets of days that are over into one document a day, so that a year is read from some hundred documents: a busy client's buckets
/// of a year are more than 200,000.
/// </summary>
internal sealed class AnalyticsFolding(
    DocumentStore store, ClientDirectory clients, IOptions<JobsOptions> jobs, TimeProvider clock, ILogger<AnalyticsFolding> logger)
    : Sweeper(TimeSpan.FromHours(1), jobs, clock, logger)
{
    private const int BucketsAtOnce = 200;

    /// <summary>Days that are over for less are still counted for, by runs that take long.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromHours(6);

    /// <summary>Folds what is over, of all clients.</summary>
    /// <returns>How many buckets were put into their days.</returns>
    public override async Task<long> SweepAsync(CancellationToken ct)
    {
        var folded = 0L;
        await foreach (var client in clients.AllAsync(ct))
        {
            folded += await FoldAsync(store.For(client.Id), ct);
        }

        return folded;
    }

    private async Task<int> FoldAsync(TenantDocuments documents, CancellationToken ct)
    {
        var today = DayOf(Clock.GetUtcNow() - Rest);
        var over = Query.Of<AnalyticsBucket>().Less(bucket => bucket.From, today).Ascending(bucket => bucket.From).Take(BucketsAtOnce);
        var folded = 0;
        while (true)
        {
            var found = await documents.ListAsync(over, ct);
            foreach (var day in found.GroupBy(bucket => DayOf(bucket.From)))
            {
                var ids = day.Select(bucket => bucket.Id).ToList();
                folded += await documents.CommitAsync(transaction => FoldAsync(transaction, day.Key, ids), ct);
            }

            if (found.Count < BucketsAtOnce)
            {
                return folded;
            }
        }
    }

    // A bucket that somebody counts in at the same moment makes this commit run again.
    private static async ValueTask<int> FoldAsync(TenantTransaction transaction, DateTimeOffset day, List<string> ids)
    {
        var buckets = new List<AnalyticsBucket>(ids.Count);
        foreach (var id in ids)
        {
            if (await transaction.FindAsync<AnalyticsBucket>(id) is { } bucket)
            {
                await transaction.DeleteAsync<AnalyticsBucket>(id);
                buckets.Add(bucket);
            }
        }

        var dayId = AnalyticsDay.IdOf(transaction.ClientId, day);
        if (buckets.Count > 0 && await transaction.UpdateAsync<AnalyticsDay>(dayId, stored => stored.With(buckets)) is null)
        {
            await transaction.InsertAsync(new AnalyticsDay { Id = dayId, ClientId = transaction.ClientId, From = day }.With(buckets));
        }

        return buckets.Count;
    }

    private static DateTimeOffset DayOf(DateTimeOffset time) => new(time.UtcDateTime.Date, TimeSpan.Zero);
}
