using System.Collections.Concurrent;
using AiBackend.Documents;
using AiBackend.Search.Index;

namespace AiBackend.Knowledge.Indexing;

/// <summary>
/// The search indexes of the clients that search in this process. One is built from storage at its first use and follows the
/// commits of all processes by the log of changes. Those that are not used go, and the least used ones when memory is short.
/// </summary>
internal sealed partial class ClientIndexes(
    DocumentStore store, IndexReader reader, KnowledgeOptions options, TimeProvider clock, ILogger<ClientIndexes> logger)
    : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan TrimInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();
    private ITimer? trimming;

    /// <summary>How many clients have an index in memory.</summary>
    public int Count => entries.Count(entry => entry.Value.Loaded is not null);

    /// <summary>About how much memory the indexes take.</summary>
    public long ApproximateBytes => entries.Sum(entry => entry.Value.Loaded?.ApproximateBytes ?? 0);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        trimming = clock.CreateTimer(_ => Trim(), state: null, TrimInterval, TrimInterval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => stopping.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        if (trimming is not null)
        {
            await trimming.DisposeAsync();
        }

        stopping.Dispose();
    }

    /// <summary>The client's index, in which every change is that was committed before this call.</summary>
    public async Task<ClientIndex> GetAsync(string clientId, CancellationToken ct)
    {
        var sequence = await reader.ReadSequenceAsync(clientId, ct);
        var entry = entries.GetOrAdd(clientId, _ => new Entry());
        entry.UsedAt = clock.GetTimestamp();
        return await UpdateAsync(clientId, entry, sequence, ct);
    }

    /// <summary>Brings the client's index up to date if it is in memory, so that the next search need not.</summary>
    public async Task FollowAsync(string clientId, CancellationToken ct)
    {
        if (entries.TryGetValue(clientId, out var entry) && entry.Loaded is not null)
        {
            await UpdateAsync(clientId, entry, await reader.ReadSequenceAsync(clientId, ct), ct);
        }
    }

    private async Task<ClientIndex> UpdateAsync(string clientId, Entry entry, long sequence, CancellationToken ct)
    {
        if (entry.Loaded is { } loaded && loaded.Sequence >= sequence)
        {
            return loaded.Index;
        }

        await entry.Gate.WaitAsync(ct);
        try
        {
            // The reading serves everybody who waits here, so it does not end with the request that began it.
            loaded = entry.Loaded;
            if (loaded is null || (loaded.Sequence < sequence && !await reader.FollowAsync(clientId, loaded, sequence, stopping.Token)))
            {
                var started = clock.GetTimestamp();
                loaded = await reader.BuildAsync(store.For(clientId), stopping.Token);
                LogBuilt(clientId, loaded.Index.DocumentCount, loaded.Index.ChunkCount, clock.GetElapsedTime(started).TotalMilliseconds);
            }

            entry.Loaded = loaded;
        }
        finally
        {
            entry.Gate.Release();
        }

        Trim();
        return loaded.Index;
    }

    /// <summary>Lets go of indexes; searches that are under way keep theirs until they end.</summary>
    private void Trim()
    {
        var now = clock.GetTimestamp();
        var bytes = 0L;
        foreach (var (clientId, entry) in entries.OrderByDescending(entry => entry.Value.UsedAt))
        {
            if (entry.Loaded is not { } loaded)
            {
                continue;
            }

            var isFirst = bytes == 0;
            bytes += loaded.ApproximateBytes;
            if (clock.GetElapsedTime(entry.UsedAt, now) > options.IndexIdle || (bytes > options.IndexBytes && !isFirst))
            {
                entries.TryRemove(KeyValuePair.Create(clientId, entry));
                LogDropped(clientId, loaded.Index.ChunkCount);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Built the index of {ClientId}: {Documents} documents, {Chunks} chunks in {Milliseconds:F0} ms")]
    private partial void LogBuilt(string clientId, int documents, int chunks, double milliseconds);

    [LoggerMessage(LogLevel.Information, "Dropped the index of {ClientId} with {Chunks} chunks from memory")]
    private partial void LogDropped(string clientId, int chunks);

    private sealed class Entry
    {
        private long usedAt;
        private volatile LoadedIndex? loaded;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public LoadedIndex? Loaded
        {
            get => loaded;
            set => loaded = value;
        }

        public long UsedAt
        {
            get => Volatile.Read(ref usedAt);
            set => Volatile.Write(ref usedAt, value);
        }
    }
}
