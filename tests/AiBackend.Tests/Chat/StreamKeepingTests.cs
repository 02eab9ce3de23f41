using System.Net;
using AiBackend.Chat.Runs;

namespace AiBackend.Tests.Chat;

public sealed class StreamKeepingTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task The_stream_of_a_deleted_reply_shows_no_more_of_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "secret" });
        var run = await tenant.EndOfAsync(posted["run"]!.Text("id"));

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{run.Text("reply_message_id")}", null, HttpStatusCode.NoContent);
        using var stream = await SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{run.Text("id")}/stream");
        var events = await stream.RestAsync();

        Assert.Equal(["message.created", "reply.completed", "run.completed"], events.Select(received => received.Type));
        Assert.Equal(string.Empty, events[1].Data["message"]!.Text("text"));
    }

    [Fact]
    public async Task A_stream_whose_single_events_have_expired_is_the_reply_and_the_end()
    {
        await using var own = new ChatApp();
        await own.InitializeAsync();
        var tenant = await own.NewChatTenantAsync();
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "t" });
        var run = await tenant.EndOfAsync(posted["run"]!.Text("id"));
        var runId = run.Text("id");
        var ct = TestContext.Current.CancellationToken;

        Assert.Equal(0, await own.Store.AcrossTenants.RemoveExpiredAsync(own.Clock.GetUtcNow() + RunQueue.StreamKeep - TimeSpan.FromSeconds(1), ct));
        using var kept = await SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{runId}/stream");
        var before = await kept.RestAsync();
        Assert.NotEqual(0, await own.Store.AcrossTenants.RemoveExpiredAsync(own.Clock.GetUtcNow() + RunQueue.StreamKeep, ct));
        using var gone = await SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{runId}/stream");
        var after = await gone.RestAsync();
        using var last = await ResumeAsync(tenant, runId, before[^1].Id!);

        Assert.Equal(["message.created", "reply.completed", "run.completed"], after.Select(received => received.Type));
        Assert.Equal([before[0].Id, before[^2].Id, before[^1].Id], after.Select(received => received.Id));
        Assert.Empty(await last.RestAsync());
    }

    [Fact]
    public async Task A_stream_of_a_deleted_session_ends_as_cancelled()
    {
        var tenant = await app.NewChatTenantAsync();
        app.Answers.Hold(tenant.ClientId);
        using var stream = await PostAsync(tenant, new { external_session_id = "a", text = "t" });
        var started = (await stream.UntilAsync("run.started"))[^1];

        await tenant.SendAsync(
            HttpMethod.Delete, $"/api/v1/sessions/{started.Data["run"]!.Text("session_id")}", null, HttpStatusCode.NoContent);

        var end = Assert.Single(await stream.RestAsync());
        Assert.Equal(("run.cancelled", "cancelled"), (end.Type, end.Data["run"]!.Text("status")));
    }

    [Fact]
    public async Task A_silent_stream_is_kept_alive_by_comments()
    {
        await using var own = new ChatApp();
        await own.InitializeAsync();
        var tenant = await own.NewChatTenantAsync();
        var held = own.Answers.Hold(tenant.ClientId);
        var first = await tenant.SayAsync(new { external_session_id = "a", text = "1" });
        await held.NextAsync();
        using var stream = await PostAsync(tenant, new { external_session_id = "a", text = "2" });
        await stream.UntilAsync("message.created");

        var next = stream.NextAsync();
        var patience = TimeSpan.FromSeconds(15);
        for (var times = 1; stream.Comments < 2; times++)
        {
            await own.ArmedClock.UntilArmedAsync(patience, times, TestContext.Current.CancellationToken);
            own.Clock.Advance(patience);
        }

        await tenant.PostAsync($"/api/v1/sessions/{first["message"]!.Text("session_id")}/close");
        Assert.Equal("run.cancelled", (await next)!.Type);
    }

    private static Task<SseReader> PostAsync(ChatTenant tenant, object message, params (string Name, string Value)[] headers) =>
        SseReader.OpenAsync(tenant.Http, HttpMethod.Post, "/api/v1/messages", message, headers);

    private static Task<SseReader> ResumeAsync(ChatTenant tenant, string runId, string lastId) =>
        SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{runId}/stream", null, ("Last-Event-ID", lastId));
}
