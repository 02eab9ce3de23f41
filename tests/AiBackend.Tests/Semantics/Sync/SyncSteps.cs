using System.Text.Json;
using AiBackend.Semantics.Sync;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Sync;

/// <summary>Waiting for sync jobs.</summary>
internal static class SyncSteps
{
    /// <summary>The job when it has ended.</summary>
    public static Task<JsonElement> EndOfSyncAsync(this AppFixture app, Tenant tenant, string id) => app.ReachedSyncAsync(tenant, id, job => job.DueAt is null);

    /// <summary>The job when it is as expected.</summary>
    public static async Task<JsonElement> ReachedSyncAsync(this AppFixture app, Tenant tenant, string id, Func<SyncJob, bool> isReached)
    {
        var ct = TestContext.Current.CancellationToken;
        using var changes = app.Store.Signals.Subscribe(SyncJob.Topic(id));
        while (await app.Store.For(tenant.ClientId).FindAsync<SyncJob>(id, ct) is not { } job || !isReached(job))
        {
            await changes.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, ct);
        }

        return await tenant.Http.GetJsonAsync($"/api/v1/semantic/sync-jobs/{id}");
    }
}
