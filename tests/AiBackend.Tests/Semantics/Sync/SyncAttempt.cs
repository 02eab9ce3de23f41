using AiBackend.Clients;
using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Knowledge;
using AiBackend.Semantics.Repositories;
using AiBackend.Semantics.Rows;
using AiBackend.Semantics.Sync;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiBackend.Tests.Semantics.Sync;

/// <summary>What a worker does with a job that it takes up.</summary>
internal static class SyncAttempt
{
    /// <param name="store">All that the worker stores goes through it.</param>
    /// <returns>False when it died over it.</returns>
    public static async Task<bool> RunAsync(SyncBench bench, string id, IDocumentStore store)
    {
        var ct = TestContext.Current.CancellationToken;
        var (app, services) = (bench.App, bench.App.Services);
        var claimed = await app.Store.For(bench.Tenant.ClientId).CommitAsync(
            transaction => transaction.UpdateAsync<SyncJob>(
                id, job => job with { LeaseOwner = "this test", Attempts = job.Attempts + 1, DueAt = app.Clock.GetUtcNow() + TimeSpan.FromMinutes(1) }),
            ct);
        var documents = new DocumentStore(store);
        var knowledge = services.GetRequiredService<KnowledgeDocuments>();
        var handler = new SyncHandler(
            documents,
            services.GetRequiredService<DataStoreDirectory>(),
            services.GetRequiredService<GitRepositories>(),
            new RowIndexer(
                documents, knowledge, new RowRemoval(documents, knowledge, app.Clock), services.GetRequiredService<ClientDirectory>(), services.GetRequiredService<Ids>(), app.Clock),
            services.GetRequiredService<EventLog>(),
            app.Clock,
            NullLogger<SyncHandler>.Instance);
        try
        {
            await handler.HandleAsync(claimed!, ct);
            return true;
        }
        catch (DiedException)
        {
            return false;
        }
    }
}
