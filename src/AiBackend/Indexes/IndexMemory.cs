using System.Collections.Concurrent;

namespace AiBackend.Indexes;

/// <summary>A search index of one client, in memory.</summary>
internal interface IMemoryIndex
{
    /// <summary>About how much memory it takes.</summary>
    long ApproximateBytes { get; }

    /// <summary>How many things can be found.</summary>
    int Entries { get; }
}

/// <summary>
/// The search indexes that are in the memory of this process, of all kinds and clients, within one budget. Those that are not used go,
/// and the least used ones when memory is short; whoever needs one again builds it again.
/// </summary>
internal sealed partial class IndexMemory(IndexOptions options, TimeProvider clock, ILogger<IndexMemory> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan TrimInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Kind, string ClientId), IndexPlace> places = [];
    private readonly CancellationTokenSource stopping = new();
    private ITimer? trimming;

    /// <summary>Fires when the process ends: what is built serves everybody who waits, so it does not end with one request.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>How much memory the indexes of all kinds may take together, in bytes.</summary>
    public long Budget => options.Bytes;

    /// <summary>About how much memory the indexes take.</summary>
    public long ApproximateBytes => places.Sum(place => place.Value.Held?.ApproximateBytes ?? 0);

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

    /// <summary>How many clients have an index of this kind in memory.</summary>
    public int CountOf(string kind) => places.Count(place => place.Key.Kind == kind && place.Value.Held is not null);

    /// <summary>The place of a client's index, which is about to be used.</summary>
    public IndexPlace Use(string kind, string clientId)
    {
        var place = places.GetOrAdd((kind, clientId), static _ => new IndexPlace());
        place.UsedAt = clock.GetTimestamp();
        return place;
    }

    /// <summary>The place of a client's index if that is in memory.</summary>
    public IndexPlace? Find(string kind, string clientId) =>
        places.TryGetValue((kind, clientId), out var place) && place.Held is not null ? place : null;

    /// <summary>Lets go of indexes; searches that are under way keep theirs until they end. To be called when one was built or has grown.</summary>
    public void Trim()
    {
        var now = clock.GetTimestamp();
        var bytes = 0L;
        foreach (var (key, place) in places.OrderByDescending(entry => entry.Value.UsedAt))
        {
            if (place.Held is not { } held)
            {
                continue;
            }

            var isFirst = bytes == 0;
            bytes += held.ApproximateBytes;
            if (clock.GetElapsedTime(place.UsedAt, now) > options.Idle || (bytes > options.Bytes && !isFirst))
            {
                places.TryRemove(KeyValuePair.Create(key, place));
                LogDropped(key.Kind, key.ClientId, held.Entries);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Dropped the index of {Kind} of {ClientId} with {Entries} entries from memory")]
    private partial void LogDropped(string kind, string clientId, int entries);
}

/// <summary>Where the index of a client is, or will be.</summary>
internal sealed class IndexPlace
{
    private long usedAt;
    private volatile IMemoryIndex? held;

    /// <summary>Held by whoever builds the index or brings it up to date.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>The index; null until it is built.</summary>
    public IMemoryIndex? Held
    {
        get => held;
        set => held = value;
    }

    /// <summary>When it was used last, by the clock's timestamp.</summary>
    public long UsedAt
    {
        get => Volatile.Read(ref usedAt);
        set => Volatile.Write(ref usedAt, value);
    }
}
