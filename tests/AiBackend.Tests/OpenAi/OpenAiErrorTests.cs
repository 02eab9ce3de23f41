using AiBackend.Tests.Support;
using static AiBackend.Tests.OpenAi.OpenAiHttp;

namespace AiBackend.Tests.OpenAi;

public sealed class OpenAiErrorTests(OpenAiApp app) : IClassFixture<OpenAiApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Routes => new()
    {
        { "POST", Completions },
        { "POST", "/v1/embeddings" },
        { "GET", "/v1/models" },
        { "GET", "/v1/models/ai-backend" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Without_a_valid_key_nothing_is_answered(string method, string path)
    {
        foreach (var key in new[] { null, "sk-wrong", "aib_01m824y1bze0183tqc2nrg6jmg_wrong" })
        {
            using var http = app.NewHttp(key);

            var response = await http.SendTextAsync(new HttpMethod(method), path, "{}");

            await response.ExpectErrorAsync(401, "invalid_request_error", "invalid_api_key");
            Assert.Equal("Bearer", response.Header("WWW-Authenticate"));
            Assert.NotNull(response.Header("X-Request-Id"));
        }
    }

    [Theory]
    [InlineData("POST", Completions, "chat:write")]
    [InlineData("POST", "/v1/embeddings", "knowledge:read")]
    [InlineData("GET", "/v1/models", "knowledge:read")]
    [InlineData("GET", "/v1/models/ai-backend", "knowledge:read")]
    public async Task A_key_needs_the_scope_and_no_other(string method, string path, string scope)
    {
        var with = await app.NewTenantAsync(scope);
        var without = await app.NewTenantAsync([.. AiBackend.Http.Scopes.All.Where(other => other != scope)]);
        var body = $$"""{"model":"{{(path == Completions ? OpenAiApp.Model : "ai-backend-embed")}}","input":"x","messages":[{"role":"user","content":"x"}]}""";

        await (await with.Http.SendTextAsync(new HttpMethod(method), path, body)).ExpectAsync(200);
        await (await without.Http.SendTextAsync(new HttpMethod(method), path, body)).ExpectErrorAsync(403, "permission_error", "insufficient_scope");
    }

    [Fact]
    public async Task The_admin_acts_for_the_client_that_it_names()
    {
        var tenant = await app.NewTenantAsync();

        await (await app.Admin.GetAsync("/v1/models", Ct)).ExpectErrorAsync(400, "invalid_request_error", "client_required");
        await (await app.Admin.SendAsync(HttpMethod.Get, "/v1/models", null, ("X-Client-Id", tenant.ClientId))).ExpectAsync(200);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "not_found")]
    [InlineData("GET", "/v1", 404, "not_found")]
    [InlineData("GET", Completions, 405, "method_not_allowed")]
    [InlineData("DELETE", "/v1/models", 405, "method_not_allowed")]
    public async Task Unknown_addresses_and_methods_are_told_in_the_same_form(string method, string path, int status, string code)
    {
        var tenant = await app.NewTenantAsync();

        await (await tenant.Http.SendAsync(new HttpMethod(method), path, null)).ExpectErrorAsync(status, "invalid_request_error", code);
    }

    [Theory]
    [InlineData("text/plain", "{}", 415, "unsupported_media_type", null)]
    [InlineData("application/json", "{\"model\":", 400, "malformed_json", null)]
    [InlineData("application/json", "{\"model\":\"m\"} x", 400, "malformed_json", null)]
    [InlineData("application/json", "[]", 400, "invalid_value", "body")]
    [InlineData("application/json", "{\"messages\":[{}]}", 400, "invalid_value", "model")]
    [InlineData("application/json", "{\"model\":7,\"messages\":[{}]}", 400, "invalid_value", "model")]
    [InlineData("application/json", "{\"model\":\"scripted/model-1\"}", 400, "invalid_value", "messages")]
    [InlineData("application/json", "{\"model\":\"scripted/model-1\",\"messages\":[ ]}", 400, "invalid_value", "messages")]
    [InlineData("application/json", "{\"model\":\"scripted/model-1\",\"messages\":\"x\"}", 400, "invalid_value", "messages")]
    [InlineData("application/json", "{\"model\":\"scripted/model-1\",\"messages\":[{}],\"stream\":\"yes\"}", 400, "invalid_value", "stream")]
    [InlineData("application/json", "{\"model\":\"scripted/model-1\",\"messages\":[{}],\"stream_options\":[]}", 400, "invalid_value", "stream_options")]
    [InlineData("application/json", "{\"model\":\"scripted/model-1\",\"messages\":[{}],\"m\\u006fdel\":\"other\"}", 400, "invalid_value", "model")]
    [InlineData("application/json", "{\"model\":\"\\ud800\",\"messages\":[{}]}", 400, "invalid_value", "body")]
    [InlineData("application/json", "{\"model\":\"scripted/model-1\",\"messages\":[{}],\"metadata\":{\"session_id\":7}}", 400, "invalid_value", "metadata.session_id")]
    [InlineData("application/json", "{\"model\":\"scripted/model-1\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"n\":2,\"metadata\":{\"session_id\":\"s\"}}", 400, "invalid_value", "n")]
    public async Task A_request_that_cannot_be_served_asks_no_model(string mediaType, string body, int status, string code, string? param)
    {
        var tenant = await app.NewTenantAsync();
        var before = app.Server.Requests.Count;

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, Completions, body, mediaType);

        await response.ExpectErrorAsync(status, "invalid_request_error", code, param);
        Assert.Equal(before, app.Server.Requests.Count);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_too_large()
    {
        var tenant = await app.NewTenantAsync();
        var frame = $$"""{"model":"{{OpenAiApp.Model}}","messages":[{"role":"user","content":""}]}""";
        var room = (1024 * 1024) - frame.Length;

        var fits = await tenant.Http.SendTextAsync(HttpMethod.Post, Completions, frame.Replace("\"\"", $"\"{new string('x', room)}\"", StringComparison.Ordinal));
        var beyond = await tenant.Http.SendTextAsync(HttpMethod.Post, Completions, frame.Replace("\"\"", $"\"{new string('x', room + 1)}\"", StringComparison.Ordinal));

        await fits.ExpectAsync(200);
        await beyond.ExpectErrorAsync(413, "invalid_request_error", "too_large");
    }

    [Fact]
    public async Task Other_routes_keep_their_problems()
    {
        var tenant = await app.NewTenantAsync();

        await (await tenant.Http.GetAsync("/api/v1/sessions/ses_00000000000000000000000000", Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.GetAsync("/v1x", Ct)).ExpectProblemAsync(404, "not_found");
    }
}

/// <summary>A service that grants one request a second, and whose embedding model has a fault.</summary>
public sealed class OneASecond : AppFixture
{
    protected override void Configure(IDictionary<string, string> settings) => settings["RATE_LIMIT"] = "1";

    protected override void ConfigureServices(Microsoft.Extensions.DependencyInjection.IServiceCollection services)
    {
        var embeddings = new AiBackend.Tests.Knowledge.WatchedEmbeddings(AiBackend.Search.Embedding.StaticEmbedder.LoadBuiltIn());
        _ = embeddings.Fail("fault", new NotSupportedException("SECRET cause"));
        Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions
            .AddSingleton<Microsoft.Extensions.AI.IEmbeddingGenerator<string, Microsoft.Extensions.AI.Embedding<float>>>(services, embeddings);
    }
}

public sealed class OpenAiRateLimitTests(OneASecond app) : IClassFixture<OneASecond>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_keys_rate_holds_here_too()
    {
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var tenant = await app.NewTenantAsync();

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("2", (await tenant.Http.GetAsync("/v1/models", Ct)).Header("RateLimit-Limit"));
        }

        var refused = await tenant.Http.GetAsync("/v1/models", Ct);
        await refused.ExpectErrorAsync(429, "rate_limit_error", "rate_limit_exceeded");
        Assert.Equal("1", refused.Header("Retry-After"));
    }

    [Fact]
    public async Task A_fault_of_the_service_is_a_server_error_without_its_cause()
    {
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var tenant = await app.NewTenantAsync();

        var error = await (await tenant.Http.PostJsonAsync("/v1/embeddings", new { model = "ai-backend-embed", input = "fault" }))
            .ExpectErrorAsync(500, "server_error", "internal_error");

        Assert.DoesNotContain("SECRET", error.Text("message"), StringComparison.Ordinal);
    }
}
