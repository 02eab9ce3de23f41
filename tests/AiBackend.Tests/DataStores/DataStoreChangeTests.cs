using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static AiBackend.Tests.DataStores.StoreSteps;

namespace AiBackend.Tests.DataStores;

public sealed class DataStoreChangeTests(LinkedStoresFixture app) : IClassFixture<LinkedStoresFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_patch_changes_what_it_names_and_keeps_the_secret()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync()).Text("id");

        var response = await tenant.Http.PatchJsonAsync(
            $"{tenant.Stores()}/{id}", new { name = "New", config = new { database = "other", schemas = new[] { "sales" }, password = "***" } });

        var changed = await response.ExpectAsync(200);
        Assert.Equal(("New", "\"2\""), (changed.Text("name"), response.Header("ETag")));
        Assert.Equal(
            """{"host":"8.8.8.8","port":5432,"database":"other","username":"reader","password":"***","schemas":["sales"],"tls":"disable"}""",
            changed.GetProperty("config").GetRawText());
        Assert.Equal("pa55-word-of-shop", await app.SecretAsync(tenant, id));
        Assert.Contains("data_store.updated", await app.AuditAsync(tenant.ClientId));
    }

    [Fact]
    public async Task A_patch_that_changes_nothing_stores_nothing()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync()).Text("id");

        var response = await tenant.Http.PatchJsonAsync($"{tenant.Stores()}/{id}", new { name = "Shop", config = new { host = "8.8.8.8" } });

        Assert.Equal("\"1\"", (await response.ExpectAsync(200), response.Header("ETag")).Item2);
        Assert.DoesNotContain("data_store.updated", await app.AuditAsync(tenant.ClientId));
    }

    public static TheoryData<string, string, string> Elsewhere => new()
    {
        { "postgres", """{"host":"9.9.9.9"}""", "config.password" },
        { "postgres", """{"host":"9.9.9.9","password":"***"}""", "config.password" },
        { "postgres", """{"port":5433}""", "config.password" },
        { "mysql", """{"port":null}""", "config.password" },
        { "postgres", """{"tls":"disable"}""", "config.password" },
        { "qdrant", """{"url":"http://9.9.9.9:6333"}""", "config.api_key" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Elsewhere))]
    public async Task A_stored_secret_is_not_sent_to_another_place(string kind, string config, string field)
    {
        var tenant = await app.NewTenantAsync();
        object before = kind == "qdrant"
            ? new { url = "http://8.8.8.8:6333", api_key = "pa55-word-of-shop", collection = "c", text_field = "t" }
            : PostgresConfig(("tls", "require"), ("port", kind == "mysql" ? 5433 : 5432));
        var id = (await tenant.ConnectAsync(kind: kind, config: before)).Text("id");

        var refused = await tenant.Http.SendTextAsync(HttpMethod.Patch, $"{tenant.Stores()}/{id}", $$"""{"config":{{config}}}""");

        Assert.Equal([field], await refused.InvalidFieldsAsync());
        Assert.Equal(1, (await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{id}")).GetProperty("version").GetInt64());

        var secret = field["config.".Length..];
        var withSecret = config.Replace(",\"password\":\"***\"", "", StringComparison.Ordinal)[..^1] + $",\"{secret}\":\"another\"" + "}";
        var given = await tenant.Http.SendTextAsync(HttpMethod.Patch, $"{tenant.Stores()}/{id}", $$"""{"config":{{withSecret}}}""");
        await given.ExpectAsync(200);
        Assert.Equal("another", await app.SecretAsync(tenant, id));
    }

    [Fact]
    public async Task A_secret_that_is_cleared_goes_nowhere_so_the_address_may_change()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync()).Text("id");

        var changed = await tenant.Http.PatchJsonAsync($"{tenant.Stores()}/{id}", new { config = new { host = "9.9.9.9", password = (string?)null } });

        Assert.False((await changed.ExpectAsync(200)).GetProperty("config").TryGetProperty("password", out _));
        Assert.Null(await app.SecretAsync(tenant, id));
    }

    [Theory]
    [InlineData("""{"kind":"mysql"}""", "kind")]
    [InlineData("""{"provision":true}""", "provision")]
    [InlineData("""{"config":null}""", "config")]
    [InlineData("""{"config":{"host":null}}""", "config.host")]
    [InlineData("""{"config":{"url":"http://8.8.8.8"}}""", "config.url")]
    [InlineData("""{"config":{"host":"10.0.0.1","password":"x"}}""", "config.host")]
    [InlineData("""{"surprise":1}""", "surprise")]
    public async Task A_patch_that_cannot_be_is_refused_with_its_field(string patch, string field)
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync()).Text("id");

        var response = await tenant.Http.SendTextAsync(HttpMethod.Patch, $"{tenant.Stores()}/{id}", patch);

        Assert.Equal([field], await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task An_outdated_version_is_refused()
    {
        var tenant = await app.NewTenantAsync();
        var address = $"{tenant.Stores()}/{(await tenant.ConnectAsync()).Text("id")}";
        await (await tenant.Http.PatchJsonAsync(address, new { name = "B" }, ("If-Match", "\"1\""))).ExpectAsync(200);

        await (await tenant.Http.PatchJsonAsync(address, new { name = "C" }, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await tenant.Http.SendJsonAsync(HttpMethod.Delete, address, null, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await tenant.Http.SendJsonAsync(HttpMethod.Delete, address, null, ("If-Match", "\"2\""))).ExpectAsync(204);
    }

    [Fact]
    public async Task A_store_that_something_builds_on_stays_until_it_does_not()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync()).Text("id");
        app.Used[id] = "The layer lay_x uses it; unlink it first.";

        var refused = await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{id}", Ct)).ExpectProblemAsync(409, "conflict");

        Assert.Equal("The layer lay_x uses it; unlink it first.", refused.Text("detail"));
        app.Used.TryRemove(id, out _);
        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{id}", Ct)).ExpectAsync(204);
    }

    [Fact]
    public async Task A_test_says_what_the_server_is_and_what_is_wrong()
    {
        var tenant = await app.NewTenantAsync();
        var good = (await tenant.ConnectAsync("Good")).Text("id");
        var bad = (await tenant.ConnectAsync("Bad", PostgresConfig(("username", "badCredentials")))).Text("id");

        var works = await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{good}/test")).ExpectAsync(200);
        var fails = await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{bad}/test")).ExpectAsync(200);

        Assert.True(works.GetProperty("ok").GetBoolean());
        Assert.Equal("reader+pa55-word-of-shop at 8.8.8.8:5432/shop, Disable", works.Text("server_version"));
        Assert.False(fails.GetProperty("ok").GetBoolean());
        Assert.Equal(("bad_credentials", "It is badCredentials."), (fails.Text("code"), fails.Text("detail")));
        Assert.True(fails.GetProperty("took_ms").GetDouble() >= 0);
    }

    [Fact]
    public async Task A_schema_is_read_from_the_schemas_that_are_named()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync(config: PostgresConfig(("schemas", new[] { "sales" })))).Text("id");

        var schema = await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{id}/schema");

        var table = Assert.Single(schema.GetProperty("tables").EnumerateArray());
        Assert.Equal("""{"schema":"sales","name":"reader+pa55-word-of-shop"}""", table.GetProperty("name").GetRawText());
        Assert.Equal("""[{"name":"id","type":"integer","kind":"integer","is_nullable":false,"comment":null}]""", table.GetProperty("columns").GetRawText());
        Assert.Equal(3, table.GetProperty("row_estimate").GetInt64());
    }

    [Theory]
    [InlineData("badCredentials", 422, "bad_credentials")]
    [InlineData("noRights", 422, "no_rights")]
    [InlineData("unreachable", 503, "unavailable")]
    [InlineData("timedOut", 503, "unavailable")]
    public async Task A_schema_that_cannot_be_read_is_a_problem_in_words(string fault, int status, string code)
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync(config: PostgresConfig(("username", fault)))).Text("id");

        var problem = await (await tenant.Http.GetAsync($"{tenant.Stores()}/{id}/schema", Ct)).ExpectProblemAsync(status, code);

        Assert.Equal($"It is {fault}.", problem.Text("detail"));
    }

    [Fact]
    public async Task A_vector_store_has_no_schema()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync(kind: "qdrant", config: new { url = "http://8.8.8.8", collection = "c", text_field = "t" })).Text("id");

        await (await tenant.Http.GetAsync($"{tenant.Stores()}/{id}/schema", Ct)).ExpectProblemAsync(422, "no_schema");
    }

    [Fact]
    public async Task An_export_holds_stores_without_their_secrets()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.ConnectAsync();

        var export = await tenant.Http.GetStringAsync($"/api/v1/clients/{tenant.ClientId}/export", Ct);

        var line = Assert.Single(export.Split('\n'), line => line.Contains("\"type\":\"data_store\"", StringComparison.Ordinal));
        Assert.Equal("***", JsonSerializer.Deserialize<JsonElement>(line).GetProperty("data").GetProperty("config").Text("password"));
        Assert.DoesNotContain("pa55", export, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_sealed_anew_when_the_key_changes()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync()).Text("id");
        var stored = (await app.Store.For(tenant.ClientId).FindAsync<DataStore>(id, Ct))!;
        var old = new SecretBox(new EncryptionOptions { Key = "an older key" });
        await app.Store.For(tenant.ClientId).CommitAsync(
            async transaction => await transaction.UpdateAsync<DataStore>(
                id, found => found with { Secret = old.Seal(DataStore.SecretPurpose(id), "pa55-word-of-shop") }),
            Ct);
        var both = new SecretBox(new EncryptionOptions { Key = "encryption-key-of-the-tests", PreviousKey = "an older key" });

        await new SecretHolder<DataStore>(found => DataStoresFeature.Resealed(both, found)).ResealAsync(app.Store.AcrossTenants, Ct);

        Assert.NotNull(stored.Secret);
        Assert.Equal("pa55-word-of-shop", await app.SecretAsync(tenant, id));
        Assert.True(app.Services.GetServices<SecretHolder>().OfType<SecretHolder<DataStore>>().Any());
    }
}

/// <summary>As <see cref="StoresFixture"/>, with something that builds on stores.</summary>
public sealed class LinkedStoresFixture : StoresFixture
{
    /// <summary>Why a store cannot be deleted, by its id.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, string> Used { get; } = new();

    protected override void ConfigureServices(IServiceCollection services)
    {
        base.ConfigureServices(services);
        services.AddSingleton<DataStoreUse>((_, storeId) => ValueTask.FromResult(Used.GetValueOrDefault(storeId)));
    }
}
