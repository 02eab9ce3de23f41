using System.Net;
using System.Net.Http.Headers;

namespace AiBackend.Tests.Chat;

public sealed class AccessTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static readonly Owned Nothing = new(
        "ses_00000000000000000000000000", "msg_00000000000000000000000000", "run_00000000000000000000000000", "sug_00000000000000000000000000",
        "fbk_00000000000000000000000000", "ana_00000000000000000000000000");

    public static TheoryData<string, string> Reads => new()
    {
        { "GET", "/api/v1/sessions" },
        { "GET", "/api/v1/sessions/{session}" },
        { "GET", "/api/v1/sessions/{session}/messages" },
        { "GET", "/api/v1/sessions/{session}/export" },
        { "GET", "/api/v1/sessions/{session}/suggestions" },
        { "GET", "/api/v1/messages" },
        { "GET", "/api/v1/messages/{message}" },
        { "GET", "/api/v1/messages/{message}/feedback" },
        { "GET", "/api/v1/messages/{message}/analyses" },
        { "GET", "/api/v1/analyses/{analysis}" },
        { "GET", "/api/v1/feedback" },
        { "GET", "/api/v1/feedback/{feedback}" },
        { "GET", "/api/v1/runs/{run}" },
        { "GET", "/api/v1/runs/{run}/stream" },
        { "GET", "/api/v1/analytics/overview" },
        { "GET", "/api/v1/analytics/timeseries" },
    };

    public static TheoryData<string, string> Writes => new()
    {
        { "POST", "/api/v1/sessions" },
        { "PATCH", "/api/v1/sessions/{session}" },
        { "DELETE", "/api/v1/sessions/{session}" },
        { "POST", "/api/v1/sessions/{session}/close" },
        { "POST", "/api/v1/sessions/{session}/handover" },
        { "POST", "/api/v1/sessions/{session}/resume" },
        { "POST", "/api/v1/messages" },
        { "POST", "/api/v1/messages/bulk" },
        { "PATCH", "/api/v1/messages/{message}" },
        { "POST", "/api/v1/messages/{message}/regenerate" },
        { "DELETE", "/api/v1/messages/{message}" },
        { "POST", "/api/v1/messages/{message}/feedback" },
        { "POST", "/api/v1/messages/{message}/analyses" },
        { "PATCH", "/api/v1/feedback/{feedback}" },
        { "DELETE", "/api/v1/feedback/{feedback}" },
        { "POST", "/api/v1/runs/{run}/cancel" },
        { "POST", "/api/v1/suggestions/{suggestion}/accept" },
        { "POST", "/api/v1/suggestions/{suggestion}/reject" },
    };

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task A_key_without_the_scope_to_read_may_not_read(string method, string path)
    {
        var tenant = await app.NewChatTenantAsync(null, "chat:write", "knowledge:read");

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(tenant, method, path, Nothing));
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task A_key_without_the_scope_to_write_may_not_write(string method, string path)
    {
        var tenant = await app.NewChatTenantAsync(null, "chat:read", "knowledge:write");

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(tenant, method, path, Nothing));
    }

    [Theory]
    [MemberData(nameof(Reads))]
    [MemberData(nameof(Writes))]
    public async Task Nothing_is_done_without_a_key(string method, string path)
    {
        var tenant = await app.NewChatTenantAsync();
        tenant.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "wrong");

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(tenant, method, path, Nothing));
    }

    public static TheoryData<string, string> Things =>
        [.. Reads.Concat(Writes).Where(row => row.Data.Item2.Contains('{', StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Things))]
    public async Task Another_clients_things_are_not_there(string method, string path)
    {
        var owner = await app.NewChatTenantAsync();
        var posted = await owner.SayAsync(new { external_session_id = "a", text = "t", reply = "suggest" });
        var run = await owner.EndOfAsync(posted["run"]!.Text("id"));
        var feedback = await owner.PostAsync(
            $"/api/v1/messages/{run.Text("message_id")}/feedback", new { rating = 3 }, HttpStatusCode.Created);
        var analyses = await owner.PostAsync(
            $"/api/v1/messages/{run.Text("message_id")}/analyses", new { types = new[] { "pii" } }, HttpStatusCode.Accepted);
        var stranger = await app.NewChatTenantAsync();

        var things = new Owned(
            run.Text("session_id"), run.Text("message_id"), run.Text("id"), run.Text("suggestion_id"), feedback.Text("id"), analyses["data"]![0]!.Text("id"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(stranger, method, path, things));

        Assert.Single(await owner.MessagesAsync(things.Session));
        var session = await owner.GetAsync($"/api/v1/sessions/{things.Session}");
        Assert.Equal("open", session.Text("state"));
        var suggestions = await owner.GetAsync($"/api/v1/sessions/{things.Session}/suggestions");
        Assert.Equal("pending", suggestions["data"]![0]!.Text("status"));
        Assert.Equal(1, (await owner.GetAsync($"/api/v1/feedback/{things.Feedback}")).Number("version"));
        Assert.Single((await owner.GetAsync($"/api/v1/messages/{things.Message}/analyses"))["data"]!.AsArray());
    }

    [Fact]
    public async Task Lists_hold_only_ones_own_things()
    {
        var owner = await app.NewChatTenantAsync();
        var posted = await owner.SayAsync(new { external_session_id = "a", text = "t", reply = "none" });
        await owner.PostAsync($"/api/v1/messages/{posted["message"]!.Text("id")}/feedback", new { rating = 3 }, HttpStatusCode.Created);
        var stranger = await app.NewChatTenantAsync();

        Assert.Empty((await stranger.GetAsync("/api/v1/sessions"))["data"]!.AsArray());
        Assert.Empty((await stranger.GetAsync("/api/v1/messages"))["data"]!.AsArray());
        Assert.Empty((await stranger.GetAsync("/api/v1/feedback"))["data"]!.AsArray());
    }

    private static async Task<HttpStatusCode> StatusAsync(ChatTenant tenant, string method, string path, Owned things)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method),
            path.Replace("{session}", things.Session, StringComparison.Ordinal)
                .Replace("{message}", things.Message, StringComparison.Ordinal)
                .Replace("{run}", things.Run, StringComparison.Ordinal)
                .Replace("{suggestion}", things.Suggestion, StringComparison.Ordinal)
                .Replace("{feedback}", things.Feedback, StringComparison.Ordinal)
                .Replace("{analysis}", things.Analysis, StringComparison.Ordinal));
        if (method is "POST" or "PATCH")
        {
            var body = method is "PATCH" && path.Contains("{message}", StringComparison.Ordinal) ? """{"text":"x"}"""
                : path.EndsWith("/analyses", StringComparison.Ordinal) ? """{"types":["pii"]}"""
                : path.EndsWith("/feedback", StringComparison.Ordinal) ? """{"rating":3}"""
                : "{}";
            request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        }

        using var response = await tenant.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private sealed record Owned(string Session, string Message, string Run, string Suggestion, string Feedback, string Analysis);
}
