using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>
/// The clients, their keys and channels as every request asks for them: remembered for a second at most, and in this process not
/// beyond a change (<see cref="Forget"/>).
/// </summary>
internal sealed class ClientDirectory(DocumentStore store, TimeProvider clock)
{
    private const int MostRemembered = 50_000;
    private const int ClientsPerPage = 200;
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Remembered> byId = new(StringComparer.Ordinal);
    private long changes;

    /// <summary>The client; null when there is none, or it is being removed.</summary>
    public async ValueTask<Client?> FindAsync(string clientId, CancellationToken ct) =>
        await RecallAsync<Client>(clientId, ct) is { RemovedAt: null } found ? found : null;

    /// <summary>All clients that are not being removed, as they are stored.</summary>
    public async IAsyncEnumerable<Client> AllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await store.AcrossTenants.PageAsync(Query.Of<Client>().Ascending(), cursor, ClientsPerPage, ct);
            foreach (var client in page.Items.Where(client => client.RemovedAt is null))
            {
                yield return client;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>The client's channel, or null.</summary>
    public async ValueTask<Channel?> FindChannelAsync(string clientId, string channelId, CancellationToken ct) =>
        await RecallAsync<Channel>(channelId, ct) is { } found && found.ClientId == clientId ? found : null;

    /// <summary>The key, whoever's it is, in whatever state.</summary>
    public ValueTask<ApiKey?> FindKeyAsync(string keyId, CancellationToken ct) => RecallAsync<ApiKey>(keyId, ct);

    /// <summary>Call it after each commit that changed a client, key or channel: the next look reads the store.</summary>
    public void Forget(string id)
    {
        Interlocked.Increment(ref changes);
        byId.TryRemove(id, out _);
    }

    private ValueTask<T?> RecallAsync<T>(string id, CancellationToken ct)
        where T : Document =>
        byId.TryGetValue(id, out var remembered) && clock.GetElapsedTime(remembered.At) < Freshness
            ? ValueTask.FromResult(remembered.Document as T)
            : new ValueTask<T?>(ReadAsync<T>(id, ct));

    private async Task<T?> ReadAsync<T>(string id, CancellationToken ct)
        where T : Document
    {
        // What was read before a change must not be remembered after it.
        var before = Interlocked.Read(ref changes);
        var at = clock.GetTimestamp();
        var found = await store.AcrossTenants.FindAsync<T>(id, ct);
        if (found is null)
        {
            byId.TryRemove(id, out _);
            return null;
        }

        if (byId.Count >= MostRemembered)
        {
            byId.Clear();
        }

        var remembered = new Remembered(found, at);
        byId[id] = remembered;
        if (Interlocked.Read(ref changes) != before)
        {
            byId.TryRemove(KeyValuePair.Create(id, remembered));
        }

        return found;
    }

    private sealed record Remembered(Document Document, long At);
}
