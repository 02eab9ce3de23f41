using AiBackend.Jobs;

namespace AiBackend.Tests.Jobs;

public sealed class WorkLoopTests : IAsyncLifetime
{
    private readonly WorkBench bench = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => bench.InitializeAsync();

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    [Fact]
    public async Task Work_that_a_commit_makes_due_is_done_once()
    {
        await bench.StartAsync();

        await bench.AddAsync("cli_a", "a1");

        Assert.Equal("a1", await bench.DoneAsync(Ct));
        var stored = await bench.FindAsync("a1");
        Assert.Equal((1, null), (stored.Attempts, stored.DueAt));
    }

    [Fact]
    public async Task A_flood_of_one_client_delays_another_by_one_claim()
    {
        for (var i = 0; i < 50; i++)
        {
            await bench.AddAsync("cli_flood", $"flood{i:00}");
        }

        await bench.AddAsync("cli_small", "small");
        await bench.StartAsync(options => options.Concurrency = 1);

        var order = new List<string>();
        for (var i = 0; i < 51; i++)
        {
            order.Add(await bench.DoneAsync(Ct));
        }

        Assert.InRange(order.IndexOf("small"), 0, 1);
        Assert.Equal(51, order.Distinct().Count());
    }

    [Fact]
    public async Task A_client_at_its_own_limit_leaves_room_for_others_and_goes_on_later()
    {
        bench.Block("a1");
        await bench.AddAsync("cli_a", "a1");
        await bench.AddAsync("cli_a", "a2");
        await bench.StartAsync(options =>
        {
            options.Concurrency = 2;
            options.ConcurrencyPerClient = 1;
        });
        Assert.Equal("a1", await bench.StartedAsync(Ct));

        await bench.AddAsync("cli_b", "b1");

        Assert.Equal("b1", await bench.DoneAsync(Ct));
        Assert.Equal(0, (await bench.FindAsync("a2")).Attempts);
        bench.Unblock("a1");
        Assert.Equal("a1", await bench.DoneAsync(Ct));
        Assert.Equal("a2", await bench.DoneAsync(Ct));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task A_flood_that_is_older_than_other_work_does_not_hide_it(int concurrency)
    {
        for (var i = 0; i < 200; i++)
        {
            await bench.AddAsync("cli_flood", $"flood{i:000}");
        }

        await bench.AddAsync("cli_a", "a1");
        await bench.AddAsync("cli_z", "z1");
        await bench.StartAsync(options => options.Concurrency = concurrency);

        var order = new List<string>();
        for (var i = 0; i < 202; i++)
        {
            order.Add(await bench.DoneAsync(Ct));
        }

        Assert.InRange(order.IndexOf("a1"), 0, 2 * concurrency);
        Assert.InRange(order.IndexOf("z1"), 0, 2 * concurrency);
        Assert.Equal(202, order.Distinct().Count());
    }

    [Fact]
    public async Task A_flood_at_its_limit_does_not_hide_other_work()
    {
        for (var i = 0; i < 100; i++)
        {
            bench.Block($"flood{i:000}");
            await bench.AddAsync("cli_flood", $"flood{i:000}");
        }

        await bench.StartAsync(options =>
        {
            options.Concurrency = 8;
            options.ConcurrencyPerTurn = 4;
        });
        for (var i = 0; i < 4; i++)
        {
            Assert.StartsWith("flood", await bench.StartedAsync(Ct), StringComparison.Ordinal);
        }

        await bench.AddAsync("cli_a", "a1");
        await bench.AddAsync("cli_z", "z1");

        string[] done = [await bench.DoneAsync(Ct), await bench.DoneAsync(Ct)];
        Assert.Equal(["a1", "z1"], done.Order());
    }

    [Fact]
    public async Task Work_of_a_worker_that_died_is_taken_up_when_its_lease_has_run_out()
    {
        await bench.AddAsync("cli_a", "a1");
        await bench.ClaimAsDeadWorkerAsync(TimeSpan.FromSeconds(15));
        await bench.StartAsync();
        await bench.AddAsync("cli_b", "b1");
        Assert.Equal("b1", await bench.DoneAsync(Ct));
        Assert.Equal(1, (await bench.FindAsync("a1")).Attempts);

        var done = bench.DoneAsync(Ct);
        await bench.AdvanceUntilAsync(TimeSpan.FromSeconds(1), done);

        Assert.Equal("a1", await done);
        Assert.InRange(bench.Clock.GetUtcNow() - WorkBench.Start, TimeSpan.FromSeconds(15), TimeSpan.MaxValue);
        Assert.Equal(2, (await bench.FindAsync("a1")).Attempts);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_can_store_nothing_more()
    {
        await bench.AddAsync("cli_a", "a1");
        var lost = await bench.ClaimAsDeadWorkerAsync(TimeSpan.FromSeconds(15));
        bench.Clock.Advance(TimeSpan.FromSeconds(16));
        await bench.StartAsync();
        Assert.Equal("a1", await bench.DoneAsync(Ct));

        await Assert.ThrowsAsync<LeaseLostException>(() => bench.EndAsync(lost));
    }

    [Fact]
    public async Task A_living_worker_keeps_its_lease_beyond_its_first_end()
    {
        bench.Block("a1");
        await bench.AddAsync("cli_a", "a1");
        await bench.StartAsync(options => options.Lease = TimeSpan.FromSeconds(60));
        await bench.StartedAsync(Ct);

        await bench.AdvanceUntilAsync(
            TimeSpan.FromSeconds(2), bench.UntilAsync("a1", stored => stored.DueAt > WorkBench.Start + TimeSpan.FromSeconds(130)));

        Assert.Equal(1, (await bench.FindAsync("a1")).Attempts);
        bench.Unblock("a1");
        Assert.Equal("a1", await bench.DoneAsync(Ct));
    }

    [Fact]
    public async Task Work_that_was_put_off_keeps_its_time_although_its_worker_has_not_returned_yet()
    {
        var due = WorkBench.Start + TimeSpan.FromHours(1);
        foreach (var id in new[] { "a1", "a2" })
        {
            bench.Block(id);
            await bench.AddAsync("cli_a", id);
        }

        await bench.StartAsync(options => options.Lease = TimeSpan.FromSeconds(60));
        await bench.StartedAsync(Ct);
        await bench.StartedAsync(Ct);
        await bench.PutOffAsync("a1", due);
        bench.Clock.Advance(TimeSpan.FromSeconds(20));

        await bench.AdvanceUntilAsync(
            TimeSpan.FromSeconds(2), bench.UntilAsync("a2", stored => stored.DueAt > WorkBench.Start + TimeSpan.FromSeconds(130)));

        Assert.Equal(due, (await bench.FindAsync("a1")).DueAt);
    }

    [Fact]
    public async Task A_cancellation_reaches_work_in_the_same_process_at_once()
    {
        bench.Block("a1");
        await bench.AddAsync("cli_a", "a1");
        await bench.StartAsync();
        await bench.StartedAsync(Ct);

        await bench.RequestCancellationAsync("a1");
        bench.Cancellation.Request("a1");

        Assert.Equal("cancelled a1", await bench.DoneAsync(Ct));
    }

    [Fact]
    public async Task A_cancellation_that_another_process_stored_is_felt_within_a_second()
    {
        bench.Block("a1");
        await bench.AddAsync("cli_a", "a1");
        await bench.StartAsync();
        await bench.StartedAsync(Ct);

        await bench.RequestCancellationAsync("a1");

        var done = bench.DoneAsync(Ct);
        await bench.AdvanceUntilAsync(TimeSpan.FromSeconds(1), done);
        Assert.Equal("cancelled a1", await done);
    }

    [Fact]
    public async Task An_unexpected_failure_is_handed_to_the_handler_and_tried_again()
    {
        bench.FailOnce("a1");
        await bench.AddAsync("cli_a", "a1");
        await bench.StartAsync();
        await bench.StartedAsync(Ct);
        await bench.UntilAsync("a1", stored => stored.DueAt == WorkBench.Start + TimeSpan.FromSeconds(2));

        await bench.AdvanceUntilAsync(TimeSpan.FromSeconds(1), bench.DoneAsync(Ct));

        Assert.Equal(2, (await bench.FindAsync("a1")).Attempts);
    }

    [Fact]
    public async Task Stopping_lets_running_work_finish()
    {
        bench.Block("a1");
        await bench.AddAsync("cli_a", "a1");
        await bench.StartAsync();
        await bench.StartedAsync(Ct);

        var stopped = bench.StopAsync();
        bench.Unblock("a1");
        await stopped;

        Assert.Equal("a1", await bench.DoneAsync(Ct));
        Assert.Null((await bench.FindAsync("a1")).DueAt);
    }

    [Fact]
    public async Task Stopping_hands_work_back_that_does_not_finish_in_time()
    {
        bench.Block("a1");
        bench.Jobs.DrainLimit = TimeSpan.Zero;
        await bench.AddAsync("cli_a", "a1");
        await bench.StartAsync();
        await bench.StartedAsync(Ct);

        await bench.StopAsync();

        var stored = await bench.FindAsync("a1");
        Assert.Equal((1, bench.Clock.GetUtcNow()), (stored.Attempts, stored.DueAt));
    }

    [Fact]
    public async Task A_process_that_only_serves_HTTP_takes_nothing()
    {
        bench.Jobs.RunsWork = false;
        await bench.AddAsync("cli_a", "a1");

        await bench.StartAsync();
        await bench.StopAsync();

        Assert.Equal(0, (await bench.FindAsync("a1")).Attempts);
    }
}
