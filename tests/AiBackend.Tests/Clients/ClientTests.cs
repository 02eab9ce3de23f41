using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Clients;

public sealed class ClientTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Clients = "/api/v1/clients";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_is_made_with_a_slug_from_its_name_and_every_default()
    {
        var response = await app.Admin.PostJsonAsync(Clients, new { name = "Blue & Green Ltd." });

        var client = await response.ExpectAsync(201);
        Assert.StartsWith("cli_", client.Text("id"), StringComparison.Ordinal);
        Assert.Equal(("blue-green-ltd", "\"1\""), (client.Text("slug"), response.Header("ETag")));
        Assert.True(client.GetProperty("is_active").GetBoolean());
        Assert.Equal(app.Clock.GetUtcNow(), client.GetProperty("created_at").GetDateTimeOffset());
        Assert.Equal(
            """
            {"threads":{"enabled":false,"inactivity_minutes":1440},"chat":{"system_prompt":null,"model":null,"error_message":"Sorry, something went wrong. Please try again.","handover_message":"I am passing you on to a colleague, who will answer here.","min_confidence":0.25,"history_messages":50,"collections":null,"data_questions":true,"orchestrator":"builtin","orchestrator_url":null},"analysis":{"on_message":[]},"taxonomy":{"categories":[],"intents":[]},"retention":{"messages_days":null,"events_days":null},"quotas":{"requests_per_minute":null,"messages_per_day":null,"tokens_per_day":null,"documents":null,"data_stores":null}}
            """.Trim(),
            client.GetProperty("settings").GetRawText());
    }

    [Fact]
    public async Task All_settings_are_kept()
    {
        const string Settings = """
            {"threads":{"enabled":true,"inactivity_minutes":1},"chat":{"system_prompt":"Be kind.","model":"m-1","error_message":"Oh no","handover_message":"Wait","min_confidence":1,"history_messages":0,"collections":["col_00000000000000000000000000"],"data_questions":false,"orchestrator":"http","orchestrator_url":"https://o.example/answer"},"analysis":{"on_message":["category","intent","sentiment","language","pii"]},"taxonomy":{"categories":[{"name":"billing","description":"Money","examples":["I paid twice"]}],"intents":[{"name":"refund","description":null,"examples":[]}]},"retention":{"messages_days":30,"events_days":1},"quotas":{"requests_per_minute":0,"messages_per_day":5,"tokens_per_day":9007199254740993,"documents":7,"data_stores":1}}
            """;

        var response = await app.Admin.SendTextAsync(HttpMethod.Post, Clients, $$"""{"name":"All","settings":{{Settings}}}""");

        var client = await response.ExpectAsync(201);
        var read = await app.Admin.GetJsonAsync($"{Clients}/{client.Text("id")}");
        Assert.Equal(Settings.Trim(), read.GetProperty("settings").GetRawText());
    }

    [Theory]
    [InlineData("""{"threads":{"inactivity_minutes":0}}""", "settings.threads.inactivity_minutes")]
    [InlineData("""{"threads":{"inactivity_minutes":525601}}""", "settings.threads.inactivity_minutes")]
    [InlineData("""{"chat":{"min_confidence":-0.01}}""", "settings.chat.min_confidence")]
    [InlineData("""{"chat":{"min_confidence":1.01}}""", "settings.chat.min_confidence")]
    [InlineData("""{"chat":{"history_messages":501}}""", "settings.chat.history_messages")]
    [InlineData("""{"chat":{"collections":["ses_00000000000000000000000000"]}}""", "settings.chat.collections")]
    [InlineData("""{"chat":{"collections":[null]}}""", "settings.chat.collections")]
    [InlineData("""{"chat":{"orchestrator":"other"}}""", "settings.chat.orchestrator")]
    [InlineData("""{"chat":{"orchestrator_url":"/relative"}}""", "settings.chat.orchestrator_url")]
    [InlineData("""{"chat":{"orchestrator_url":"http://user:pass@host/"}}""", "settings.chat.orchestrator_url")]
    [InlineData("""{"chat":{"error_message":""}}""", "settings.chat.error_message")]
    [InlineData("""{"analysis":{"on_message":["mood"]}}""", "settings.analysis.on_message[0]")]
    [InlineData("""{"analysis":{"on_message":["pii","pii"]}}""", "settings.analysis.on_message")]
    [InlineData("""{"taxonomy":{"categories":[{"name":""}]}}""", "settings.taxonomy.categories[0].name")]
    [InlineData("""{"retention":{"messages_days":0}}""", "settings.retention.messages_days")]
    [InlineData("""{"quotas":{"documents":-1}}""", "settings.quotas.documents")]
    [InlineData("""{"quotas":{"documents":1.5}}""", "settings.quotas.documents")]
    [InlineData("""{"quotas":{"documents":9223372036854775808}}""", "settings.quotas.documents")]
    [InlineData("""{"chat":{"orchestrator_url":"http://ⓛocalhost/"}}""", "settings.chat.orchestrator_url")]
    public async Task A_setting_out_of_range_is_refused(string settings, string field)
    {
        var response = await app.Admin.SendTextAsync(HttpMethod.Post, Clients, $$"""{"name":"x","settings":{{settings}}}""");

        Assert.Equal([field], await response.InvalidFieldsAsync());
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a-9", true)]
    [InlineData("", false)]
    [InlineData("A", false)]
    [InlineData("a_b", false)]
    [InlineData("é", false)]
    public async Task A_slug_is_plain(string slug, bool isTaken)
    {
        var response = await app.Admin.PostJsonAsync(Clients, new { name = "x", slug });

        Assert.Equal(isTaken ? 201 : 422, (int)response.StatusCode);
    }

    [Fact]
    public void A_slug_from_a_name_has_up_to_64_characters_too()
    {
        Assert.Equal(new string('s', 64), Slug.From(new string('ß', 33)));
        Assert.Equal($"{new string('s', 63)}a", Slug.From($"{new string('s', 63)}æ"));
    }

    [Fact]
    public async Task What_is_wrong_with_a_number_or_a_list_is_said_in_plain_words()
    {
        var tenant = await app.NewTenantAsync();

        var quota = await (await app.Admin.PatchJsonAsync(
            $"{Clients}/{tenant.ClientId}", new { settings = new { quotas = new { documents = -1 } } })).ExpectProblemAsync(422, "validation_failed");
        var scopes = await (await app.Admin.PostJsonAsync(
            $"{Clients}/{tenant.ClientId}/keys", new { name = "x", scopes = Array.Empty<string>() })).ExpectProblemAsync(422, "validation_failed");
        var largest = await app.Admin.PatchJsonAsync(
            $"{Clients}/{tenant.ClientId}", new { settings = new { quotas = new { documents = long.MaxValue, data_stores = 0 } } });

        Assert.Equal("settings.quotas.documents: A whole number from 0 is expected.", quota.Text("detail"));
        Assert.Equal("scopes: At least one scope is expected.", scopes.Text("detail"));
        Assert.Equal(long.MaxValue, (await largest.ExpectAsync(200)).GetProperty("settings").GetProperty("quotas").GetProperty("documents").GetInt64());
    }

    [Fact]
    public async Task An_outside_orchestrator_has_an_address_where_the_service_has_none_of_its_own()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Clients}/{tenant.ClientId}";

        var creation = await app.Admin.PostJsonAsync(Clients, new { name = "x", settings = new { chat = new { orchestrator = "http" } } });
        var change = await app.Admin.PatchJsonAsync(path, new { settings = new { chat = new { orchestrator = "http" } } });
        var whole = await app.Admin.PatchJsonAsync(
            path, new { settings = new { chat = new { orchestrator = "http", orchestrator_url = "https://o.example/answer" } } });
        var half = await app.Admin.SendTextAsync(HttpMethod.Patch, path, """{"settings":{"chat":{"orchestrator_url":null}}}""");

        Assert.Equal(["settings.chat.orchestrator"], await creation.InvalidFieldsAsync());
        Assert.Equal(["settings.chat.orchestrator"], await change.InvalidFieldsAsync());
        await whole.ExpectAsync(200);
        Assert.Equal(["settings.chat.orchestrator"], await half.InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_slug_has_up_to_64_characters()
    {
        await (await app.Admin.PostJsonAsync(Clients, new { name = "x", slug = new string('s', 64) })).ExpectAsync(201);

        Assert.Equal(["slug"], await (await app.Admin.PostJsonAsync(Clients, new { name = "x", slug = new string('s', 65) })).InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_slug_that_is_taken_is_a_conflict_but_one_from_the_name_is_made_apart()
    {
        var first = await (await app.Admin.PostJsonAsync(Clients, new { name = "Same Name" })).ExpectAsync(201);
        var second = await (await app.Admin.PostJsonAsync(Clients, new { name = "Same Name" })).ExpectAsync(201);

        await (await app.Admin.PostJsonAsync(Clients, new { name = "x", slug = "same-name" })).ExpectProblemAsync(409, "conflict");
        await (await app.Admin.PatchJsonAsync($"{Clients}/{second.Text("id")}", new { slug = "same-name" })).ExpectProblemAsync(409, "conflict");
        Assert.Equal("same-name", first.Text("slug"));
        Assert.Matches("^same-name-[a-z0-9]{6}$", second.Text("slug"));
    }

    [Theory]
    [InlineData("Ünïcode Straße", "unicode-strasse")]
    [InlineData("U\u0308nicode Cafe\u0301", "unicode-cafe")]
    [InlineData("İstanbul Şirketi", "istanbul-sirketi")]
    [InlineData("Łódź & Đà Nẵng", "lodz-da-nang")]
    [InlineData("Æble Ørsted", "aeble-orsted")]
    [InlineData("日本", "client")]
    [InlineData("  --A  b-- ", "a-b")]
    public void A_name_becomes_a_slug(string name, string slug) => Assert.Equal(slug, Slug.From(name));

    [Fact]
    public async Task A_client_is_found_by_id_and_by_slug()
    {
        var client = await (await app.Admin.PostJsonAsync(Clients, new { name = "x", slug = "found-by-slug" })).ExpectAsync(201);

        Assert.Equal(client.Text("id"), (await app.Admin.GetJsonAsync($"{Clients}/found-by-slug")).Text("id"));
        Assert.Equal("found-by-slug", (await app.Admin.GetJsonAsync($"{Clients}/{client.Text("id")}")).Text("slug"));
        await (await app.Admin.GetAsync($"{Clients}/nobody", Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task A_key_reads_and_changes_its_own_client_only()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());

        await (await tenant.Http.PatchJsonAsync($"{Clients}/{tenant.ClientId}", new { name = "Renamed" })).ExpectAsync(200);

        Assert.Equal("Renamed", (await tenant.Http.GetJsonAsync($"{Clients}/{tenant.ClientId}")).Text("name"));
        await (await tenant.Http.PatchJsonAsync($"{Clients}/{other.ClientId}", new { name = "Mine" })).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.GetAsync(Clients, Ct)).ExpectProblemAsync(403, "insufficient_scope");
    }

    [Theory]
    [InlineData("""{"is_active":false}""")]
    [InlineData("""{"settings":{"quotas":{"documents":100}}}""")]
    [InlineData("""{"settings":{"quotas":null}}""")]
    [InlineData("""{"settings":null}""")]
    public async Task Activity_and_quotas_are_changed_by_the_admin_alone(string patch)
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Clients}/{tenant.ClientId}";

        await (await tenant.Http.SendTextAsync(HttpMethod.Patch, path, patch)).ExpectProblemAsync(403, "insufficient_scope");
        await (await app.Admin.SendTextAsync(HttpMethod.Patch, path, patch)).ExpectAsync(200);
    }

    [Fact]
    public async Task An_inactive_clients_keys_are_refused_until_it_is_active_again()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Clients}/{tenant.ClientId}";

        await app.Admin.PatchJsonAsync(path, new { is_active = false });
        await (await tenant.Http.GetAsync(path, Ct)).ExpectProblemAsync(403, "client_inactive");

        await app.Admin.PatchJsonAsync(path, new { is_active = true });
        await (await tenant.Http.GetAsync(path, Ct)).ExpectAsync(200);
    }

    [Fact]
    public async Task A_removed_client_is_gone_with_its_keys_and_all_its_documents()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Clients}/{tenant.ClientId}";
        await (await tenant.Http.PostJsonAsync($"{path}/user-types", new { type_id = "a", name = "x" }, ("Idempotency-Key", "k"))).ExpectAsync(201);
        var slug = (await app.Admin.GetJsonAsync(path)).Text("slug");

        await (await app.Admin.DeleteAsync(path, Ct)).ExpectAsync(204);

        await (await tenant.Http.GetAsync(path, Ct)).ExpectProblemAsync(401, "unauthorized");
        await (await app.Admin.GetAsync(path, Ct)).ExpectProblemAsync(404, "not_found");
        await (await app.Admin.GetAsync($"{Clients}/{slug}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await app.Admin.DeleteAsync(path, Ct)).ExpectProblemAsync(404, "not_found");
        await (await app.Admin.PostJsonAsync(Clients, new { name = "x", slug })).ExpectAsync(201);
        Assert.DoesNotContain((await app.Admin.GetJsonAsync($"{Clients}?limit=200")).Data(), client => client.Text("id") == tenant.ClientId);
        Assert.Equal(0, await CountAllAsync(tenant.ClientId));
    }

    [Fact]
    public async Task What_comes_after_a_removal_goes_too_and_in_the_end_the_client_itself()
    {
        var tenant = await app.NewTenantAsync();
        await app.Admin.DeleteAsync($"{Clients}/{tenant.ClientId}", Ct);
        var late = new UserType
        {
            Id = "uty_late",
            ClientId = tenant.ClientId,
            TypeId = "late",
            Name = "late",
            CreatedAt = app.Clock.GetUtcNow(),
            UpdatedAt = app.Clock.GetUtcNow(),
        };
        await app.Store.For(tenant.ClientId).CommitAsync(transaction => transaction.InsertAsync(late), Ct);

        var removal = app.Services.GetRequiredService<ClientRemoval>();
        await removal.FinishAsync(app.Clock.GetUtcNow() + TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1), Ct);
        Assert.Equal(0, await CountAllAsync(tenant.ClientId));
        Assert.NotNull(await app.Store.AcrossTenants.FindAsync<Client>(tenant.ClientId, Ct));

        await removal.FinishAsync(app.Clock.GetUtcNow() + TimeSpan.FromMinutes(15), Ct);
        Assert.Null(await app.Store.AcrossTenants.FindAsync<Client>(tenant.ClientId, Ct));
    }

    private async Task<long> CountAllAsync(string clientId)
    {
        var documents = app.Store.For(clientId);
        return await documents.CountAsync(Query.Of<UserType>(), Ct)
            + await documents.CountAsync(Query.Of<Channel>(), Ct)
            + await documents.CountAsync(Query.Of<ApiKey>(), Ct)
            + await documents.CountAsync(Query.Of<AuditEntry>(), Ct)
            + await documents.CountAsync(Query.Of<AiBackend.Events.Event>(), Ct)
            + await documents.CountAsync(Query.Of<AiBackend.Http.IdempotencyRecord>(), Ct);
    }
}

/// <summary>The service with an orchestrator of its own.</summary>
public sealed class OrchestratedFixture : AppFixture
{
    protected override void Configure(IDictionary<string, string> settings) => settings["AI_ORCHESTRATOR_URL"] = "https://o.example/answer";
}

public sealed class OrchestratedClientTests(OrchestratedFixture app) : IClassFixture<OrchestratedFixture>
{
    [Fact]
    public async Task An_outside_orchestrator_needs_no_address_where_the_service_has_one_of_its_own()
    {
        var made = await app.Admin.PostJsonAsync("/api/v1/clients", new { name = "x", settings = new { chat = new { orchestrator = "http" } } });

        await made.ExpectAsync(201);
    }
}
