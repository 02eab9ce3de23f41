using System.Net;
using AiBackend.Chat.Runs;

namespace AiBackend.Tests.Chat;

public sealed class CancelTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_waiting_run_is_cancelled_at_once()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        var first = (await tenant.SayAsync(new { session_id = session, text = "1" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();
        var second = (await tenant.SayAsync(new { session_id = session, text = "2" }))["run"]!.Text("id");
        var third = (await tenant.SayAsync(new { session_id = session, text = "3" }))["run"]!.Text("id");

        var cancelled = await tenant.PostAsync($"/api/v1/runs/{second}/cancel");
        attempt.Complete("a");
        await tenant.EndOfAsync(first);
        var next = await held.NextAsync();
        next.Complete("c");
        await tenant.EndOfAsync(third);

        Assert.Equal("cancelled", cancelled.Text("status"));
        Assert.Null(cancelled["outcome"]);
        Assert.Equal(third, next.Request.RunId);
        Assert.Equal(["1", "2", "3", "a", "c"], (await tenant.MessagesAsync(session)).Select(message => message.Text("text")));
        Assert.Single(await tenant.EventsAsync(session), type => type == "chat.run.cancelled");
        using var stream = await SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{second}/stream");
        Assert.Equal(["message.created", "run.cancelled"], (await stream.RestAsync()).Select(received => received.Type));
    }

    [Fact]
    public async Task A_run_in_work_is_cancelled_and_the_next_goes_on()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
        var attempt = await held.NextAsync();
        attempt.Say("Half an ans");
        var seen = await stream.UntilAsync("reply.delta");
        var runId = attempt.Request.RunId;
        var next = (await tenant.SayAsync(new { external_session_id = "a", text = "2" }))["run"]!.Text("id");

        var cancelled = await tenant.PostAsync($"/api/v1/runs/{runId}/cancel");
        await attempt.Stopped;
        (await held.NextAsync()).Complete("Whole answer");
        await tenant.EndOfAsync(next);

        Assert.Equal("cancelled", cancelled.Text("status"));
        Assert.Equal(["run.cancelled"], (await stream.RestAsync()).Select(received => received.Type));
        var session = seen[0].Data["message"]!.Text("session_id");
        Assert.Equal(["1", "2", "Whole answer"], (await tenant.MessagesAsync(session)).Select(message => message.Text("text")));
        Assert.Equal(HttpStatusCode.Conflict.ToString(), (await StatusOfCancelAsync(tenant, runId)).ToString());
        Assert.Equal(HttpStatusCode.Conflict, await StatusOfCancelAsync(tenant, next));
    }

    [Fact]
    public async Task A_cancellation_asked_for_in_another_process_is_felt_within_a_second()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var runId = (await tenant.SayAsync(new { external_session_id = "a", text = "1" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();
        attempt.Say("Half");
        await tenant.ReachedAsync(runId, run => run.StreamLength >= 3);

        // What the other process does to the stored run; this process's workers are not told.
        await tenant.Documents.CommitAsync(
            async transaction => await transaction.UpdateAsync<Run>(runId, run => run with { CancelRequested = true }), Ct);
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("cancelled", (await tenant.EndOfAsync(runId)).Text("status"));
        await attempt.Stopped;
    }

    [Fact]
    public async Task A_message_that_was_deleted_before_its_turn_is_not_answered()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var first = (await tenant.SayAsync(new { external_session_id = "a", text = "1" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();
        var second = await tenant.SayAsync(new { external_session_id = "a", text = "2" });

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{second["message"]!.Text("id")}", null, HttpStatusCode.NoContent);
        attempt.Complete("a");
        await tenant.EndOfAsync(first);

        Assert.Equal("cancelled", (await tenant.EndOfAsync(second["run"]!.Text("id"))).Text("status"));
        Assert.False(held.IsAsked);
    }

    private static async Task<HttpStatusCode> StatusOfCancelAsync(ChatTenant tenant, string runId)
    {
        using var response = await tenant.Http.PostAsync($"/api/v1/runs/{runId}/cancel", content: null, Ct);
        return response.StatusCode;
    }
}
