using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Sync;

/// <summary>Registers what keeps layers in line with data stores.</summary>
internal static class SyncFeature
{
    public static IServiceCollection AddSync(this IServiceCollection services)
    {
        services.AddSingleton<DocumentSet>(SyncSets.Jobs)
            .AddSingleton<DocumentSet>(SyncSets.Diffs)
            .AddSingleton<DocumentSet>(SyncSets.Models)
            .AddExport<SyncJob, SyncJobResponse>("sync_job", query => query.Ascending(), SyncJobResponse.From)
            .LeaveOutOfExport<SyncDiffText>("What dry runs of sync jobs would have changed.")
            .LeaveOutOfExport<GeneratedModel>("Generated from databases; the models are in git.");
        services.AddSingleton<SyncQueue>()
            .AddSingleton<LayerStoreRemoval>(provider => async (transaction, link) =>
            {
                await provider.GetRequiredService<SyncQueue>().StopAsync(transaction, link);
                await GeneratedModels.RemoveAsync(transaction, link);
            })
            .AddHostedService<SyncSchedules>();
        return services.AddWork<SyncJob, SyncHandler>(options =>
        {
            options.Name = "sync_jobs";
            options.Concurrency = 4;
            options.ConcurrencyPerClient = 2;
            options.Lease = TimeSpan.FromSeconds(30);
        });
    }
}
