using AiBackend.Chat.Runs;
using AiBackend.Jobs;

namespace AiBackend.Tests.Chat;

public sealed class RunRecoveryTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

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
