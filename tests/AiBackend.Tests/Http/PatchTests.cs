using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Http;

/// <summary>What holds for every JSON merge patch.</summary>
public sealed class PatchTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Clients = "/api/v1/clients";

    [Fact]
    public async Task A_patch_sets_what_it_names_clears_what_is_null_and_leaves_the_rest()
    {
        var client = await (await app.Admin.PostJsonAsync(
            Clients,
            new { name = "Before", email = "a@b.example", settings = new { chat = new { model = "m", min_confidence = 0.5, collections = Array.Empty<string>() } } }))
            .ExpectAsync(201);

        var response = await app.Admin.SendTextAsync(
            HttpMethod.Patch,
            $"{Clients}/{client.Text("id")}",
            """{"name":"After","email":null,"settings":{"chat":{"model":null,"min_confidence":null,"history_messages":3}}}""",
            "application/merge-patch+json");

        var patched = await response.ExpectAsync(200);
        var chat = patched.GetProperty("settings").GetProperty("chat");
        Assert.Equal(("After", JsonValueKind.Null), (patched.Text("name"), patched.GetProperty("email").ValueKind));
        Assert.Equal(JsonValueKind.Null, chat.GetProperty("model").ValueKind);
        Assert.Equal((0.25, 3), (chat.GetProperty("min_confidence").GetDouble(), chat.GetProperty("history_messages").GetInt32()));
        Assert.Equal(0, chat.GetProperty("collections").GetArrayLength());
        Assert.Equal(client.Text("slug"), patched.Text("slug"));
    }

    [Theory]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"nmae":"x"}""", "nmae")]
    [InlineData("""{"settings":{"chat":{"nonsense":1}}}""", "settings.chat.nonsense")]
    [InlineData("""{"settings":{"chat":{"min_confidence":2}}}""", "settings.chat.min_confidence")]
    [InlineData("""{"settings":7}""", "settings")]
    [InlineData("""[]""", "body")]
    [InlineData("""null""", "body")]
    public async Task A_patch_that_leads_to_something_invalid_changes_nothing(string patch, string field)
    {
        var client = await (await app.Admin.PostJsonAsync(Clients, new { name = "Stays" })).ExpectAsync(201);

        var response = await app.Admin.SendTextAsync(HttpMethod.Patch, $"{Clients}/{client.Text("id")}", patch);

        Assert.Equal([field], await response.InvalidFieldsAsync());
        Assert.Equal(1, (await app.Admin.GetJsonAsync($"{Clients}/{client.Text("id")}")).GetProperty("version").GetInt64());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"type_id":"a","description":null}""")]
    [InlineData("""{"metadata":{"one":1.0,"gone":null,"é":["\u00e9",{"b":2}]}}""")]
    public async Task A_patch_that_changes_nothing_makes_no_version_and_no_entry(string patch)
    {
        var tenant = await app.NewTenantAsync();
        var made = await (await tenant.Http.SendTextAsync(
            HttpMethod.Post, UserTypes(tenant), """{"type_id":"a","name":"x","metadata":{ "one":1.0, "\u00e9":["é",{"b":2}]}}""")).ExpectAsync(201);
        var path = $"{UserTypes(tenant)}/{made.Text("id")}";
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        var response = await tenant.Http.SendTextAsync(HttpMethod.Patch, path, patch);

        Assert.Equal("\"1\"", response.Header("ETag"));
        Assert.Equal(made.GetRawText(), (await response.ExpectAsync(200)).GetRawText());
        Assert.DoesNotContain(await AuditAsync(tenant), action => action == "user_type.updated");
        await (await tenant.Http.SendTextAsync(HttpMethod.Patch, path, """{"metadata":{"one":1.5}}""")).ExpectAsync(200);
        Assert.Equal(2, (await tenant.Http.GetJsonAsync(path)).GetProperty("version").GetInt64());
        Assert.Contains(await AuditAsync(tenant), action => action == "user_type.updated");
    }

    [Fact]
    public async Task No_resource_gets_a_version_by_a_patch_that_changes_nothing()
    {
        var tenant = await app.NewTenantAsync();
        var client = $"{Clients}/{tenant.ClientId}";
        (string Path, object Body)[] resources =
        [
            ($"{client}/channels", new { type = "web", name = "x", secrets = new { a = "1" } }),
            ("/api/v1/event-processors", new { name = "x", config = new { url = "https://93.184.216.34/", headers = new { a = "1" } } }),
            ("/api/v1/collections", new { name = "x", metadata = new { a = 1 } }),
            ("/api/v1/sessions", new { title = "x", metadata = new { a = 1 } }),
        ];
        var paths = new List<string> { client };
        foreach (var (path, body) in resources)
        {
            paths.Add($"{path}/{(await (await tenant.Http.PostJsonAsync(path, body)).ExpectAsync(201)).Text("id")}");
        }

        var posted = await tenant.Http.PostJsonAsync("/api/v1/messages", new { external_session_id = "x", text = "x", reply = "none" });
        var message = (await posted.ExpectAsync(201)).GetProperty("message").Text("id");
        var given = await tenant.Http.PostJsonAsync($"/api/v1/messages/{message}/feedback", new { rating = 3, comment = "x" });
        paths.Add($"/api/v1/feedback/{(await given.ExpectAsync(201)).Text("id")}");
        var audited = (await AuditAsync(tenant)).Length;
        foreach (var path in paths)
        {
            var before = await tenant.Http.GetJsonAsync(path);
            var name = path.Contains("/sessions/", StringComparison.Ordinal) ? "title"
                : path.Contains("/feedback/", StringComparison.Ordinal) ? "comment"
                : "name";
            foreach (var patch in new[] { "{}", $$"""{"{{name}}":"{{before.Text(name)}}"}""" })
            {
                var patched = await (await tenant.Http.SendTextAsync(HttpMethod.Patch, path, patch)).ExpectAsync(200);
                Assert.Equal((path, 1L), (path, patched.GetProperty("version").GetInt64()));
            }

            await (await tenant.Http.SendTextAsync(HttpMethod.Patch, path, "{}", "application/json")).ExpectAsync(200);
            var changed = await (await tenant.Http.SendTextAsync(HttpMethod.Patch, path, $$"""{"{{name}}":"y"}""")).ExpectAsync(200);
            Assert.Equal((path, 2L), (path, changed.GetProperty("version").GetInt64()));
        }

        // Client, channel and processor were changed once each.
        Assert.Equal(audited + 3, (await AuditAsync(tenant)).Length);
    }

    [Theory]
    [InlineData("clients", "is_active")]
    [InlineData("channels", "is_active")]
    [InlineData("event-processors", "is_active")]
    [InlineData("event-processors", "event_types")]
    public async Task What_would_turn_something_on_is_not_cleared(string resource, string field)
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Clients}/{tenant.ClientId}";
        if (resource == "channels")
        {
            path += $"/channels/{(await app.Admin.GetJsonAsync($"{path}/channels")).Data().Single().Text("id")}";
        }
        else if (resource == "event-processors")
        {
            var made = await tenant.Http.PostJsonAsync(
                "/api/v1/event-processors", new { name = "x", event_types = new[] { "chat.*" }, config = new { url = "https://93.184.216.34/" } });
            path = $"/api/v1/event-processors/{(await made.ExpectAsync(201)).Text("id")}";
        }

        var http = resource == "clients" ? app.Admin : tenant.Http;
        var before = await http.GetJsonAsync(path);
        var response = await http.SendTextAsync(HttpMethod.Patch, path, $$"""{"{{field}}":null}""");

        Assert.Equal([field], await response.InvalidFieldsAsync());
        Assert.Equal(before.GetRawText(), (await http.GetJsonAsync(path)).GetRawText());
    }

    [Fact]
    public async Task A_patch_of_metadata_is_merged_too()
    {
        var tenant = await app.NewTenantAsync();
        var type = await (await tenant.Http.PostJsonAsync(
            UserTypes(tenant), new { type_id = "a", name = "x", metadata = new { keep = 1, change = new { a = 1, b = 2 }, drop = true } })).ExpectAsync(201);

        var response = await tenant.Http.SendTextAsync(
            HttpMethod.Patch, $"{UserTypes(tenant)}/{type.Text("id")}", """{"metadata":{"change":{"b":null,"c":[1,2]},"drop":null}}""");

        Assert.Equal("""{"keep":1,"change":{"a":1,"c":[1,2]}}""", (await response.ExpectAsync(200)).GetProperty("metadata").GetRawText());
    }

    private async Task<string[]> AuditAsync(Tenant tenant) =>
        [.. (await app.Admin.GetJsonAsync($"{Clients}/{tenant.ClientId}/audit?limit=200")).Data().Select(entry => entry.Text("action"))];

    private static string UserTypes(Tenant tenant) => $"{Clients}/{tenant.ClientId}/user-types";
}
