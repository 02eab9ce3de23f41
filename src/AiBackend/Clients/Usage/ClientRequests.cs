using System.Collections.Concurrent;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients.Usage;

/// <summary>
/// Counts the requests of clients in the memory of this process: against <c>requests_per_minute</c>, by the minute of the clock, each
/// process granting its own; and for the report, which it stores every few seconds, so that a crash may lose the last of them.
/// </summary>
internal sealed partial class ClientRequests(DocumentStore store, UsageLog usage, TimeProvider clock, ILogger<ClientRequests> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Count> counts = new(StringComparer.Ordinal);
    private readonly string spread = Guid.CreateVersion7().ToString("n");

    /// <summary>Counts one request.</summary>
    /// <exception cref="ApiException">429: no more in this minute.</exception>
    public void Take(Client client)
    {
        var count = counts.GetOrAdd(client.Id, static _ => new Count());
        var now = clock.GetUtcNow();
        var minute = MinuteOf(now);
        lock (count)
        {
            count.Unstored++;
            (count.Minute, count.InMinute) = count.Minute == minute ? (minute, count.InMinute) : (minute, 0);
            if (client.Settings.Quotas.RequestsPerMinute is { } most && count.InMinute >= most)
            {
                throw Quotas.Exceeded(
                    $"The client may make {most} requests a minute.", DateTimeOffset.FromUnixTimeSeconds((minute + 1) * 60) - now);
            }

            count.InMinute++;
        }
    }

    /// <summary>Stores what was counted.</summary>
    public async Task StoreAsync(CancellationToken ct)
    {
        foreach (var (clientId, count) in counts)
        {
            var taken = count.TakeUnstored();
            if (taken == 0)
            {
                // What was used of the minute must not be forgotten while it lasts.
                if (count.Minute < MinuteOf(clock.GetUtcNow()))
                {
                    counts.TryRemove(KeyValuePair.Create(clientId, count));
                }

                continue;
            }

            try
            {
                var place = await usage.PlaceAsync(clientId, spread, ct);
                await store.For(clientId).CommitAsync(
                    transaction => UsageLog.AddAsync(transaction, place, new UsageCounts { Requests = taken }), ct);
            }
            catch
            {
                count.GiveBack(taken);
                throw;
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryStoreAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryStoreAsync(stoppingToken);
        }
    }

    private static long MinuteOf(DateTimeOffset time) => time.ToUnixTimeSeconds() / 60;

    private async Task TryStoreAsync(CancellationToken ct)
    {
        try
        {
            await StoreAsync(ct);
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            LogFailed(error);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The numbers of requests could not be stored; it is tried again")]
    private partial void LogFailed(Exception error);

    private sealed class Count
    {
        public long Minute { get; set; }

        public long InMinute { get; set; }

        public long Unstored { get; set; }

        public long TakeUnstored()
        {
            lock (this)
            {
                var taken = Unstored;
                Unstored = 0;
                return taken;
            }
        }

        public void GiveBack(long taken)
        {
            lock (this)
            {
                Unstored += taken;
            }
        }
    }
}
