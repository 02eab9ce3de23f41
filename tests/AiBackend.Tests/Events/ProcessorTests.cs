using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Events;

public sealed class ProcessorTests(EventsFixture app) : IClassFixture<EventsFixture>
{
    private const string Path = "/api/v1/event-processors";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_processor_is_made_with_every_default_and_its_secret_is_shown_this_once()
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.PostJsonAsync(Path, new { name = "CRM", config = new { url = "https://crm.example.com/hook?x=1" } });

        var made = await response.ExpectAsync(201);
        Assert.StartsWith("prc_", made.Text("id"));
        Assert.Equal("\"1\"", response.Header("ETag"));
        Assert.Equal(32, Convert.FromBase64String(made.Text("secret")["whsec_".Length..]).Length);
        var read = await tenant.Http.GetJsonAsync($"{Path}/{made.Text("id")}");
        var expected = JsonSerializer.Deserialize<JsonElement>($$"""
            {
              "id": "{{made.Text("id")}}", "name": "CRM", "description": null, "type": "http",
              "config": {"url": "https://crm.example.com/hook?x=1", "headers": {}, "timeout_seconds": 15, "capture_external_id": false},
              "event_types": ["*"], "filter": null, "ordering": "none", "is_active": true, "disabled_reason": null, "secret": "***",
              "version": 1, "created_at": "{{made.Text("created_at")}}", "updated_at": "{{made.Text("created_at")}}"
            }
            """);
        Assert.True(JsonElement.DeepEquals(expected, read), read.GetRawText());
        Assert.True(JsonElement.DeepEquals(read, (await tenant.Http.GetJsonAsync(Path)).Data().Single()));
    }

    [Fact]
    public async Task A_repeated_creation_shows_the_same_secret_again()
    {
        var tenant = await app.NewTenantAsync();
        var body = new { name = "CRM", config = new { url = "https://crm.example.com/" } };

        var first = await (await tenant.Http.PostJsonAsync(Path, body, ("Idempotency-Key", "k1"))).ExpectAsync(201);
        var again = await tenant.Http.PostJsonAsync(Path, body, ("Idempotency-Key", "k1"));

        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(first.GetRawText(), (await again.ExpectAsync(201)).GetRawText());
        Assert.Single((await tenant.Http.GetJsonAsync(Path)).Data());
    }

    [Fact]
    public async Task Secrets_are_sealed_in_storage_and_never_shown()
    {
        var tenant = await app.NewTenantAsync();

        var made = await EventsFixture.NewProcessorAsync(
            tenant, "https://crm.example.com/", headers: new Dictionary<string, string> { ["X-Token"] = "t0ken-in-plain" });

        Assert.Equal("***", made.GetProperty("config").GetProperty("headers").Text("X-Token"));
        var stored = await app.Store.For(tenant.ClientId).FindAsync<EventProcessor>(made.Text("id"), Ct);
        var text = JsonSerializer.Serialize(stored, DocumentJson.Options);
        Assert.DoesNotContain("t0ken-in-plain", text, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Text("secret"), text, StringComparison.Ordinal);
    }

    public static TheoryData<string, object> Invalid => new()
    {
        { "name", new { config = new { url = "https://a.example/" } } },
        { "name", new { name = " ", config = new { url = "https://a.example/" } } },
        { "name", new { name = new string('n', 201), config = new { url = "https://a.example/" } } },
        { "description", new { name = "n", description = new string('d', 2_001), config = new { url = "https://a.example/" } } },
        { "config", new { name = "n" } },
        { "config.url", new { name = "n", config = new { } } },
        { "config.url", new { name = "n", config = new { url = "/hook" } } },
        { "config.url", new { name = "n", config = new { url = "ftp://a.example/" } } },
        { "config.url", new { name = "n", config = new { url = "http://\u202e" } } },
        { "config.url", new { name = "n", config = new { url = "https://user:pass@a.example/" } } },
        { "config.url", new { name = "n", config = new { url = "https://a.example/#part" } } },
        { "config.url", new { name = "n", config = new { url = "http://ⓛocalhost/" } } },
        { "config.url", new { name = "n", config = new { url = "http://①②⑦.0.0.1/" } } },
        { "config.url", new { name = "n", config = new { url = "http://127。0。0。1/" } } },
        { "config.timeout_seconds", new { name = "n", config = new { url = "https://a.example/", timeout_seconds = 0 } } },
        { "config.timeout_seconds", new { name = "n", config = new { url = "https://a.example/", timeout_seconds = 61 } } },
        { "config.capture_external_id", new { name = "n", config = new { url = "https://a.example/", capture_external_id = true } } },
        { "config.colour", new { name = "n", config = new { url = "https://a.example/", colour = "red" } } },
        { "event_types", new { name = "n", config = new { url = "https://a.example/" }, event_types = Array.Empty<string>() } },
        { "event_types", new { name = "n", config = new { url = "https://a.example/" }, event_types = new[] { "chat.massage.created" } } },
        { "event_types", new { name = "n", config = new { url = "https://a.example/" }, event_types = new[] { "*", "*" } } },
        { "event_types", new { name = "n", config = new { url = "https://a.example/" }, event_types = new string?[] { null } } },
        { "type", new { name = "n", type = "amqp", config = new { url = "https://a.example/" } } },
        { "ordering", new { name = "n", ordering = "session", config = new { url = "https://a.example/" } } },
        { "filter", new { name = "n", filter = new { type = "x" }, config = new { url = "https://a.example/" } } },
        { "config.headers", With(("Host", "a")) },
        { "config.headers", With(("content-length", "1")) },
        { "config.headers", With(("Webhook-Id", "1")) },
        { "config.headers", With(("Proxy-Authorization", "1")) },
        { "config.headers", With(("two words", "1")) },
        { "config.headers", With(("X-A", "line\nbreak")) },
        { "config.headers", With(("X-A", "ż")) },
        { "config.headers", With(("X-A", new string('v', 4_097))) },
        { "config.headers", With(("X-A", "1"), ("x-a", "2")) },
        { "config.headers", With([.. Enumerable.Range(0, 21).Select(i => ($"X-{i}", "v"))]) },
        { "config.headers.X-A", With(("X-A", "***")) },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task What_is_wrong_with_a_processor_is_said_and_nothing_is_stored(string field, object body)
    {
        var tenant = await app.NewTenantAsync();

        var fields = await (await tenant.Http.PostJsonAsync(Path, body)).InvalidFieldsAsync();

        Assert.Equal([field], fields);
        Assert.Empty((await tenant.Http.GetJsonAsync(Path)).Data());
    }

    [Fact]
    public async Task A_processor_may_be_as_large_as_the_limits()
    {
        var tenant = await app.NewTenantAsync();
        var headers = Enumerable.Range(1, 19).ToDictionary(i => $"X-{i}", _ => "v");
        headers["X-Long"] = new string('v', 4_096);

        var made = await tenant.Http.PostJsonAsync(
            Path,
            new
            {
                name = new string('n', 200),
                description = new string('d', 2_000),
                config = new { url = "https://a.example/", timeout_seconds = 60, headers },
            });

        await made.ExpectAsync(201);
        await EventsFixture.NewProcessorAsync(tenant, "https://a.example/", timeoutSeconds: 1);
        await EventsFixture.NewProcessorAsync(tenant, "https://xn--bcher-kva.example/größe?x=ü");
    }

    [Fact]
    public async Task What_is_not_available_says_so()
    {
        var tenant = await app.NewTenantAsync();

        var problem = await (await tenant.Http.PostJsonAsync(
            Path, new { name = "n", type = "amqp", config = new { host = "mq.example.com", exchange = "x" } })).ExpectProblemAsync(422, "validation_failed");

        Assert.Equal(
            "One of http is expected. amqp is not available in this version.", problem.GetProperty("errors").GetProperty("type")[0].GetString());
    }

    [Fact]
    public async Task A_client_has_at_most_fifty_processors()
    {
        var tenant = await app.NewTenantAsync();
        for (var i = 0; i < 50; i++)
        {
            await EventsFixture.NewProcessorAsync(tenant, "https://a.example/");
        }

        var refused = await tenant.Http.PostJsonAsync(Path, new { name = "n", config = new { url = "https://a.example/" } });

        await refused.ExpectProblemAsync(422, "limit_reached");
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_and_keeps_header_values_that_are_not_shown()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var made = await EventsFixture.NewProcessorAsync(
            tenant, "https://a.example/", headers: new Dictionary<string, string> { ["X-Keep"] = "kept", ["X-Drop"] = "dropped" });

        var response = await tenant.Http.PatchJsonAsync(
            $"{Path}/{made.Text("id")}",
            new
            {
                name = "New",
                config = new { url = receiver.Url, headers = new Dictionary<string, string?> { ["X-Keep"] = "***", ["X-Drop"] = null, ["X-New"] = "new" } },
            },
            ("If-Match", "\"1\""));
        await app.RaiseAsync(tenant);
        var request = await receiver.NextRequestAsync(Ct);

        var changed = await response.ExpectAsync(200);
        Assert.Equal(("New", 15), (changed.Text("name"), changed.GetProperty("config").GetProperty("timeout_seconds").GetInt32()));
        Assert.Equal("\"2\"", response.Header("ETag"));
        Assert.Equal(("kept", "new"), (request.Headers["X-Keep"], request.Headers["X-New"]));
        Assert.False(request.Headers.ContainsKey("X-Drop"));
        Assert.True(EventsFixture.IsSignedWith(request, made.Text("secret")));
    }

    [Fact]
    public async Task A_change_or_deletion_of_another_version_is_refused()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Path}/{(await EventsFixture.NewProcessorAsync(tenant, "https://a.example/")).Text("id")}";

        await (await tenant.Http.PatchJsonAsync(path, new { name = "x" }, ("If-Match", "\"2\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await tenant.Http.SendJsonAsync(HttpMethod.Delete, path, null, ("If-Match", "\"2\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await tenant.Http.SendJsonAsync(HttpMethod.Delete, path, null, ("If-Match", "\"1\""))).ExpectAsync(204);
        await (await tenant.Http.GetAsync(path, Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task A_test_posts_a_signed_request_now_and_leaves_no_event()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(418));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url, eventTypes: ["chat.*"]);

        var rejected = await (await tenant.Http.PostJsonAsync($"{Path}/{processor.Text("id")}/test")).ExpectAsync(200);
        var delivered = await (await tenant.Http.PostJsonAsync($"{Path}/{processor.Text("id")}/test")).ExpectAsync(200);

        Assert.Equal(("rejected", 418, "418"), (
            rejected.Text("outcome"), rejected.GetProperty("response_status").GetInt32(), rejected.Text("response_body")));
        Assert.Equal("delivered", delivered.Text("outcome"));
        Assert.All(receiver.Requests, request => Assert.Equal("processor.test", request.Body.Text("type")));
        Assert.All(receiver.Requests, request => Assert.True(EventsFixture.IsSignedWith(request, processor.Text("secret"))));
        Assert.DoesNotContain((await tenant.Http.GetJsonAsync("/api/v1/events")).Data(), found => found.Text("type") == "processor.test");
        Assert.Empty((await tenant.Http.GetJsonAsync("/api/v1/deliveries")).Data());
    }

    [Fact]
    public async Task Acts_on_processors_are_audited()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await EventsFixture.NewProcessorAsync(tenant, "https://a.example/")).Text("id");
        await (await tenant.Http.PatchJsonAsync($"{Path}/{id}", new { name = "x" })).ExpectAsync(200);
        await (await tenant.Http.PostJsonAsync($"{Path}/{id}/rotate-secret")).ExpectAsync(200);
        await (await tenant.Http.PostJsonAsync($"{Path}/{id}/disable")).ExpectAsync(200);
        await (await tenant.Http.PostJsonAsync($"{Path}/{id}/enable")).ExpectAsync(200);
        await (await tenant.Http.DeleteAsync($"{Path}/{id}", Ct)).ExpectAsync(204);

        var audit = (await app.Admin.GetJsonAsync($"/api/v1/clients/{tenant.ClientId}/audit?order=asc")).Data();

        Assert.Equal(
            ["processor.created", "processor.updated", "processor.secret_rotated", "processor.disabled", "processor.enabled", "processor.deleted"],
            audit.Where(entry => entry.Text("resource_id") == id).Select(entry => entry.Text("action")));
    }

    private static object With(params (string Name, string Value)[] headers) => new
    {
        name = "n",
        config = new { url = "https://a.example/", headers = headers.ToDictionary(header => header.Name, header => header.Value) },
    };
}
