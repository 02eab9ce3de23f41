using System.Threading.Channels;
using AiBackend.Documents;
using AiBackend.Events;

namespace AiBackend.Chat.Runs;

/// <summary>
/// Stores a run's stream while the answer is being made: what comes is gathered and stored in batches, the first text at
/// once and the next ones after a pause, so that a fast model does not cost a commit for each word.
/// </summary>
internal sealed class RunWriter(RunCommits commits, Run work, TimeProvider clock)
{
    /// <summary>The least time between two commits of text.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private readonly Lock gate = new();
    private readonly Channel<bool> changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RunBatch pending = new() { Begins = true };

    public void Add(string type, RawJson data) => Change(batch => batch.Add(type, data));

    public void Add(NewEvent raised) => Change(batch => batch.Add(raised));

    public void AddText(string piece) => Change(batch => batch.AddText(piece));

    /// <summary>Tells the reader that the deltas so far are void.</summary>
    public void Reset(RawJson data) => Change(batch =>
    {
        batch.DropText();
        batch.Add(StreamTypes.ReplyReset, data);
    });

    /// <summary>Stores what comes until <see cref="Close"/>; what is left then goes with the end of the run (<see cref="Take"/>).</summary>
    /// <exception cref="Jobs.LeaseLostException">The run is another's.</exception>
    public async Task WriteAsync()
    {
        changed.Writer.TryWrite(true);
        while (await changed.Reader.WaitToReadAsync() && !closed.Task.IsCompleted)
        {
            changed.Reader.TryRead(out _);
            var batch = Take();
            if (batch.IsEmpty)
            {
                continue;
            }

            // Not cancelled with the work: a commit under way is finished, so that its outcome is known.
            await commits.WriteAsync(work, batch, CancellationToken.None);
            if (batch.HasText)
            {
                await Task.WhenAny(Task.Delay(Pause, clock), closed.Task);
            }
        }
    }

    /// <summary>Lets <see cref="WriteAsync"/> return after the commit under way.</summary>
    public void Close()
    {
        closed.TrySetResult();
        changed.Writer.TryComplete();
    }

    /// <summary>What is not stored yet.</summary>
    public RunBatch Take()
    {
        lock (gate)
        {
            var batch = pending;
            pending = new RunBatch();
            return batch;
        }
    }

    private void Change(Action<RunBatch> change)
    {
        lock (gate)
        {
            change(pending);
        }

        changed.Writer.TryWrite(true);
    }
}
