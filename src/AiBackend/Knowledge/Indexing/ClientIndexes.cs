using AiBackend.Documents;
using AiBackend.Indexes;
using AiBackend.Search.Index;

namespace AiBackend.Knowledge.Indexing;

/// <summary>
/// The search indexes of the clients that search in this process. One is built from storage at its first use and follows the
/// commits of all processes by the log of changes.
/// </summary>
internal sealed partial class ClientIndexes(
    DocumentStore store, IndexReader reader, IndexMemory memory, TimeProvider clock, ILogger<ClientIndexes> logger)
{
    private const string Kind = "documents";

    /// <summary>How many clients have an index in memory.</summary>
    public int Count => memory.CountOf(Kind);

    /// <summary>The client's index, in which every change is that was committed before this call.</summary>
    public async Task<ClientIndex> GetAsync(string clientId, CancellationToken ct)
    {
        var sequence = await reader.ReadSequenceAsync(clientId, ct);
        return await UpdateAsync(clientId, memory.Use(Kind, clientId), sequence, ct);
    }

    /// <summary>Brings the client's index up to date if it is in memory, so that the next search need not.</summary>
    public async Task FollowAsync(string clientId, CancellationToken ct)
    {
        if (memory.Find(Kind, clientId) is { } place)
        {
            await UpdateAsync(clientId, place, await reader.ReadSequenceAsync(clientId, ct), ct);
        }
    }

    private async Task<ClientIndex> UpdateAsync(string clientId, IndexPlace place, long sequence, CancellationToken ct)
    {
        if (place.Held is LoadedIndex current && current.Sequence >= sequence)
        {
            return current.Index;
        }

        await place.Gate.WaitAsync(ct);
        LoadedIndex? loaded;
        try
        {
            // The reading serves everybody who waits here, so it does not end with the request that began it.
            loaded = (LoadedIndex?)place.Held;
            if (loaded is null || (loaded.Sequence < sequence && !await reader.FollowAsync(clientId, loaded, sequence, memory.Stopping)))
            {
                var started = clock.GetTimestamp();
                loaded = await reader.BuildAsync(store.For(clientId), memory.Stopping);
                LogBuilt(clientId, loaded.Index.DocumentCount, loaded.Index.ChunkCount, clock.GetElapsedTime(started).TotalMilliseconds);
            }

            place.Held = loaded;
        }
        finally
        {
            place.Gate.Release();
        }

        memory.Trim();
        return loaded.Index;
    }

    [LoggerMessage(LogLevel.Information, "Built the index of {ClientId}: {Documents} documents, {Chunks} chunks in {Milliseconds:F0} ms")]
    private partial void LogBuilt(string clientId, int documents, int chunks, double milliseconds);
}
