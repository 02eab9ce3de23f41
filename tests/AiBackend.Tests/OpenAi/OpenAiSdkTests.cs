using AiBackend.Tests.Support;

namespace AiBackend.Tests.OpenAi;

/// <summary>OpenAI's own library for Node.js, unchanged but for its address.</summary>
public sealed class OpenAiSdkTests(OpenAiApp app) : IClassFixture<OpenAiApp>
{
    [Fact]
    public async Task Openais_own_library_works_unchanged()
    {
        var script = await NodeScript.InstallOrSkipAsync("openai-sdk");
        var tenant = await app.NewTenantAsync();
        var (_, keyWithoutScopes) = await app.NewKeyAsync(tenant.ClientId, "events:read");
        var collection = (await (await tenant.Http.PostJsonAsync("/api/v1/collections", new { name = "Shop" })).ExpectAsync(201)).Text("id");
        await (await tenant.Http.PostJsonAsync(
            $"/api/v1/collections/{collection}/documents", new { title = "Hours", text = "The workshop is open from Tuesday to Saturday." }, ("Prefer", "wait")))
            .ExpectAsync(201);
        app.Server.Default = new ModelReply((http, request) => ReplyTo(request.Messages[^1]).Answer(http, request));

        await script.CheckAsync(new()
        {
            ["BASE_URL"] = new Uri(tenant.Http.BaseAddress!, "/v1").ToString(),
            ["KEY"] = tenant.Key,
            ["KEY_WITHOUT_SCOPES"] = keyWithoutScopes,
            ["CHAT_MODEL"] = OpenAiApp.Model,
            ["QUESTION"] = "When is the workshop open?",
            ["ANSWER"] = "from Tuesday to Saturday",
        });
    }

    private static ModelReply ReplyTo(string message) => message switch
    {
        "user: fail: 429" => ModelReply.Status(429, retryAfter: "0"),
        "user: fail: 500" => ModelReply.Status(500),
        "user: fail: midway" => ModelReply.Unfinished("Half an "),
        "user: weather?" => ModelReply.Body(
            "application/json",
            """
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,
             "tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Bonn\"}"}}]}}]}
            """),
        _ when message.Contains("<sources>", StringComparison.Ordinal) => ModelReply.Text("It is open ", "from Tuesday to Saturday [1]."),
        _ => ModelReply.Text("Hello ", "from the model."),
    };
}
