using System.Reflection;
using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>
/// Removes what a feature keeps of a client beside the client's own documents, such as servers that were registered for it. It may be called
/// more than once.
/// </summary>
internal delegate Task RemoveOfClient(DocumentStore store, string clientId, CancellationToken ct);

/// <summary>Says why a client cannot be removed, in words for whoever tries, or null. It runs within the commit that removes.</summary>
internal delegate ValueTask<string?> ClientUse(ITransaction transaction, string clientId);

/// <summary>
/// Takes away what removed clients have left, in small commits. Requests and workers that were under way when a client was removed
/// may still store a little, so the client's own document stays, unseen, until nothing can come any more.
/// </summary>
internal sealed partial class ClientRemoval(
    DocumentStore store, DocumentCatalog catalog, IEnumerable<RemoveOfClient> others, TimeProvider clock, ILogger<ClientRemoval> logger) : BackgroundService
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

        foreach (var remove in others)
        {
            await remove(store, clientId, ct);
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
                await FinishAsync(clock.GetUtcNow(), stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogDelayed(exception);
            }
        }
    }

    /// <summary>Sweeps once more after every removed client, and forgets those of whom nothing can come any more.</summary>
    public async Task FinishAsync(DateTimeOffset now, CancellationToken ct)
    {
        var removed = await store.AcrossTenants.ListAsync(
            Query.Of<Client>().AtMost(client => client.RemovedAt, now).Ascending(client => client.RemovedAt).Take(100), ct);
        var isLast = false;
        foreach (var client in removed)
        {
            await SweepAsync(client.Id, ct);
            if (client.RemovedAt + LastWrites <= now)
            {
                await store.AcrossTenants.CommitAsync(transaction => transaction.DeleteAsync<Client>(client.Id), ct);
                isLast = true;
            }
        }

        if (isLast)
        {
            await store.AcrossTenants.ForgetRemovedAsync(ct);
        }
    }

    private static Erase EraserOf(Type documentType) =>
        typeof(ClientRemoval).GetMethod(nameof(EraseAsync), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(documentType)
            .CreateDelegate<Erase>();

    private static async Task EraseAsync<T>(TenantDocuments documents, CancellationToken ct)
        where T : TenantDocument
    {
        // Unordered, because not every set has an index of the client alone in the order of ids.
        var found = await documents.ListAsync<T, Found>(Query.Of<T>(), ct);
        foreach (var batch in found.Chunk(BatchSize))
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

    [LoggerMessage(LogLevel.Information, "All documents of the removed client {ClientId} are gone")]
    private partial void LogSwept(string clientId);

    [LoggerMessage(LogLevel.Warning, "What removed clients have left stays until the next sweep")]
    private partial void LogDelayed(Exception exception);

    private sealed record Found(string Id);
}
