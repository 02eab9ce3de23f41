using AiBackend.Documents;
using AiBackend.Jobs;
using Microsoft.Extensions.Options;

namespace AiBackend.DataStores.Provisioning;

/// <summary>Finishes or undoes what broke off on a database server, such as when the process ended.</summary>
internal sealed class ProvisioningSweeper(
    DocumentStore store, Provisioner provisioner, Ids ids, IOptions<JobsOptions> jobs, TimeProvider clock, ILogger<ProvisioningSweeper> logger)
    : Sweeper(TimeSpan.FromMinutes(1), jobs, clock, logger)
{
    private const int AtOnce = 50;

    public override async Task<long> SweepAsync(CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        var left = await store.AcrossTenants.ListAsync(
            Query.Of<DataStore>().AtMost(found => found.BusyUntil, now).Ascending(found => found.BusyUntil).Take(AtOnce), ct);
        var taken = 0L;
        foreach (var found in left)
        {
            if (await TakeAsync(found, now, ct) is { } own)
            {
                taken++;
                await provisioner.FinishAsync(own, ct);
            }
        }

        return taken;
    }

    // Several processes sweep; one of them gets it.
    private async Task<DataStore?> TakeAsync(DataStore found, DateTimeOffset now, CancellationToken ct)
    {
        var by = ids.New("busy");
        var taken = await store.For(found.ClientId).CommitAsync(
            async transaction => await transaction.UpdateAsync<DataStore>(
                found.Id,
                stored => stored.BusyUntil <= now ? stored with { BusyBy = by, BusyUntil = now + Provisioner.BusyFor } : stored),
            ct);
        return taken?.BusyBy == by ? taken : null;
    }
}
