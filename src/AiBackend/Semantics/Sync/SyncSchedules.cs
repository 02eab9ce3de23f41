using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Semantics.Layers;
using Microsoft.Extensions.Options;

namespace AiBackend.Semantics.Sync;

/// <summary>Queues the jobs of links whose schedule is due, once each however many processes look.</summary>
internal sealed partial class SyncSchedules(
    DocumentStore store, SyncQueue queue, IOptions<JobsOptions> jobs, TimeProvider clock, ILogger<SyncSchedules> logger)
    : Sweeper(TimeSpan.FromSeconds(20), jobs, clock, logger)
{
    private const int LinksAtOnce = 50;

    private readonly ILogger logger = logger;

    /// <summary>Queues what is due now.</summary>
    public override async Task<long> SweepAsync(CancellationToken ct)
    {
        var started = 0L;
        var due = Query.Of<LayerStore>().AtMost(link => link.NextSyncAt, Clock.GetUtcNow()).Ascending(link => link.NextSyncAt).Take(LinksAtOnce);
        foreach (var link in await store.AcrossTenants.ListAsync(due, ct))
        {
            started += await StartAsync(link, ct) ? 1 : 0;
        }

        return started;
    }

    private async Task<bool> StartAsync(LayerStore found, CancellationToken ct)
    {
        var documents = store.For(found.ClientId);
        var job = queue.New(found.ClientId, found.LayerId, found.DataStoreId, isDryRun: false);
        try
        {
            return await documents.CommitAsync(transaction => StartAsync(transaction, found, job), ct);
        }
        catch (DuplicateKeyException)
        {
            // One is under way: this time is left out.
            await documents.CommitAsync(transaction => StartAsync(transaction, found, job: null), ct);
            LogLeftOut(found.LayerId, found.DataStoreId);
            return false;
        }
    }

    private async ValueTask<bool> StartAsync(TenantTransaction transaction, LayerStore found, SyncJob? job)
    {
        var isDue = false;
        var now = Clock.GetUtcNow();
        await transaction.UpdateAsync<LayerStore>(
            found.Id,
            stored =>
            {
                isDue = stored.NextSyncAt == found.NextSyncAt && stored.Schedule is not null;
                return isDue ? stored with { NextSyncAt = SyncSchedule.Next(stored.Schedule, now) } : stored;
            });
        if (isDue && job is not null)
        {
            await SyncQueue.InsertAsync(transaction, job);
        }

        return isDue && job is not null;
    }

    [LoggerMessage(LogLevel.Information, "A scheduled sync of layer {LayerId} and data store {DataStoreId} was left out: one is under way")]
    private partial void LogLeftOut(string layerId, string dataStoreId);
}
