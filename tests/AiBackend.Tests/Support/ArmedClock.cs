using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Support;

/// <summary>
/// A clock that stands still and tells when a timer was set, so that a test moves it when there is something to go off, not before.
/// </summary>
internal sealed class ArmedClock : FakeTimeProvider
{
    private readonly List<TimeSpan> armings = [];
    private TaskCompletionSource armed = NewSignal();

    /// <summary>Waits until timers were set to this time from their moment so many times, since the clock was made.</summary>
    public async Task UntilArmedAsync(TimeSpan due, int times, CancellationToken ct)
    {
        while (true)
        {
            Task signal;
            lock (armings)
            {
                if (armings.Count(one => one == due) >= times)
                {
                    return;
                }

                signal = armed.Task;
            }

            await signal.WaitAsync(ct);
        }
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, base.CreateTimer(callback, state, dueTime, period));
        Note(dueTime);
        return timer;
    }

    private void Note(TimeSpan due)
    {
        lock (armings)
        {
            armings.Add(due);
            armed.SetResult();
            armed = NewSignal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Timer(ArmedClock clock, ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var isChanged = inner.Change(dueTime, period);
            clock.Note(dueTime);
            return isChanged;
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
