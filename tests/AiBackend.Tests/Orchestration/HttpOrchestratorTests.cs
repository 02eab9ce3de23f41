using System.Diagnostics;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Orchestration;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Orchestration;

public sealed class HttpOrchestratorTests
{
    private readonly PartRecord<AnswerPart> parts = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plain_answer_is_taken_whole()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Then(ScriptedOrchestrator.Plain(new
        {
            text = "Returns take 30 days.",
            confidence = 0.8,
            citations = new[] { new { document_id = "d-1", title = "Returns", url = "https://shop.example/returns", quote = "within 30 days", score = 0.9 } },
            usage = new { input_tokens = 12, output_tokens = 5, cost = 0.0003m },
            model = "their-model",
            data = new { intent = "returns" },
            something_new = true,
        }));

        var answer = await AskAsync(host);

        var citation = new Citation("d-1", null, "Returns", "https://shop.example/returns", "within 30 days", 0.9);
        var usage = new TokenUsage(12, 5, 0.0003m);
        Assert.Collection(
            answer,
            part => Assert.Equal(new AnswerPart.RequestSent("http", "reply", 1), part),
            part => Assert.Equal([citation], Assert.IsType<AnswerPart.Sources>(part).Items),
            part => Assert.Equal(new AnswerPart.Delta("Returns take 30 days."), part),
            part => Assert.Equal(new AnswerPart.ResponseReceived("http", "reply", 1, "completed", TimeSpan.Zero, usage), part),
            part =>
            {
                var completed = Assert.IsType<AnswerPart.Completed>(part);
                Assert.Equal([citation], completed.Citations);
                Assert.Equal(("Returns take 30 days.", 0.8, usage, "their-model"), (completed.Text, completed.Confidence, completed.Usage, completed.Model));
                Assert.Equal("returns", completed.Data?.ToElement().GetProperty("intent").GetString());
            });
    }

    [Fact]
    public async Task A_streamed_answer_is_passed_on_as_it_comes()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Then(ScriptedOrchestrator.Stream(
            ("citations", new { citations = new[] { new { document_id = "d-1", quote = "30 days" } } }),
            ("delta", new { text = "Returns " }),
            ("from_the_future", "no JSON at all"),
            ("delta", new { text = "" }),
            ("delta", new { text = "take 30 days." }),
            ("completed", new { confidence = 0.5 })));

        var answer = await AskAsync(host);

        Assert.Equal(["Returns ", "take 30 days."], answer.OfType<AnswerPart.Delta>().Select(delta => delta.Text));
        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal(("Returns take 30 days.", 0.5, null, null), (completed.Text, completed.Confidence, completed.Usage, completed.Model));
        Assert.Equal(new Citation("d-1", null, null, null, "30 days", null), Assert.Single(completed.Citations));
        Assert.Null(completed.Data);
    }

    [Fact]
    public async Task A_stream_may_give_its_text_at_the_end_only()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Then(ScriptedOrchestrator.Stream(("completed", new { text = "All at once." })));

        var answer = await AskAsync(host);

        Assert.Equal("All at once.", answer.TextSoFar());
    }

    [Fact]
    public async Task Everything_that_an_answer_may_depend_on_is_sent()
    {
        await using var host = await HttpHost.StartAsync();
        var chat = new ChatSettings { SystemPrompt = "Be kind.", Model = "big", MinConfidence = 0.4, Collections = ["col_1"], HistoryMessages = 2 };

        await AskAsync(host, Questions.Ask("And jackets?", chat, Questions.User("old"), Questions.User("Can I return boots?"), Questions.Assistant("Yes.")) with
        {
            Attempt = 2,
            Data = RawJson.Parse("""{"plan":"gold"}"""),
        });

        var request = await host.Server.NextRequestAsync(Ct);
        Assert.Equal("/answers", request.Path);
        Assert.Equal("application/json; charset=utf-8", request.Headers["Content-Type"]);
        Assert.Equal("text/event-stream, application/json", request.Headers["Accept"]);
        Assert.Equal("run_1", request.Headers["Idempotency-Key"]);
        Assert.Equal(
            """{"run_id":"run_1","attempt":2,"trace_id":"0af7651916cd43dd8448eb211c80319c","client_id":"cli_1","session":{"id":"ses_1","external_id":"ticket-7"},"message":{"id":"msg_u","role":"user","text":"And jackets?","created_at":"2026-11-22T12:00:00.000Z","data":{"plan":"gold"}},"history":[{"id":"msg_u","role":"user","text":"Can I return boots?","created_at":"2026-11-22T12:00:00.000Z"},{"id":"msg_a","role":"assistant","text":"Yes.","created_at":"2026-11-22T12:00:00.000Z"}],"settings":{"system_prompt":"Be kind.","model":"big","min_confidence":0.4,"collections":["col_1"]},"may_hand_over":true}""",
            request.Body.GetRawText());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_trace_goes_on_in_the_orchestrator(bool hasSpan)
    {
        await using var host = await HttpHost.StartAsync();
        using var span = hasSpan ? new Activity("run").SetParentId("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").Start() : null;

        await AskAsync(host);

        var request = await host.Server.NextRequestAsync(Ct);
        Assert.Matches("^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$", request.Headers["traceparent"]);
    }

    [Fact]
    public async Task The_clients_own_address_goes_before_the_operators()
    {
        await using var host = await HttpHost.StartAsync(allowsPrivateNetworks: true);
        await using var own = await ScriptedOrchestrator.StartNewAsync();

        await AskAsync(host, Questions.Ask("Hi?", new ChatSettings { OrchestratorUrl = own.Url.ToString() }));

        Assert.Single(own.Requests);
        Assert.Empty(host.Server.Requests);
    }

    [Fact]
    public async Task A_client_cannot_reach_into_the_services_network()
    {
        await using var host = await HttpHost.StartAsync();

        var error = await Assert.ThrowsAsync<OrchestrationException>(() =>
            AskAsync(host, Questions.Ask("Hi?", new ChatSettings { OrchestratorUrl = host.Server.Url.ToString() })));

        Assert.Equal(("orchestrator_rejected", "The orchestrator is at an address that is not public."), (error.Code, error.Detail));
        Assert.Empty(host.Server.Requests);
    }

    [Fact]
    public async Task Without_any_address_the_error_says_what_is_missing()
    {
        await using var host = await HttpHost.StartAsync(options => options with { Url = null });

        var error = await Assert.ThrowsAsync<OrchestrationException>(() => AskAsync(host));

        Assert.Equal("orchestrator_missing", error.Code);
        Assert.Empty(parts.All);
    }

    [Theory]
    [InlineData("application/json", """{"handover":{"reason":"angry customer"},"confidence":0.1,"usage":{"input_tokens":3,"output_tokens":1}}""")]
    [InlineData("text/event-stream", "event: handover\ndata: {\"reason\":\"angry customer\",\"confidence\":0.1,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}\n\n")]
    public async Task The_orchestrator_may_ask_for_a_person(string contentType, string body)
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Then(ScriptedOrchestrator.Body(contentType, body));

        var answer = await AskAsync(host);

        Assert.Equal(new AnswerPart.HandOver("angry customer", 0.1, new TokenUsage(3, 1, null)), answer[^1]);
        Assert.Empty(answer.OfType<AnswerPart.Delta>());
    }

    [Fact]
    public async Task A_suggestion_cannot_be_handed_over()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Then(ScriptedOrchestrator.Plain(new { handover = new { reason = "angry" } }));

        var error = await Assert.ThrowsAsync<OrchestrationException>(() => AskAsync(host, Questions.Ask("Hi?") with { MayHandOver = false }));

        Assert.Equal("orchestrator_invalid", error.Code);
    }

    private Task<IReadOnlyList<AnswerPart>> AskAsync(HttpHost host, AnswerRequest? request = null) =>
        host.Orchestrator.AllAsync(request ?? Questions.Ask("Can I return boots?"), parts, Ct);
}
