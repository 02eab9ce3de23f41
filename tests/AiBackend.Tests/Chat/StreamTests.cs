using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Chat.Runs;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

public sealed class StreamTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static readonly Citation Source = new("doc_1", "chk_1", "Returns", "https://shop.example/returns", "Thirty days.", 0.9);

    [Fact]
    public async Task A_streamed_message_tells_of_its_answer_step_by_step()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);

        using var stream = await PostAsync(tenant, new { external_session_id = "a", text = "How long?" });
        var created = await stream.NextAsync();
        var started = await stream.NextAsync();
        var attempt = await held.NextAsync();
        attempt.Give(new AnswerPart.Sources([Source]));
        var citations = await stream.NextAsync();
        attempt.Say("Thirty ");
        var delta = await stream.NextAsync();
        attempt.Say("days.");
        attempt.Give(new AnswerPart.Completed("Thirty days.", 0.8, [Source], new TokenUsage(7, 3, 0.01m), "m", null));
        var rest = await stream.RestAsync();

        Assert.Equal("message.created", created!.Type);
        var message = created.Data["message"]!;
        Assert.Equal("How long?", message.Text("text"));
        Assert.Equal("run.started", started!.Type);
        var run = started.Data["run"]!;
        Assert.Equal(("running", message.Text("id")), (run.Text("status"), run.Text("message_id")));
        Assert.Equal("run.citations", citations!.Type);
        Assert.Equal("Thirty days.", citations.Data["citations"]![0]!.Text("quote"));
        Assert.Equal(("reply.delta", "Thirty "), (delta!.Type, delta.Data.Text("text")));
        Assert.Equal(["reply.delta", "reply.completed", "run.completed"], rest.Select(received => received.Type));
        var reply = rest[1].Data["message"]!;
        Assert.Equal("Thirty days.", reply.Text("text"));
        Assert.True(JsonNode.DeepEquals(reply, await tenant.GetAsync($"/api/v1/messages/{reply.Text("id")}")));
        var ended = rest[2].Data["run"]!;
        Assert.Equal("replied", ended.Text("outcome"));
        Assert.True(JsonNode.DeepEquals(ended, await tenant.GetAsync($"/api/v1/runs/{ended.Text("id")}")));
        RequireNumbered([created, started, citations, delta, .. rest], run.Text("id"));
    }

    [Fact]
    public async Task A_streamed_message_without_a_run_is_only_confirmed()
    {
        var tenant = await app.NewChatTenantAsync();

        using var stream = await PostAsync(tenant, new { external_session_id = "a", text = "t", reply = "none" });
        var events = await stream.RestAsync();

        var only = Assert.Single(events);
        Assert.Equal("message.created", only.Type);
        Assert.Null(only.Id);
        Assert.Equal("t", only.Data["message"]!.Text("text"));
    }

    [Fact]
    public async Task A_streamed_message_that_is_refused_is_a_problem()
    {
        var tenant = await app.NewChatTenantAsync();

        var problem = await tenant.PostAsync(
            "/api/v1/messages", new { text = "t" }, HttpStatusCode.UnprocessableEntity, ("Accept", "text/event-stream"));

        Assert.Equal("validation_failed", problem.Text("code"));
    }

    [Fact]
    public async Task A_reader_that_leaves_does_not_stop_the_run()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        string runId;
        using (var stream = await PostAsync(tenant, new { external_session_id = "a", text = "t" }))
        {
            runId = (await stream.UntilAsync("run.started"))[^1].Data["run"]!.Text("id");
        }

        (await held.NextAsync()).Complete("Still here");

        Assert.Equal("replied", (await tenant.EndOfAsync(runId)).Text("outcome"));
    }

    [Fact]
    public async Task A_stream_goes_on_after_every_event_also_when_the_service_was_restarted()
    {
        await using var own = new ChatApp();
        await own.InitializeAsync();
        var tenant = await own.NewChatTenantAsync();
        own.Answers.Set(tenant.ClientId, (_, _) => SpokenAsync("one ", "two ", "three"));
        using var first = await PostAsync(tenant, new { external_session_id = "a", text = "t" });
        var all = await first.RestAsync();
        var runId = all[^1].Data["run"]!.Text("id");
        await own.RestartAsync();
        tenant.Reconnect();

        foreach (var last in all)
        {
            using var stream = await ResumeAsync(tenant, runId, last.Id!);
            Assert.Equal(Shown(all.Skip(last.Number)), Shown(await stream.RestAsync()));
        }

        using var again = await SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{runId}/stream");
        Assert.Equal(Shown(all), Shown(await again.RestAsync()));
    }

    [Fact]
    public async Task A_stream_under_way_is_joined_in_the_middle()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var first = await PostAsync(tenant, new { external_session_id = "a", text = "t" });
        var attempt = await held.NextAsync();
        attempt.Say("one ");
        var seen = await first.UntilAsync("reply.delta");
        var runId = seen[1].Data["run"]!.Text("id");

        using var second = await ResumeAsync(tenant, runId, seen[1].Id!);
        attempt.Say("two");
        attempt.Complete("one two");
        var joined = await second.RestAsync();

        Assert.Equal("one two", SseReader.TextOf(joined));
        seen.AddRange(await first.RestAsync());
        Assert.Equal(Shown(seen.Skip(2)), Shown(joined));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("run_00000000000000000000000000:1")]
    [InlineData("{run}:x")]
    [InlineData("{run}:-1")]
    [InlineData("{run}:9999")]
    public async Task A_last_event_id_of_another_stream_is_refused(string id)
    {
        var tenant = await app.NewChatTenantAsync();
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "t" });
        var runId = posted["run"]!.Text("id");

        var problem = await tenant.SendAsync(
            HttpMethod.Get, $"/api/v1/runs/{runId}/stream", null, HttpStatusCode.UnprocessableEntity,
            ("Last-Event-ID", id.Replace("{run}", runId, StringComparison.Ordinal)));

        Assert.NotNull(problem["errors"]!["Last-Event-ID"]);
    }

    [Fact]
    public async Task What_was_read_of_another_stream_does_not_count_for_a_new_message()
    {
        var tenant = await app.NewChatTenantAsync();

        using var stream = await PostAsync(
            tenant, new { external_session_id = "a", text = "t" }, ("Last-Event-ID", "run_00000000000000000000000000:7"));

        Assert.Equal("message.created", (await stream.RestAsync())[0].Type);
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_attaches_to_the_stream_under_way_and_to_the_one_that_has_ended()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var message = new { external_session_id = "a", text = "t" };
        using var first = await PostAsync(tenant, message, ("Idempotency-Key", "k"));
        var attempt = await held.NextAsync();
        attempt.Say("one ");
        var seen = await first.UntilAsync("reply.delta");

        using var second = await PostAsync(tenant, message, ("Idempotency-Key", "k"));
        attempt.Complete("one two");
        var all = await second.RestAsync();
        seen.AddRange(await first.RestAsync());
        using var third = await PostAsync(tenant, message, ("Idempotency-Key", "k"));
        using var rest = await PostAsync(tenant, message, ("Idempotency-Key", "k"), ("Last-Event-ID", all[^2].Id!));

        Assert.Equal(Shown(seen), Shown(all));
        Assert.Equal(Shown(seen), Shown(await third.RestAsync()));
        Assert.Equal(Shown([all[^1]]), Shown(await rest.RestAsync()));
        Assert.Equal("true", third.Response.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.False(held.IsAsked);
        Assert.Equal(2, (await tenant.MessagesAsync(all[0].Data["message"]!.Text("session_id"))).Count);
    }

    [Fact]
    public async Task Streamed_requests_at_once_with_the_same_key_are_one_message_and_one_stream()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = new { external_session_id = "a", text = "t" };

        var streams = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var stream = await PostAsync(tenant, message, ("Idempotency-Key", "k"));
            return Shown(await stream.RestAsync());
        }));

        Assert.All(streams, stream => Assert.Equal(streams[0], stream));
        Assert.Single((await tenant.GetAsync("/api/v1/sessions"))["data"]!.AsArray());
    }

    private static Task<SseReader> PostAsync(ChatTenant tenant, object message, params (string Name, string Value)[] headers) =>
        SseReader.OpenAsync(tenant.Http, HttpMethod.Post, "/api/v1/messages", message, headers);

    private static Task<SseReader> ResumeAsync(ChatTenant tenant, string runId, string lastId) =>
        SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{runId}/stream", null, ("Last-Event-ID", lastId));

    private static List<string> Shown(IEnumerable<Received> events) =>
        events.Select(received => $"{received.Id} {received.Type} {received.Data.ToJsonString()}").ToList();

    private static void RequireNumbered(IReadOnlyList<Received> events, string runId) => Assert.Equal(
        Enumerable.Range(1, events.Count).Select(number => StreamPart.IdOf(runId, number)), events.Select(received => received.Id));

    private static async IAsyncEnumerable<AnswerPart> SpokenAsync(params string[] pieces)
    {
        await Task.CompletedTask;
        foreach (var piece in pieces)
        {
            yield return new AnswerPart.Delta(piece);
        }

        yield return ScriptedAnswers.Completed(string.Concat(pieces));
    }
}
