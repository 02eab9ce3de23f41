using System.Net;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Mcp;

/// <summary>Who may do what over the Model Context Protocol.</summary>
public sealed class McpAccessTests(McpApp app) : IClassFixture<McpApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_needed()
    {
        using var nobody = app.NewHttp(key: null);
        using var stranger = app.NewHttp("aib_wrong");

        var refused = await nobody.SendMcpAsync("ping");

        await refused.ExpectProblemAsync(401, "unauthorized");
        Assert.Equal("Bearer", refused.Header("WWW-Authenticate"));
        await (await stranger.SendMcpAsync("ping")).ExpectProblemAsync(401, "unauthorized");
    }

    [Theory]
    [InlineData("knowledge:read", "search")]
    [InlineData("chat:write", "ask")]
    [InlineData("chat:read", "list_sessions", "read_session", "search_messages")]
    [InlineData("semantic:read", "query_data")]
    public async Task A_key_sees_and_calls_only_the_tools_of_its_scopes(string scope, params string[] tools)
    {
        var tenant = await app.NewTenantAsync(scope);
        string[] all = ["search", "ask", "list_sessions", "read_session", "search_messages", "query_data"];

        var listed = (await tenant.Http.ResultAsync("tools/list")).GetProperty("tools").EnumerateArray().Select(tool => tool.Text("name"));

        Assert.Equal(tools, listed);
        foreach (var tool in all.Except(tools))
        {
            var refused = await tenant.Http.SendMcpAsync("tools/call", new { name = tool, arguments = new { } });
            await refused.ExpectProblemAsync(403, "insufficient_scope");
            Assert.StartsWith("Bearer error=\"insufficient_scope\", scope=\"", refused.Header("WWW-Authenticate"));
        }
    }

    [Theory]
    [InlineData("resources/list")]
    [InlineData("resources/templates/list")]
    [InlineData("resources/read")]
    public async Task Resources_need_the_scope_of_knowledge(string method)
    {
        var tenant = await app.NewTenantAsync("chat:read", "chat:write");

        var refused = await tenant.Http.SendMcpAsync(method, new { uri = "aibackend://documents/doc_x" });

        await refused.ExpectProblemAsync(403, "insufficient_scope");
        var greeting = await tenant.Http.ResultAsync(
            "initialize",
            new Dictionary<string, object> { ["protocolVersion"] = "2025-06-18", ["capabilities"] = new { }, ["clientInfo"] = new { name = "t", version = "1" } });
        Assert.False(greeting.GetProperty("capabilities").TryGetProperty("resources", out _));
    }

    [Fact]
    public async Task The_admin_key_acts_for_the_client_that_it_names()
    {
        var tenant = await app.NewTenantAsync();
        var session = (await (await tenant.Http.PostJsonAsync("/api/v1/sessions", new { })).ExpectAsync(201)).Text("id");

        await (await app.Admin.SendMcpAsync("tools/list")).ExpectProblemAsync(400, "client_required");
        await (await app.Admin.SendMcpAsync("tools/list", null, ("X-Client-Id", "cli_none"))).ExpectProblemAsync(404, "not_found");
        var listed = await app.Admin.SendMcpAsync("tools/call", new { name = "list_sessions", arguments = new { } }, ("X-Client-Id", tenant.ClientId));

        Assert.Equal(HttpStatusCode.OK, listed.StatusCode);
        Assert.Contains(session, await listed.Content.ReadAsStringAsync(Ct));
    }

    [Theory]
    [InlineData("http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("https://app.example.com.evil.example", HttpStatusCode.Forbidden)]
    [InlineData("https://app.example.com", HttpStatusCode.OK)]
    [InlineData("http://localhost:5173", HttpStatusCode.OK)]
    [InlineData("http://127.0.0.1:5173", HttpStatusCode.OK)]
    public async Task Web_pages_from_elsewhere_may_not_call(string origin, HttpStatusCode expected)
    {
        var tenant = await app.NewTenantAsync();

        var answer = await tenant.Http.SendMcpAsync("ping", null, ("Origin", origin));

        Assert.Equal(expected, answer.StatusCode);
        if (expected == HttpStatusCode.Forbidden)
        {
            await answer.ExpectProblemAsync(403, "origin_not_allowed");
        }
    }

    [Fact]
    public async Task A_local_page_may_not_call_a_service_by_another_name()
    {
        var tenant = await app.NewTenantAsync();

        var answer = await tenant.Http.SendMcpAsync("ping", null, ("Origin", "http://localhost"), ("Host", "ai.example.com"));

        await answer.ExpectProblemAsync(403, "origin_not_allowed");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    public async Task Nothing_but_posts_is_served(string method)
    {
        var tenant = await app.NewTenantAsync();

        var refused = await tenant.Http.SendAsync(new HttpMethod(method), McpHttp.Path, content: null, ("Accept", "text/event-stream"));

        await refused.ExpectProblemAsync(405, "method_not_allowed");
        Assert.Equal("POST", refused.Header("Allow"));
    }

    [Fact]
    public async Task Bodies_are_held_to_the_rules_of_bodies()
    {
        var tenant = await app.NewTenantAsync();

        await (await tenant.Http.SendTextAsync(HttpMethod.Post, McpHttp.Path, "{bad")).ExpectProblemAsync(400, "malformed_json");
        await (await tenant.Http.SendTextAsync(HttpMethod.Post, McpHttp.Path, """{"method":"ping","method":"tools/call"}""")).ExpectProblemAsync(400, "malformed_json");
        await (await tenant.Http.SendTextAsync(HttpMethod.Post, McpHttp.Path, "{}", "text/plain")).ExpectProblemAsync(415, "unsupported_media_type");
        await (await tenant.Http.SendTextAsync(HttpMethod.Post, McpHttp.Path, $"\"{new string('x', McpApp.BodyBytes - 1)}\"")).ExpectProblemAsync(413, "too_large");
        Assert.Equal(
            HttpStatusCode.NotAcceptable,
            (await tenant.Http.SendTextAsync(HttpMethod.Post, McpHttp.Path, $"\"{new string('x', McpApp.BodyBytes - 2)}\"")).StatusCode);
    }

    [Fact]
    public async Task Messages_that_are_none_of_the_protocol_are_refused()
    {
        var tenant = await app.NewTenantAsync();

        await (await tenant.Http.SendMcpAsync("initialize", new { version = 1 })).ExpectProblemAsync(400, "invalid_message");
        foreach (var parameters in new object[] { new { arguments = new { } }, new { name = 7, arguments = 7 }, new { name = "search", arguments = 7 } })
        {
            Assert.InRange((await tenant.Http.ErrorAsync("tools/call", parameters)).Code, -32603, -32602);
        }
    }

    [Fact]
    public async Task Messages_count_against_the_quota_of_requests()
    {
        var tenant = await app.NewTenantAsync(new { quotas = new { requests_per_minute = 2 } });

        await tenant.Http.ResultAsync("ping");
        await tenant.Http.ResultAsync("tools/list");

        await (await tenant.Http.SendMcpAsync("ping")).ExpectProblemAsync(429, "quota_exceeded");
    }
}

/// <summary>The service with a page that may call it, and short bodies.</summary>
public sealed class McpApp : AppFixture
{
    public const int BodyBytes = 4_096;

    protected override void Configure(IDictionary<string, string> settings)
    {
        settings["MCP_ALLOWED_ORIGINS"] = "https://app.example.com, https://other.example.com";
        settings["MAX_BODY_BYTES"] = "4096";
    }
}
