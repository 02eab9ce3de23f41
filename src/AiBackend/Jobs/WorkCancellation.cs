using System.Collections.Concurrent;

namespace AiBackend.Jobs;

/// <summary>
/// Reaches the work that runs in this process. Who asks for a cancellation stores it first
/// (<see cref="ICancellableWork.CancelRequested"/>); a worker in another process sees that at its next poll.
/// </summary>
internal sealed class WorkCancellation
{
    private readonly ConcurrentDictionary<string, CancellationTokenSource> running = new(StringComparer.Ordinal);

    /// <summary>Cancels the handler of this work if it runs here.</summary>
    public void Request(string id)
    {
        if (running.TryGetValue(id, out var source))
        {
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The work ended in the same moment.
            }
        }
    }

    internal void Started(string id, CancellationTokenSource source) => running[id] = source;

    internal void Ended(string id, CancellationTokenSource source) => running.TryRemove(KeyValuePair.Create(id, source));
}
