using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Chat.Sessions;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Tests.Chat;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Clients.Privacy;

/// <summary>All that is held of a client is taken out, and nothing else.</summary>
public sealed class ExportTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_set_of_a_clients_documents_is_exported_or_says_why_not()
    {
        var rules = app.Services.GetServices<ExportRule>().ToList();
        var sets = app.Services.GetRequiredService<DocumentCatalog>().Sets
            .Select(set => set.DocumentType).Where(typeof(TenantDocument).IsAssignableFrom).ToList();

        Assert.Equal(sets.OrderBy(type => type.Name), rules.Select(rule => rule.DocumentType).OrderBy(type => type.Name));
        Assert.All(rules.OfType<ExportRule.LeftOut>(), rule => Assert.NotEmpty(rule.Reason));
        Assert.Distinct(rules.OfType<ExportRule.Written>().Select(rule => rule.Name));
    }

    [Fact]
    public void Every_set_that_names_a_session_goes_with_it()
    {
        var named = app.Services.GetRequiredService<DocumentCatalog>().Sets.Select(set => set.DocumentType)
            .Where(type => type.GetProperty("SessionId") is not null && type != typeof(AiBackend.Events.Event));

        Assert.Equal(
            named.OrderBy(type => type.Name),
            app.Services.GetServices<SessionPart>().Select(part => part.DocumentType).OrderBy(type => type.Name));
    }

    [Fact]
    public async Task Each_resource_is_a_line_as_its_route_shows_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Where is my parcel?", sender = new { id = "ana" } }, ("Prefer", "wait=30"));
        var messageId = posted["message"]!.Text("id");
        await tenant.PostAsync($"/api/v1/messages/{messageId}/feedback", new { rating = 4, comment = "quick" }, HttpStatusCode.Created);

        var lines = await ExportAsync(tenant.Http, tenant.ClientId);

        await ShownAsync(tenant, lines, "session", id => $"/api/v1/sessions/{id}");
        await ShownAsync(tenant, lines, "message", id => $"/api/v1/messages/{id}", expected: 2);
        await ShownAsync(tenant, lines, "run", id => $"/api/v1/runs/{id}");
        await ShownAsync(tenant, lines, "feedback", id => $"/api/v1/feedback/{id}");
        await ShownAsync(tenant, lines, "event", id => $"/api/v1/events/{id}", expected: 7);
        await ShownAsync(tenant, lines, "client", id => $"/api/v1/clients/{id}");
        await ShownAsync(tenant, lines, "channel", id => $"/api/v1/clients/{tenant.ClientId}/channels/{id}");
        Assert.Contains(lines, line => line.Text("type") == "audit_entry");
        Assert.Contains(lines, line => line.Text("type") == "usage");
        Assert.Contains(lines, line => line.Text("type") == "analytics");
    }

    [Fact]
    public async Task The_last_line_counts_all_others()
    {
        var tenant = await app.NewChatTenantAsync();
        var sessionId = await tenant.OpenAsync();
        for (var first = 0; first < 120; first += 60)
        {
            var messages = Enumerable.Range(first, 60).Select(i => new { role = "user", text = $"Message {i}" });
            await tenant.PostAsync("/api/v1/messages/bulk", new { session_id = sessionId, messages });
        }

        var lines = await ExportAsync(tenant.Http, tenant.ClientId);

        Assert.Equal("end", lines[^1].Text("type"));
        var counts = lines[^1].GetProperty("data").GetProperty("counts").EnumerateObject().ToDictionary(count => count.Name, count => count.Value.GetInt32());
        Assert.Equal(lines[..^1].CountBy(line => line.Text("type")).ToDictionary(), counts);
        Assert.Equal(
            Enumerable.Range(0, 120).Select(i => $"Message {i}").Order(),
            lines.Where(line => line.Text("type") == "message").Select(line => line.GetProperty("data").Text("text")).Order());
    }

    [Fact]
    public async Task No_secret_and_nothing_of_another_client_is_in_it()
    {
        const string channelSecret = "channel-secret-0123456789";
        const string headerSecret = "header-secret-0123456789";
        var other = await app.NewChatTenantAsync();
        await other.SayAsync(new { external_session_id = "a", text = "of another client" });
        var tenant = await app.NewTenantAsync();
        var channel = new { type = "webhook", name = "Hook", secrets = new { token = channelSecret } };
        await (await tenant.Http.PostJsonAsync($"/api/v1/clients/{tenant.ClientId}/channels", channel)).ExpectAsync(201);
        var processor = await (await tenant.Http.PostJsonAsync(
            "/api/v1/event-processors",
            new { name = "Hook", config = new { url = "https://example.com/hook", headers = new { authorization = headerSecret } }, event_types = new[] { "*" } },
            ("Idempotency-Key", "once"))).ExpectAsync(201);
        var hash = (await app.Store.For(tenant.ClientId).FindAsync<AiBackend.Clients.ApiKey>(tenant.KeyId, Ct))!.SecretHash;

        var text = await (await tenant.Http.GetAsync($"/api/v1/clients/{tenant.ClientId}/export", Ct)).Content.ReadAsStringAsync(Ct);

        Assert.Contains(processor.Text("id"), text, StringComparison.Ordinal);
        Assert.Contains(tenant.KeyId, text, StringComparison.Ordinal);
        string[] secrets = [channelSecret, headerSecret, processor.Text("secret"), processor.Text("secret")["whsec_".Length..], tenant.Key, tenant.Key.Split('_')[^1], hash];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
        Assert.All(new[] { "of another client", other.ClientId }, foreign => Assert.DoesNotContain(foreign, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_is_for_the_admin_and_for_keys_that_manage_their_own_client()
    {
        var tenant = await app.NewTenantAsync("client:admin");
        var other = await app.NewTenantAsync("client:admin");
        var reader = app.NewHttp((await app.NewKeyAsync(tenant.ClientId, "chat:read", "events:read", "knowledge:read")).Key);

        Assert.NotEmpty(await ExportAsync(app.Admin, tenant.ClientId));
        Assert.NotEmpty(await ExportAsync(tenant.Http, tenant.ClientId));
        await (await other.Http.GetAsync($"/api/v1/clients/{tenant.ClientId}/export", Ct)).ExpectProblemAsync(404, "not_found");
        await (await reader.GetAsync($"/api/v1/clients/{tenant.ClientId}/export", Ct)).ExpectProblemAsync(403, "insufficient_scope");
    }

    private static async Task<List<JsonElement>> ExportAsync(HttpClient http, string clientId)
    {
        using var response = await http.GetAsync($"/api/v1/clients/{clientId}/export", Ct);
        Assert.Equal((200, "application/x-ndjson"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var text = await response.Content.ReadAsStringAsync(Ct);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    private static async Task ShownAsync(ChatTenant tenant, List<JsonElement> lines, string type, Func<string, string> path, int expected = 1)
    {
        var exported = lines.Where(line => line.Text("type") == type).Select(line => line.GetProperty("data")).ToList();
        Assert.Equal(expected, exported.Count);
        foreach (var data in exported)
        {
            Assert.Equal((await tenant.GetAsync(path(data.Text("id")))).ToJsonString(), JsonNode.Parse(data.GetRawText())!.ToJsonString());
        }
    }
}
