using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Http;

/// <summary>Ids of requests, unknown addresses and methods, versions and pages.</summary>
public sealed class AnswerTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Clients = "/api/v1/clients";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plain_request_id_is_taken_over()
    {
        var response = await app.Admin.SendAsync(HttpMethod.Get, Clients, content: null, ("X-Request-Id", "order-17.retry:2"));

        Assert.Equal("order-17.retry:2", response.Header("X-Request-Id"));
    }

    [Theory]
    [InlineData("has space")]
    [InlineData("<script>")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_request_id_is_made_where_none_of_use_is_given(string? given)
    {
        var response = given is null
            ? await app.Admin.GetAsync(Clients, Ct)
            : await app.Admin.SendAsync(HttpMethod.Get, Clients, content: null, ("X-Request-Id", given));

        var made = response.Header("X-Request-Id");
        Assert.Equal(32, made?.Length);
        Assert.NotEqual(given, made);
    }

    [Fact]
    public async Task A_request_id_may_have_128_characters_and_no_more()
    {
        var longest = new string('x', 128);

        Assert.Equal(longest, (await app.Admin.SendAsync(HttpMethod.Get, Clients, null, ("X-Request-Id", longest))).Header("X-Request-Id"));
        Assert.NotEqual($"{longest}x", (await app.Admin.SendAsync(HttpMethod.Get, Clients, null, ("X-Request-Id", $"{longest}x"))).Header("X-Request-Id"));
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "not_found")]
    [InlineData("GET", "/api/v1/nowhere", 404, "not_found")]
    [InlineData("POST", "/api/v2/clients", 404, "not_found")]
    [InlineData("PUT", "/api/v1/clients", 405, "method_not_allowed")]
    [InlineData("OPTIONS", "/api/v1/clients", 405, "method_not_allowed")]
    [InlineData("DELETE", "/health/live", 405, "method_not_allowed")]
    [InlineData("PUT", "/metrics", 405, "method_not_allowed")]
    [InlineData("PATCH", "/metrics", 405, "method_not_allowed")]
    [InlineData("DELETE", "/metrics", 405, "method_not_allowed")]
    [InlineData("POST", "/openapi/v1.json", 405, "method_not_allowed")]
    public async Task An_unknown_address_or_method_is_a_problem(string method, string path, int status, string code)
    {
        var response = await app.Admin.SendAsync(new HttpMethod(method), path, content: null);

        await response.ExpectProblemAsync(status, code);
        Assert.Equal(status == 405, response.Content.Headers.Allow.Count > 0);
    }

    [Fact]
    public async Task The_metrics_are_read()
    {
        var response = await app.Admin.GetAsync("/metrics", Ct);

        Assert.Equal((200, "text/plain"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task A_creation_says_where_what_it_made_is_read()
    {
        var tenant = await app.NewTenantAsync();
        var client = $"{Clients}/{tenant.ClientId}";
        (string Path, object Body)[] creations =
        [
            ($"{client}/channels", new { type = "web", name = "x" }),
            ($"{client}/user-types", new { type_id = "x", name = "x" }),
            ("/api/v1/event-processors", new { name = "x", config = new { url = "https://93.184.216.34/" } }),
            ("/api/v1/collections", new { name = "x" }),
            ("/api/v1/sessions", new { }),
        ];

        foreach (var (path, body) in creations)
        {
            await HoldLocationAsync(tenant.Http, await tenant.Http.PostJsonAsync(path, body), 201, json => json);
        }

        await HoldLocationAsync(app.Admin, await app.Admin.PostJsonAsync(Clients, new { name = "x" }), 201, json => json);
        await HoldLocationAsync(
            tenant.Http,
            await tenant.Http.PostJsonAsync("/api/v1/messages", new { external_session_id = "x", text = "x", reply = "none" }),
            201,
            json => json.GetProperty("message"));
        var collection = (await tenant.Http.GetJsonAsync("/api/v1/collections")).Data().Single().Text("id");
        foreach (var (wait, status) in new[] { ("respond-async", 202), ("wait=60", 201) })
        {
            await HoldLocationAsync(
                tenant.Http,
                await tenant.Http.PostJsonAsync($"/api/v1/collections/{collection}/documents", new { text = wait }, ("Prefer", wait)),
                status,
                json => json.GetProperty("document"));
        }
    }

    [Fact]
    public async Task An_etag_is_the_version_and_if_match_holds_a_change_to_it()
    {
        var client = await (await app.Admin.PostJsonAsync(Clients, new { name = "Versioned" })).ExpectAsync(201);
        var path = $"{Clients}/{client.Text("id")}";

        Assert.Equal("\"1\"", (await app.Admin.GetAsync(path, Ct)).Header("ETag"));
        await (await app.Admin.PatchJsonAsync(path, new { name = "B" }, ("If-Match", "\"2\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await app.Admin.PatchJsonAsync(path, new { name = "B" }, ("If-Match", "W/\"1\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await app.Admin.PatchJsonAsync(path, new { name = "B" }, ("If-Match", "1"))).ExpectProblemAsync(412, "version_mismatch");

        var changed = await app.Admin.PatchJsonAsync(path, new { name = "B" }, ("If-Match", "\"7\", \"1\""));

        Assert.Equal((2, "\"2\""), ((await changed.ExpectAsync(200)).GetProperty("version").GetInt32(), changed.Header("ETag")));
        await (await app.Admin.SendAsync(HttpMethod.Delete, path, null, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await app.Admin.SendAsync(HttpMethod.Delete, path, null, ("If-Match", "*"))).ExpectAsync(204);
    }

    [Fact]
    public async Task Pages_go_on_where_the_last_one_ended_while_entries_come_and_go()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Clients}/{tenant.ClientId}/user-types";
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await AddTypeAsync(tenant, path, $"t{i}"));
        }

        var first = await tenant.Http.GetJsonAsync($"{path}?limit=2");
        await AddTypeAsync(tenant, path, "newer");
        await tenant.Http.DeleteAsync($"{path}/{ids[3]}", Ct);
        var second = await tenant.Http.GetJsonAsync($"{path}?limit=2&cursor={Uri.EscapeDataString(first.Text("next_cursor"))}");
        var third = await tenant.Http.GetJsonAsync($"{path}?limit=2&cursor={Uri.EscapeDataString(second.Text("next_cursor"))}");

        Assert.Equal([ids[4], ids[3]], first.Data().Select(type => type.Text("id")));
        Assert.Equal([ids[2], ids[1]], second.Data().Select(type => type.Text("id")));
        Assert.Equal([ids[0]], third.Data().Select(type => type.Text("id")));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, third.GetProperty("next_cursor").ValueKind);
    }

    [Fact]
    public async Task A_list_may_begin_with_the_oldest_and_a_cursor_belongs_to_its_order()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Clients}/{tenant.ClientId}/user-types";
        var oldest = await AddTypeAsync(tenant, path, "a");
        var newest = await AddTypeAsync(tenant, path, "b");

        var page = await tenant.Http.GetJsonAsync($"{path}?order=asc&limit=1");
        var cursor = Uri.EscapeDataString(page.Text("next_cursor"));

        Assert.Equal(oldest, page.Data().Single().Text("id"));
        Assert.Equal(newest, (await tenant.Http.GetJsonAsync($"{path}?order=asc&limit=1&cursor={cursor}")).Data().Single().Text("id"));
        await (await tenant.Http.GetAsync($"{path}?order=desc&cursor={cursor}", Ct)).ExpectProblemAsync(400, "invalid_cursor");
    }

    private static async Task HoldLocationAsync(HttpClient http, HttpResponseMessage made, int status, Func<JsonElement, JsonElement> resource)
    {
        var id = resource(await made.ExpectAsync(status)).Text("id");

        var location = made.Header("Location");
        Assert.NotNull(location);
        Assert.Equal(id, (await http.GetJsonAsync(location)).Text("id"));
    }

    private static async Task<string> AddTypeAsync(Tenant tenant, string path, string typeId) =>
        (await (await tenant.Http.PostJsonAsync(path, new { type_id = typeId, name = typeId })).ExpectAsync(201)).Text("id");
}
