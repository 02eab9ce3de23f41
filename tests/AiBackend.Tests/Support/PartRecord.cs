using System.Collections.Concurrent;

namespace AiBackend.Tests.Support;

/// <summary>Keeps what a stream gave, and lets a test wait for it.</summary>
internal sealed class PartRecord<T>
    where T : class
{
    private readonly ConcurrentQueue<T> parts = new();
    private TaskCompletionSource more = NewSignal();

    public IReadOnlyList<T> All => [.. parts];

    public ValueTask Add(T part)
    {
        parts.Enqueue(part);
        Interlocked.Exchange(ref more, NewSignal()).SetResult();
        return default;
    }

    /// <summary>Waits until so many parts of the type are there.</summary>
    public async Task UntilAsync<TPart>(int count, CancellationToken ct)
        where TPart : T
    {
        while (true)
        {
            var signal = more.Task;
            if (Count<TPart>() >= count)
            {
                return;
            }

            await signal.WaitAsync(ct);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int Count<TPart>() => parts.OfType<TPart>().Count();
}
