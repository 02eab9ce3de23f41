using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Documents.Tests;

public sealed class CommitSignalsTests
{
    private readonly CommitSignals signals = new();
    private readonly FakeTimeProvider clock = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_waiter_of_the_topic_is_woken_and_no_other()
    {
        using var one = signals.Subscribe("runs");
        using var two = signals.Subscribe("runs");
        using var other = signals.Subscribe("jobs");
        var waits = new[] { WaitAsync(one), WaitAsync(two) };

        signals.Raise("runs");

        Assert.All(await Task.WhenAll(waits), Assert.True);
        Assert.False(await other.WaitAsync(TimeSpan.Zero, clock, Ct));
    }

    [Fact]
    public async Task A_signal_between_two_waits_is_not_missed_and_counts_once()
    {
        using var subscription = signals.Subscribe("runs");

        signals.Raise("runs");
        signals.Raise("runs");

        Assert.True(await subscription.WaitAsync(TimeSpan.Zero, clock, Ct));
        Assert.False(await subscription.WaitAsync(TimeSpan.Zero, clock, Ct));
    }

    [Fact]
    public async Task A_wait_ends_at_its_limit()
    {
        using var subscription = signals.Subscribe("runs");
        var wait = subscription.WaitAsync(TimeSpan.FromSeconds(1), clock, Ct);

        clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(wait.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(await wait);
    }

    [Fact]
    public async Task A_cancelled_wait_throws_and_a_later_signal_is_kept()
    {
        using var subscription = signals.Subscribe("runs");
        using var gone = new CancellationTokenSource();
        var wait = subscription.WaitAsync(TimeSpan.FromSeconds(1), clock, gone.Token);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        signals.Raise("runs");

        Assert.True(await WaitAsync(subscription));
    }

    [Fact]
    public async Task A_topic_outlives_listeners_that_leave()
    {
        var leaving = signals.Subscribe("runs");
        using var staying = signals.Subscribe("runs");
        leaving.Dispose();
        leaving.Dispose();

        signals.Raise("runs");

        Assert.True(await WaitAsync(staying));
        Assert.False(await leaving.WaitAsync(TimeSpan.Zero, clock, Ct));
    }

    [Fact]
    public void A_topic_without_listeners_may_be_raised() => Assert.Null(Record.Exception(() => signals.Raise("nobody")));

    [Fact]
    public async Task No_signal_is_lost_while_others_come_and_go()
    {
        using var subscription = signals.Subscribe("runs");
        var others = Task.Run(
            () =>
            {
                for (var i = 0; i < 20_000; i++)
                {
                    signals.Subscribe("runs").Dispose();
                }
            },
            Ct);

        for (var i = 0; i < 1_000; i++)
        {
            signals.Raise("runs");
            Assert.True(await subscription.WaitAsync(TimeSpan.Zero, clock, Ct));
        }

        await others;
    }

    private Task<bool> WaitAsync(CommitSignals.Subscription subscription) => subscription.WaitAsync(TimeSpan.FromSeconds(1), clock, Ct);
}
