using AiBackend.Ai;
using AiBackend.Tests.Support;
using static AiBackend.Tests.OpenAi.OpenAiHttp;

namespace AiBackend.Tests.OpenAi;

public sealed class PassThroughFailureTests(OpenAiApp app) : IClassFixture<OpenAiApp>
{
    private const string Secret = "SECRET upstream text";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_before_the_first_byte_is_tried_again(bool stream)
    {
        var tenant = await app.NewTenantAsync();
        var before = app.Server.Requests.Count;
        app.Server.Then(ModelReply.Status(500)).Then(ModelReply.Status(429, retryAfter: "0"));
        app.Server.Then(stream ? ModelReply.Body("text/event-stream", "data: {\"error\":{\"message\":\"busy\"}}\n\n") : ModelReply.Text("third"));
        var response = await tenant.Http.AskAsync(stream: stream);

        if (stream)
        {
            // Three tries is all there is.
            await response.ExpectErrorAsync(503, "server_error", "model_unavailable");
        }
        else
        {
            await response.ExpectAsync(200);
        }

        Assert.Equal(before + 3, app.Server.Requests.Count);
    }

    [Theory]
    [InlineData(500, 503, "server_error", "model_unavailable")]
    [InlineData(503, 503, "server_error", "model_unavailable")]
    [InlineData(429, 429, "rate_limit_error", "rate_limit_exceeded")]
    [InlineData(408, 504, "server_error", "model_timeout")]
    [InlineData(401, 502, "server_error", "model_rejected")]
    [InlineData(404, 502, "server_error", "model_rejected")]
    [InlineData(400, 400, "invalid_request_error", "model_rejected")]
    [InlineData(302, 502, "server_error", "model_rejected")]
    public async Task A_status_of_the_models_server_gets_its_own_without_its_words(int upstream, int status, string type, string code)
    {
        var tenant = await app.NewTenantAsync();
        for (var i = 0; i < (upstream is 429 or 408 or >= 500 ? 3 : 1); i++)
        {
            app.Server.Then(ModelReply.Status(upstream, retryAfter: upstream == 429 ? "0" : null));
        }

        var response = await tenant.Http.AskAsync();

        var error = await response.ExpectErrorAsync(status, type, code);
        Assert.DoesNotContain(Secret, error.Text("message"), StringComparison.Ordinal);
        Assert.Equal(status is 429 or 503, response.Header("Retry-After") is not null);
    }

    [Fact]
    public async Task A_long_pause_that_the_server_asks_for_is_passed_on_at_once()
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Status(429, retryAfter: "3600"));

        var response = await tenant.Http.AskAsync();

        await response.ExpectErrorAsync(429, "rate_limit_error", "rate_limit_exceeded");
        Assert.Equal("3600", response.Header("Retry-After"));
    }

    [Fact]
    public async Task A_refusal_of_the_request_itself_is_passed_on_with_its_reason()
    {
        var tenant = await app.NewTenantAsync();
        const string Said = """{"error":{"message":"Too many tokens: 9000.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""";
        app.Server.Then(new ModelReply((http, _) =>
        {
            http.Response.StatusCode = 400;
            return ModelReply.Body("application/json", Said).Answer(http, null!);
        }));

        var error = await (await tenant.Http.AskAsync()).ExpectErrorAsync(400, "invalid_request_error", "context_length_exceeded", "messages");

        Assert.Equal("Too many tokens: 9000.", error.Text("message"));
    }

    [Theory]
    [InlineData("application/json", "{\"choices\": [", false)]
    [InlineData("application/json", "[]", false)]
    [InlineData("application/json", "{\"object\":\"list\"}", false)]
    [InlineData("text/html", "<html>", false)]
    [InlineData("application/json", "{\"choices\":[{}]}", true)]
    [InlineData("text/event-stream", "data: {\"choices\": \n\n", true)]
    [InlineData("text/event-stream", "", true)]
    [InlineData("text/event-stream", "data: [DONE]\n\n", true)]
    public async Task An_answer_that_is_none_is_a_bad_gateway(string contentType, string body, bool stream)
    {
        var tenant = await app.NewTenantAsync();
        for (var i = 0; i < 3; i++)
        {
            app.Server.Then(ModelReply.Body(contentType, body));
        }

        await (await tenant.Http.AskAsync(stream: stream)).ExpectErrorAsync(502, "server_error", "model_invalid_response");
    }

    [Theory]
    [InlineData("cut", "model_unavailable")]
    [InlineData("unfinished", "model_unavailable")]
    [InlineData("malformed", "model_invalid_response")]
    [InlineData("error", "model_unavailable")]
    public async Task A_failure_in_the_middle_ends_the_stream_with_an_error(string how, string code)
    {
        var tenant = await app.NewTenantAsync();
        var arrived = new TaskCompletionSource();
        var before = app.Server.Requests.Count;
        app.Server.Then(how switch
        {
            "cut" => ModelReply.Cut(arrived.Task, "Half an "),
            "unfinished" => ModelReply.Unfinished("Half an "),
            "malformed" => ModelReply.Stream(async stream =>
            {
                await stream.DeltaAsync("Half an ");
                await stream.RawAsync("data: {\"choices\":[{]}\n\n");
            }),
            _ => ModelReply.Stream(async stream =>
            {
                await stream.DeltaAsync("Half an ");
                await stream.RawAsync($"data: {{\"error\":{{\"message\":\"{Secret}\"}}}}\n\n");
            }),
        });

        using var response = await tenant.Http.OpenAsync(new { model = OpenAiApp.Model, messages = User("Hi"), stream = true });
        arrived.SetResult();
        var events = await response.EventsAsync();

        Assert.Equal((code, "server_error"), ((string?)ErrorOf(events)["code"], (string?)ErrorOf(events)["type"]));
        Assert.DoesNotContain(events, sent => sent.Contains(Secret, StringComparison.Ordinal) || sent == "[DONE]");
        Assert.Equal(before + 1, app.Server.Requests.Count);
    }
}

/// <summary>A service that leaves a failing server alone after four tries.</summary>
public sealed class ShortTempered : OpenAiApp
{
    internal override UpstreamPolicy Policy => new() { RetryDelay = TimeSpan.Zero, Tries = 1, TriesToOpen = 4 };
}

public sealed class OpenAiCircuitTests(ShortTempered app) : IClassFixture<ShortTempered>
{
    [Fact]
    public async Task A_server_that_keeps_failing_is_left_alone_and_asked_again_later()
    {
        var tenant = await app.NewTenantAsync();
        for (var i = 0; i < 4; i++)
        {
            app.Server.Then(ModelReply.Status(500));
            await (await tenant.Http.AskAsync()).ExpectErrorAsync(503, "server_error", "model_unavailable");
        }

        var refused = await tenant.Http.AskAsync();
        var asked = app.Server.Requests.Count;
        app.Clock.Advance(new UpstreamPolicy().OpenFor + TimeSpan.FromSeconds(1));
        var served = await tenant.Http.AskAsync();

        await refused.ExpectErrorAsync(503, "server_error", "model_unavailable");
        Assert.Equal(4, asked);
        await served.ExpectAsync(200);
    }
}
