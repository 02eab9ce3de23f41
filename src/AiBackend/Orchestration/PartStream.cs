using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace AiBackend.Orchestration;

/// <summary>Lets an orchestrator push its parts, from within retries, where an iterator could not yield.</summary>
internal static class PartStream
{
    /// <summary>Parts that may wait for a reader that is slower than the upstream.</summary>
    private const int Capacity = 64;

    /// <summary>Runs the producer and gives what it tells. It is cancelled, and waited for, when the reader stops reading.</summary>
    public static async IAsyncEnumerable<AnswerPart> Of(
        Func<Func<AnswerPart, ValueTask>, CancellationToken, Task> produce, [EnumeratorCancellation] CancellationToken ct)
    {
        var parts = Channel.CreateBounded<AnswerPart>(new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var producing = ProduceAsync(produce, parts.Writer, stop.Token);
        try
        {
            await foreach (var part in parts.Reader.ReadAllAsync(ct))
            {
                yield return part;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await producing;
        }
    }

    private static async Task ProduceAsync(
        Func<Func<AnswerPart, ValueTask>, CancellationToken, Task> produce, ChannelWriter<AnswerPart> parts, CancellationToken ct)
    {
        try
        {
            await produce(part => parts.WriteAsync(part, ct), ct);
            parts.Complete();
        }
        catch (Exception error)
        {
            // Not lost: the reader gets it after the parts that came before, or has stopped reading.
            parts.Complete(error);
        }
    }
}
