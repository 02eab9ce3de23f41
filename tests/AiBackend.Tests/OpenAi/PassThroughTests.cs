using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Tests.Support;
using static AiBackend.Tests.OpenAi.OpenAiHttp;

namespace AiBackend.Tests.OpenAi;

public sealed class PassThroughTests(OpenAiApp app) : IClassFixture<OpenAiApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_reaches_the_model_as_it_is_with_the_operators_key()
    {
        var tenant = await app.NewTenantAsync();
        var request = JsonNode.Parse("""
            {"messages":[{"role":"user","content":[{"type":"text","text":"Hi \u00e9"}]}], "model":"scripted/model-1","temperature":0.25,
             "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto",
             "response_format":{"type":"json_object"},"seed":7,"no_such_field":{"a":[1,2]},"metadata":{"order":"9"}}
            """)!;

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, Completions, request.ToJsonString());

        await response.ExpectAsync(200);
        var asked = app.Server.Requests[^1];
        Assert.True(JsonNode.DeepEquals(request, JsonNode.Parse(asked.Body.GetRawText())), asked.Body.GetRawText());
        Assert.Equal("Bearer sk-operator", asked.Headers["Authorization"]);
        Assert.DoesNotContain(asked.Headers.Values, value => value.Contains(tenant.Key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_models_tokens_are_counted_and_held_to_the_clients_quota(bool stream)
    {
        var tenant = await app.NewTenantAsync(new { quotas = new { tokens_per_day = 1 } });

        var first = await tenant.Http.AskAsync(stream: stream);
        _ = await first.Content.ReadAsStringAsync(Ct);
        JsonElement total;
        do
        {
            total = (await tenant.Http.GetJsonAsync($"/api/v1/clients/{tenant.ClientId}/usage")).GetProperty("total");
        }
        while (total.GetProperty("output_tokens").GetInt64() == 0);

        Assert.Equal((11, 7), (total.GetProperty("input_tokens").GetInt64(), total.GetProperty("output_tokens").GetInt64()));
        await (await tenant.Http.AskAsync()).ExpectErrorAsync(429, "insufficient_quota", "insufficient_quota");
    }

    [Fact]
    public async Task A_plain_answer_reaches_the_caller_byte_for_byte()
    {
        var tenant = await app.NewTenantAsync();
        const string Answer = """{ "id":"x","choices":[ {"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c1"}]},"finish_reason":"tool_calls"}],"odd":1.50 }""";
        app.Server.Then(ModelReply.Body("application/json", Answer));

        var response = await tenant.Http.AskAsync();

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync(Ct));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(response.Header("X-Request-Id"));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(""","stream_options":null""", false)]
    [InlineData(""","stream_options":{"include_usage":false}""", false)]
    [InlineData(""","stream_options":{"include_usage":true}""", true)]
    public async Task A_streamed_answer_ends_with_the_tokens_only_for_who_asked(string options, bool isShown)
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Text("Good ", "morning"));

        var response = await tenant.Http.SendTextAsync(
            HttpMethod.Post, Completions, $$"""{"model":"{{OpenAiApp.Model}}","stream":true,"messages":[{"role":"user","content":"Hi"}]{{options}} }""");

        var events = await response.EventsAsync();
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(("Good morning", "[DONE]"), (TextOf(events), events[^1]));
        Assert.Equal(isShown, events.Any(sent => sent.Contains("\"usage\"", StringComparison.Ordinal)));
        Assert.True(app.Server.Requests[^1].Body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
    }

    [Fact]
    public async Task Events_arrive_while_the_model_still_answers()
    {
        var tenant = await app.NewTenantAsync();
        var goOn = new TaskCompletionSource();
        app.Server.Then(ModelReply.Stream(async stream =>
        {
            await stream.DeltaAsync("first");
            await goOn.Task;
            await stream.EndAsync();
        }));

        using var response = await tenant.Http.OpenAsync(new { model = OpenAiApp.Model, messages = User("Hi"), stream = true });
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));
        var seen = "";
        while (!seen.Contains("first", StringComparison.Ordinal))
        {
            seen = await lines.ReadLineAsync(Ct) ?? throw new InvalidOperationException("The stream ended.");
        }

        goOn.SetResult();
        Assert.Contains("[DONE]", await lines.ReadToEndAsync(Ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_who_leaves_stops_the_model(bool hasBegun)
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(hasBegun ? ModelReply.Stall("first") : ModelReply.Silence());
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var request = new HttpRequestMessage(HttpMethod.Post, Completions)
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { model = OpenAiApp.Model, messages = User("leaving"), stream = hasBegun }), null, "application/json"),
        };

        var sending = tenant.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaves.Token);
        var asked = await NextAsync("leaving");
        if (hasBegun)
        {
            (await sending).Dispose();
        }

        await leaves.CancelAsync();

        await asked.Aborted.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        await Task.WhenAny(sending);
    }

    [Fact]
    public async Task The_clients_own_model_is_served_too_and_no_other()
    {
        var tenant = await app.NewTenantAsync(settings: new { chat = new { model = "own-model" } });
        var other = await app.NewTenantAsync();

        await (await tenant.Http.CompleteAsync(new { model = "own-model", messages = User("Hi") })).ExpectAsync(200);

        Assert.Equal("own-model", app.Server.Requests[^1].Body.Text("model"));
        await (await other.Http.CompleteAsync(new { model = "own-model", messages = User("Hi") })).ExpectErrorAsync(404, "invalid_request_error", "model_not_found", "model");
    }

    [Fact]
    public async Task An_event_that_comes_in_many_pieces_passes_whole()
    {
        var tenant = await app.NewTenantAsync();
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i},"));
        app.Server.Then(ModelReply.Stream(async stream =>
        {
            await stream.RawAsync("data: {\"choices\":[{\"delta\":");
            await stream.RawAsync($"{{\"content\":\"{text}\"}}}}]}}\n");
            await stream.RawAsync("\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DO");
            await stream.RawAsync("NE]\n\n");
        }));

        var events = await (await tenant.Http.AskAsync(stream: true)).EventsAsync();

        Assert.Equal((text, "[DONE]"), (TextOf(events), events[^1]));
    }

    [Fact]
    public async Task A_server_that_leaves_out_the_mark_of_the_end_has_ended_all_the_same()
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Body(
            "text/event-stream", ": hello\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"one\"},\"finish_reason\": \"stop\"}]}\r\n\r\ndata: [DONE]"));

        var text = await (await tenant.Http.AskAsync(stream: true)).Content.ReadAsStringAsync(Ct);

        Assert.Equal("data: {\"choices\":[{\"delta\":{\"content\":\"one\"},\"finish_reason\": \"stop\"}]}\r\n\r\ndata: [DONE]\n\n", text);
    }

    [Fact]
    public async Task A_repeat_with_an_idempotency_key_gets_the_first_answer_without_asking_again()
    {
        var tenant = await app.NewTenantAsync();
        var body = new { model = OpenAiApp.Model, messages = User("once") };
        app.Server.Then(ModelReply.Text("the first"));

        var first = await tenant.Http.PostJsonAsync(Completions, body, ("Idempotency-Key", "k"));
        var repeat = await tenant.Http.PostJsonAsync(Completions, body, ("Idempotency-Key", "k"));

        Assert.Equal(await first.Content.ReadAsStringAsync(Ct), await repeat.Content.ReadAsStringAsync(Ct));
        Assert.Equal("true", repeat.Header("Idempotency-Replayed"));
        Assert.Single(app.Server.Requests, request => request.Messages[0] == "user: once");
    }

    private async Task<RecordedRequest> NextAsync(string text)
    {
        while (true)
        {
            var next = await app.Server.NextRequestAsync(Ct);
            if (next.Messages[^1].EndsWith(text, StringComparison.Ordinal))
            {
                return next;
            }
        }
    }
}
