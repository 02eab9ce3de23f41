using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Orchestration;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Orchestration;

public sealed class HttpOrchestratorFailureTests
{
    private readonly PartRecord<AnswerPart> parts = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(500, "orchestrator_unavailable", 3)]
    [InlineData(503, "orchestrator_unavailable", 3)]
    [InlineData(429, "orchestrator_rate_limited", 3)]
    [InlineData(504, "orchestrator_timeout", 3)]
    [InlineData(400, "orchestrator_rejected", 1)]
    [InlineData(403, "orchestrator_rejected", 1)]
    [InlineData(307, "orchestrator_rejected", 1)]
    public async Task A_lasting_refusal_ends_after_as_many_tries_as_make_sense(int status, string code, int tries)
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Default = ScriptedOrchestrator.Status(status);

        var error = await FailAsync(host);

        Assert.Equal((code, $"The orchestrator answered with status {status}."), (error.Code, error.Detail));
        Assert.Equal(tries, host.Server.Requests.Count);
        Assert.All(host.Server.Requests, request => Assert.Equal("run_1", request.Headers["Idempotency-Key"]));
        Assert.Contains(host.Log.All, line => line.Contains($"status {status}"));
        Assert.DoesNotContain(host.Log.All, line => line.Contains("SECRET") || line.Contains(host.Server.Url.AbsolutePath));
    }

    [Fact]
    public async Task A_passing_refusal_is_tried_again_after_the_time_it_asks_for()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Then(ScriptedOrchestrator.Status(429, "7"));
        var asking = AskAsync(host, Ct);
        await host.Clock.UntilArmedAsync(TimeSpan.FromSeconds(7), 1, Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(7));

        var answer = await asking;
        Assert.Equal("Scripted answer.", answer.TextSoFar());
        Assert.Equal(
            ["orchestrator_rate_limited", "completed"], answer.OfType<AnswerPart.ResponseReceived>().Select(part => part.Outcome));
    }

    [Fact]
    public async Task A_stream_that_breaks_is_reset_and_begun_again()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server
            .Then(ScriptedOrchestrator.Cut(
                parts.UntilAsync<AnswerPart.Delta>(1, Ct),
                ("citations", new { citations = new[] { new { title = "Old" } } }),
                ("delta", new { text = "Ret" })))
            .Then(ScriptedOrchestrator.Stream(("delta", new { text = "Returns take 30 days." }), ("completed", new { })));

        var answer = await AskAsync(host, Ct);

        Assert.Equal("Returns take 30 days.", answer.TextSoFar());
        Assert.Equal("Returns take 30 days.", Assert.IsType<AnswerPart.Completed>(answer[^1]).Text);
        Assert.Single(answer.OfType<AnswerPart.Reset>());
        Assert.Empty(answer.OfType<AnswerPart.Sources>().Last().Items);
    }

    [Fact]
    public async Task A_stream_that_ends_without_its_last_event_counts_as_broken()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Default = ScriptedOrchestrator.Stream(("delta", new { text = "Ret" }));

        var error = await FailAsync(host);

        Assert.Equal(("orchestrator_unavailable", 3), (error.Code, host.Server.Requests.Count));
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { "application/json", "{ oh no" },
        { "application/json", "" },
        { "application/json", "null" },
        { "application/json", "[]" },
        { "application/json", "{}" },
        { "application/json", """{"text":""}""" },
        { "application/json", """{"text":"  "}""" },
        { "application/json", """{"text":7}""" },
        { "application/json", """{"text":"a","text":"b"}""" },
        { "application/json", """{"text":"a","confidence":1.01}""" },
        { "application/json", """{"text":"a","confidence":-0.01}""" },
        { "application/json", """{"text":"a","confidence":"high"}""" },
        { "application/json", """{"text":"a","citations":{}}""" },
        { "application/json", """{"text":"a","citations":[{"url":"javascript:alert(1)"}]}""" },
        { "application/json", """{"text":"a","citations":[{"score":2}]}""" },
        { "application/json", """{"text":"a","usage":{"input_tokens":-1,"output_tokens":1}}""" },
        { "application/json", """{"text":"a","usage":{"input_tokens":1,"output_tokens":1,"cost":-0.1}}""" },
        { "application/json", """{"text":"a","model":""}""" },
        { "application/json", """{"text":"a","data":[1]}""" },
        { "application/json", """{"text":"a","handover":{"reason":"b"}}""" },
        { "application/json", """{"handover":{}}""" },
        { "application/json", """{"handover":{"reason":""}}""" },
        { "text/html", "<html>Welcome to the captive portal</html>" },
        { "text/event-stream", "event: delta\ndata: oh no\n\n" },
        { "text/event-stream", "event: delta\ndata: {}\n\n" },
        { "text/event-stream", "event: delta\ndata: {\"text\":\"a\"}\n\nevent: completed\ndata: {\"text\":\"b\"}\n\n" },
        { "text/event-stream", "event: delta\ndata: {\"text\":\"a\"}\n\nevent: handover\ndata: {\"reason\":\"b\"}\n\n" },
        { "text/event-stream", "event: completed\ndata: {}\n\n" },
        { "text/event-stream", "event: citations\ndata: {\"citations\":[{\"score\":-1}]}\n\n" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task An_answer_that_breaks_the_rules_is_refused_at_once(string contentType, string body)
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Default = ScriptedOrchestrator.Body(contentType, body);

        var error = await FailAsync(host);

        Assert.Equal("orchestrator_invalid", error.Code);
        Assert.StartsWith("The orchestrator's answer cannot be used: ", error.Detail);
        Assert.Single(host.Server.Requests);
    }

    public static TheoryData<object, object, string> Limits => new()
    {
        { new { text = new string('a', ChatModel.LongestAnswer) }, new { text = new string('a', ChatModel.LongestAnswer + 1) }, "text" },
        { new { text = "a", model = new string('m', 200) }, new { text = "a", model = new string('m', 201) }, "model" },
        { new { text = "a", data = new { x = new string('d', 16_376) } }, new { text = "a", data = new { x = new string('d', 16_377) } }, "data" },
        { new { text = "a", confidence = 1.0 }, new { text = "a", confidence = 1.001 }, "confidence" },
        { Cited(50, "title", "t"), Cited(51, "title", "t"), "citations" },
        { Cited(1, "document_id", new string('i', 200)), Cited(1, "document_id", new string('i', 201)), "citations[0].document_id" },
        { Cited(1, "chunk_id", new string('i', 200)), Cited(1, "chunk_id", new string('i', 201)), "citations[0].chunk_id" },
        { Cited(1, "title", new string('t', 500)), Cited(1, "title", new string('t', 501)), "citations[0].title" },
        { Cited(1, "quote", new string('q', 4_000)), Cited(1, "quote", new string('q', 4_001)), "citations[0].quote" },
        { Cited(1, "url", UrlOf(2_048)), Cited(1, "url", UrlOf(2_049)), "citations[0].url" },
        { new { handover = new { reason = new string('r', 500) } }, new { handover = new { reason = new string('r', 501) } }, "handover.reason" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task Each_limit_is_met_and_not_passed(object within, object beyond, string field)
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Then(ScriptedOrchestrator.Plain(within)).Then(ScriptedOrchestrator.Plain(beyond));

        await AskAsync(host, Ct);
        var error = await FailAsync(host);

        Assert.Equal("orchestrator_invalid", error.Code);
        Assert.Contains($": {field} ", error.Detail);
    }

    [Theory]
    [InlineData("application/json", """{"text":"12345678"}""", 19)]
    [InlineData("text/event-stream", "event: completed\ndata: {\"text\":\"12345678\"}\n\n", 44)]
    public async Task A_body_is_read_up_to_its_limit(string contentType, string body, int length)
    {
        Assert.Equal(length, body.Length);
        await using var within = await HttpHost.StartAsync(options => options with { LongestBody = length });
        await using var beyond = await HttpHost.StartAsync(options => options with { LongestBody = length - 1 });
        within.Server.Default = beyond.Server.Default = ScriptedOrchestrator.Body(contentType, body);

        var answer = await AskAsync(within, Ct);
        var error = await FailAsync(beyond);

        Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal("orchestrator_invalid", error.Code);
    }

    [Fact]
    public async Task A_streamed_text_has_a_limit_too()
    {
        await using var host = await HttpHost.StartAsync();
        var half = new string('a', ChatModel.LongestAnswer / 2);
        host.Server
            .Then(ScriptedOrchestrator.Stream(("delta", new { text = half }), ("delta", new { text = half }), ("completed", new { })))
            .Then(ScriptedOrchestrator.Stream(("delta", new { text = half }), ("delta", new { text = half + "b" }), ("completed", new { })));

        await AskAsync(host, Ct);

        Assert.Equal("orchestrator_invalid", (await FailAsync(host)).Code);
    }

    [Fact]
    public async Task An_address_that_keeps_failing_is_left_alone_and_others_are_not()
    {
        await using var host = await HttpHost.StartAsync(
            options => options with { Policy = options.Policy with { TriesToOpen = 3 } }, allowsPrivateNetworks: true);
        host.Server.Default = ScriptedOrchestrator.Status(500);
        await FailAsync(host);

        var refused = await FailAsync(host);
        var other = new ChatSettings { OrchestratorUrl = $"{host.Server.Url}/other" };
        host.Server.Default = ScriptedOrchestrator.Plain(new { text = "Yes." });
        await host.Orchestrator.AllAsync(Questions.Ask("Hi?", other), parts, Ct);

        Assert.Equal("orchestrator_unavailable", refused.Code);
        Assert.Equal(4, host.Server.Requests.Count);

        host.Clock.Advance(TimeSpan.FromSeconds(15.1));
        await AskAsync(host, Ct);
    }

    private static object Cited(int count, string field, string value) => new
    {
        text = "a",
        citations = Enumerable.Repeat(new Dictionary<string, string> { [field] = value }, count),
    };

    private static string UrlOf(int length) => "https://x.example/".PadRight(length, 'u');

    private Task<IReadOnlyList<AnswerPart>> AskAsync(HttpHost host, CancellationToken ct) =>
        host.Orchestrator.AllAsync(Questions.Ask("Can I return boots?"), parts, ct);

    private Task<OrchestrationException> FailAsync(HttpHost host) =>
        Assert.ThrowsAsync<OrchestrationException>(() => AskAsync(host, Ct));
}
