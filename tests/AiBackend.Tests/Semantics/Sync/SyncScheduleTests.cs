using AiBackend.Semantics.Sync;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiBackend.Tests.Semantics.Sync;

public sealed class SyncScheduleTests : IAsyncDisposable
{
    private readonly SyncApp app = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private SyncSchedules Schedules => app.Services.GetServices<IHostedService>().OfType<SyncSchedules>().Single();

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task A_schedule_starts_one_job_however_many_look()
    {
        await app.InitializeAsync();
        var bench = await SyncBench.NewAsync(app, schedule: "0 * * * *");
        Assert.Equal(0, await Schedules.SweepAsync(Ct));
        var link = await bench.Tenant.Http.GetJsonAsync(bench.Link);
        Assert.Equal("2026-03-14T10:00:00.000Z", link.Text("next_sync_at"));

        app.Clock.Advance(TimeSpan.FromMinutes(34));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Schedules.SweepAsync(Ct)));

        var job = Assert.Single((await bench.Tenant.Http.GetJsonAsync("/api/v1/semantic/sync-jobs")).Data());
        Assert.Equal("completed", (await bench.EndOfAsync(job.Text("id"))).Text("status"));
        Assert.Equal("2026-03-14T11:00:00.000Z", (await bench.Tenant.Http.GetJsonAsync(bench.Link)).Text("next_sync_at"));
    }

    [Fact]
    public async Task A_time_at_which_one_is_under_way_is_left_out()
    {
        await app.InitializeAsync();
        var bench = await SyncBench.NewAsync(app, schedule: "0 * * * *");
        bench.Database.Holds = true;
        await bench.AskAsync();
        await bench.Database.Reached.Task.WaitAsync(Ct);

        app.Clock.Advance(TimeSpan.FromMinutes(34));

        Assert.Equal(0, await Schedules.SweepAsync(Ct));
        Assert.Single((await bench.Tenant.Http.GetJsonAsync("/api/v1/semantic/sync-jobs")).Data());
        Assert.Equal("2026-03-14T11:00:00.000Z", (await bench.Tenant.Http.GetJsonAsync(bench.Link)).Text("next_sync_at"));
    }

    [Theory]
    [InlineData("every day")]
    [InlineData("0 3 * *")]
    [InlineData("0 0 3 * * *")]
    public async Task What_is_no_schedule_is_refused(string schedule)
    {
        await app.InitializeAsync();
        var bench = await SyncBench.NewAsync(app);

        Assert.Equal(["schedule"], await (await bench.Tenant.Http.PatchJsonAsync(bench.Link, new { schedule })).InvalidFieldsAsync());
    }
}
