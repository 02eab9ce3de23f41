using AiBackend.Chat.Runs;
using AiBackend.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Chat;

public sealed class RunRecoveryTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_unexpected_exception_is_tried_again_and_in_the_end_fails_the_run()
    {
        await using var own = new ChatApp();
        await own.InitializeAsync();
        var tenant = await own.NewChatTenantAsync();
        var held = own.Answers.Hold(tenant.ClientId);
        var runId = (await tenant.SayAsync(new { external_session_id = "a", text = "1" }))["run"]!.Text("id");

        for (var attempts = 1; attempts <= 5; attempts++)
        {
            var attempt = await held.NextAsync();
            Assert.Equal(attempts, attempt.Request.Attempt);
            attempt.Fail(new InvalidOperationException("A bug"));
            if (attempts < 5)
            {
                var pause = TimeSpan.FromSeconds(Math.Pow(2, attempts - 1));
                await tenant.ReachedAsync(runId, run => run.DueAt == own.Clock.GetUtcNow() + pause);
                own.Clock.Advance(pause);
                own.Store.Signals.Raise(Leases.Topic<Run>());
            }
        }

        var run = await tenant.EndOfAsync(runId);
        Assert.Equal(("failed", 5), (run.Text("status"), run.Number("attempts")));
        Assert.Equal("internal_error", run["error"]!.Text("code"));
        Assert.DoesNotContain("bug", run.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_in_the_moment_in_which_it_is_taken_over_ends_at_once()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var runId = (await tenant.SayAsync(new { external_session_id = "a", text = "1" }))["run"]!.Text("id");
        (await held.NextAsync()).Say("First try");
        await tenant.ReachedAsync(runId, run => run.Status is RunStatus.Running);
        Run? claimed = null;
        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                claimed = await transaction.UpdateAsync<Run>(runId, run => run with { LeaseOwner = "this test", Attempts = 2 });
                await transaction.UpdateAsync<Run>(runId, run => run with { CancelRequested = true });
            },
            Ct);

        await app.Services.GetRequiredService<IWorkHandler<Run>>().HandleAsync(claimed!, new CancellationToken(canceled: true));

        Assert.Equal(("cancelled", 2), ((await tenant.GetAsync($"/api/v1/runs/{runId}")).Text("status"), claimed!.Attempts));
    }

    [Fact]
    public async Task A_run_that_was_taken_over_voids_what_was_streamed_and_is_answered_once()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
        var lost = await held.NextAsync();
        lost.Say("First try, ");
        var events = await stream.UntilAsync("reply.delta");

        // As after the death of the process that had it: the lease runs out and the run is claimed again.
        await LoseLeaseAsync(tenant, lost.Request.RunId);
        var attempt = await held.NextAsync();
        lost.Say("still talking");
        lost.Complete("First try, still talking");
        attempt.Say("Second ");
        attempt.Complete("Second try");
        events.AddRange(await stream.RestAsync());

        Assert.Equal(2, attempt.Request.Attempt);
        var reset = Assert.Single(events, received => received.Type == "reply.reset");
        Assert.Equal(2, reset.Data.Number("attempt"));
        Assert.Equal("Second try", SseReader.TextOf(events));
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(received => received.Number));
        var run = await tenant.EndOfAsync(lost.Request.RunId);
        Assert.Equal(("replied", 2), (run.Text("outcome"), run.Number("attempts")));
        Assert.Equal(["1", "Second try"], (await tenant.MessagesAsync(run.Text("session_id"))).Select(message => message.Text("text")));
        Assert.Equal(
            ["chat.session.created", "chat.message.created", "chat.run.started", "chat.message.created", "chat.run.completed"],
            await tenant.EventsAsync(run.Text("session_id")));
    }

    private Task LoseLeaseAsync(ChatTenant tenant, string runId) => tenant.Documents.CommitAsync(
        async transaction =>
        {
            await transaction.UpdateAsync<Run>(runId, run => run with { LeaseOwner = "another process", DueAt = app.Clock.GetUtcNow() });
            transaction.SignalWork<Run>();
        },
        Ct);
}
