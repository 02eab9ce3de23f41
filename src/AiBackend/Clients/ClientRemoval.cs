using System.Reflection;
using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>
/// Takes away what removed clients have left, in small commits. Requests and workers that were under way when a client was removed
/// may still store a little, so the client's own document stays, unseen, until nothing can come any more.
/// </summary>
internal sealed partial class ClientRemoval(
    DocumentStore store, DocumentCatalog catalog, TimeProvider clock, ILogger<ClientRemoval> logger) : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastWrites = TimeSpan.FromMinutes(15);

    private readonly Erase[] erasers =
    [
        .. from set in catalog.Sets
           where typeof(TenantDocument).IsAssignableFrom(set.DocumentType)
           select EraserOf(set.DocumentType),
    ];

    private delegate Task Erase(TenantDocuments documents, CancellationToken ct);

    /// <summary>Removes all documents of the client but its own.</summary>
    public async Task SweepAsync(string clientId, CancellationToken ct)
    {
        var documents = store.For(clientId);
        foreach (var erase in erasers)
        {
            await erase(documents, ct);
        }

        LogSwept(clientId);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await FinishAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is StoreUnavailableException or VersionConflictException)
            {
                LogDelayed(exception);
            }
        }
    }

    private async Task FinishAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var removed = await store.AcrossTenants.ListAsync(
            Query.Of<Client>().AtMost(client => client.RemovedAt, now).Ascending(client => client.RemovedAt).Take(100), ct);
        foreach (var client in removed)
        {
            await SweepAsync(client.Id, ct);
            if (client.RemovedAt + LastWrites <= now)
            {
                await store.AcrossTenants.CommitAsync(transaction => transaction.DeleteAsync<Client>(client.Id), ct);
            }
        }
    }

    private static Erase EraserOf(Type documentType) =>
        typeof(ClientRemoval).GetMethod(nameof(EraseAsync), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(documentType)
            .CreateDelegate<Erase>();

    private static async Task EraseAsync<T>(TenantDocuments documents, CancellationToken ct)
        where T : TenantDocument
    {
        int erased;
        do
        {
            var batch = await documents.ListAsync(Query.Of<T>().Take(BatchSize), ct);
            erased = batch.Count;
            if (erased > 0)
            {
                await documents.CommitAsync(
                    async transaction =>
                    {
                        foreach (var document in batch)
                        {
                            await transaction.DeleteAsync<T>(document.Id);
                        }
                    },
                    ct);
            }
        }
        while (erased == BatchSize);
    }

    [LoggerMessage(LogLevel.Information, "All documents of the removed client {ClientId} are gone")]
    private partial void LogSwept(string clientId);

    [LoggerMessage(LogLevel.Warning, "What removed clients have left stays until the next sweep")]
    private partial void LogDelayed(Exception exception);
}
