using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Tests.Support;
using static AiBackend.Tests.DataStores.StoreSteps;

namespace AiBackend.Tests.DataStores;

public sealed class DataStoreTests(StoresFixture app) : IClassFixture<StoresFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_is_connected_and_read_as_it_was_answered_with_its_secret_hidden()
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.PostJsonAsync(tenant.Stores(), new { kind = "postgres", name = "Shop", config = PostgresConfig() });

        var made = await response.ExpectAsync(201);
        var id = made.Text("id");
        Assert.Matches("^dst_[0-9a-z]{26}$", id);
        Assert.Equal($"{tenant.Stores()}/{id}", response.Header("Location"));
        Assert.Equal("\"1\"", response.Header("ETag"));
        Assert.Equal(
            """{"host":"8.8.8.8","port":5432,"database":"shop","username":"reader","password":"***","schemas":[],"tls":"disable"}""",
            made.GetProperty("config").GetRawText());
        Assert.Equal(("ready", false, tenant.ClientId), (made.Text("status"), made.GetProperty("is_provisioned").GetBoolean(), made.Text("client_id")));
        Assert.Equal(JsonValueKind.Null, made.GetProperty("credentials").ValueKind);
        Assert.Equal(made.GetRawText(), (await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{id}")).GetRawText());
        Assert.Equal([id], (await tenant.Http.GetJsonAsync(tenant.Stores())).Data().Select(store => store.Text("id")));
        Assert.Contains("data_store.created", await app.AuditAsync(tenant.ClientId));
        Assert.Equal("pa55-word-of-shop", await app.SecretAsync(tenant, id));
        Assert.DoesNotContain("pa55", (await app.Store.For(tenant.ClientId).FindAsync<DataStore>(id, Ct))!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_is_named_by_its_slug_as_well()
    {
        var tenant = await app.NewTenantAsync();
        var store = await tenant.ConnectAsync();
        var slug = (await app.Admin.GetJsonAsync($"/api/v1/clients/{tenant.ClientId}")).Text("slug");

        var found = await tenant.Http.GetJsonAsync($"/api/v1/clients/{slug}/data-stores/{store.Text("id")}");

        Assert.Equal(store.GetRawText(), found.GetRawText());
    }

    public static TheoryData<string, string, string> Kinds => new()
    {
        { "mysql", """{"host":"8.8.8.8","port":3307,"database":"d","username":"u","password":"s","tls":"verify"}""", """{"host":"8.8.8.8","port":3307,"database":"d","username":"u","password":"***","schemas":[],"tls":"verify"}""" },
        { "clickhouse", """{"host":"8.8.8.8","database":"d","username":"u","tls":"require","schemas":["a","b"]}""", """{"host":"8.8.8.8","port":8443,"database":"d","username":"u","schemas":["a","b"],"tls":"require"}""" },
        { "mongodb", """{"uri":"mongodb://u:p@8.8.8.8/?authSource=admin&tls=true","database":"d"}""", """{"database":"d","uri":"***"}""" },
        { "qdrant", """{"url":"http://8.8.8.8:6333","api_key":"k","collection":"c","text_field":"t"}""", """{"url":"http://8.8.8.8:6333","api_key":"***","collection":"c","text_field":"t"}""" },
        { "weaviate", """{"url":"https://8.8.8.8","collection":"C","text_field":"t"}""", """{"url":"https://8.8.8.8","collection":"C","text_field":"t"}""" },
        { "postgres", """{"host":"no-such-name.example","database":"d","username":"u"}""", """{"host":"no-such-name.example","port":5432,"database":"d","username":"u","schemas":[],"tls":"disable"}""" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Kinds))]
    public async Task Each_kind_takes_its_own_fields(string kind, string config, string shown)
    {
        var tenant = await app.NewTenantAsync();

        var made = await tenant.ConnectAsync(kind: kind, config: JsonSerializer.Deserialize<JsonElement>(config));

        Assert.Equal(shown, made.GetProperty("config").GetRawText());
    }

    [Theory]
    [InlineData("sqlite", "shop.db")]
    [InlineData("duckdb", "shop.duckdb")]
    public async Task A_file_within_an_allowed_folder_is_taken(string kind, string file)
    {
        var tenant = await app.NewTenantAsync();

        var made = await tenant.ConnectAsync(kind: kind, config: new { path = Path.Combine(app.Files, file) });

        Assert.Equal(Path.Combine(app.Files, file), made.GetProperty("config").Text("path"));
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { """{"kind":"postgres","name":"x"}""", "config" },
        { """{"kind":"oracle","name":"x","config":{}}""", "kind" },
        { """{"kind":"postgres","name":" ","config":{"host":"h","database":"d","username":"u"}}""", "name" },
        { """{"kind":"postgres","name":"x","config":{"database":"d","username":"u"}}""", "config.host" },
        { """{"kind":"postgres","name":"x","config":{"host":"h","username":"u"}}""", "config.database" },
        { """{"kind":"mysql","name":"x","config":{"host":"h","database":"d"}}""", "config.username" },
        { """{"kind":"postgres","name":"x","config":{"host":"h","database":"d","username":"u","path":"/x"}}""", "config.path" },
        { """{"kind":"postgres","name":"x","config":{"host":"h","database":"d","username":"u","api_key":"x"}}""", "config.api_key" },
        { """{"kind":"postgres","name":"x","config":{"host":"h","database":"d","username":"u","surprise":1}}""", "config.surprise" },
        { """{"kind":"postgres","name":"x","config":{"host":"h","database":"d","username":"u","port":0}}""", "config.port" },
        { """{"kind":"postgres","name":"x","config":{"host":"h","database":"d","username":"u","port":65536}}""", "config.port" },
        { """{"kind":"postgres","name":"x","config":{"host":"h","database":"d","username":"u","tls":"maybe"}}""", "config.tls" },
        { """{"kind":"postgres","name":"x","config":{"host":"a,b","database":"d","username":"u"}}""", "config.host" },
        { """{"kind":"postgres","name":"x","config":{"host":"a:5432","database":"d","username":"u"}}""", "config.host" },
        { """{"kind":"postgres","name":"x","config":{"host":"/var/run","database":"d","username":"u"}}""", "config.host" },
        { """{"kind":"postgres","name":"x","config":{"host":"8.8.8.8","database":"d","username":"u","password":"***"}}""", "config.password" },
        { """{"kind":"sqlite","name":"x","config":{}}""", "config.path" },
        { """{"kind":"sqlite","name":"x","config":{"path":"/x","password":"y"}}""", "config.password" },
        { """{"kind":"mongodb","name":"x","config":{"uri":"mongodb://8.8.8.8"}}""", "config.database" },
        { """{"kind":"mongodb","name":"x","config":{"uri":"http://8.8.8.8","database":"d"}}""", "config.uri" },
        { """{"kind":"mongodb","name":"x","config":{"uri":"mongodb://8.8.8.8/?proxyHost=10.0.0.1","database":"d"}}""", "config.uri" },
        { """{"kind":"mongodb","name":"x","config":{"uri":"mongodb://8.8.8.8/?tls=false;proxyHost=10.0.0.1;proxyPort=1080","database":"d"}}""", "config.uri" },
        { $$$"""{"kind":"mongodb","name":"x","config":{"uri":"mongodb://8.8.8.8/?{{{string.Concat(Enumerable.Repeat("w=1&", 70))}}}proxyHost=10.0.0.1","database":"d"}}""", "config.uri" },
        { """{"kind":"mongodb","name":"x","config":{"uri":"mongodb://8.8.8.8/?authMechanism=MONGODB-AWS","database":"d"}}""", "config.uri" },
        { """{"kind":"mongodb","name":"x","config":{"uri":"mongodb://8.8.8.8/?tls=false;authMechanism=MONGODB-AWS","database":"d"}}""", "config.uri" },
        { """{"kind":"qdrant","name":"x","config":{"url":"http://8.8.8.8","collection":"c"}}""", "config.text_field" },
        { """{"kind":"qdrant","name":"x","config":{"url":"ftp://8.8.8.8","collection":"c","text_field":"t"}}""", "config.url" },
        { """{"kind":"postgres","name":"x","provision":true,"config":{"host":"8.8.8.8","database":"d","username":"u"}}""", "config" },
        { """{"kind":"mongodb","name":"x","provision":true}""", "provision" },
        { """{"kind":"clickhouse","name":"x","provision":true}""", "provision" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Invalid))]
    public async Task What_is_not_valid_is_named_and_nothing_is_stored(string body, string field)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, tenant.Stores(), body);

        Assert.Equal([field], await response.InvalidFieldsAsync());
        Assert.Empty((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
    }

    public static TheoryData<string, string, string> Forbidden => new()
    {
        { "postgres", """{"host":"127.0.0.1","database":"d","username":"u"}""", "config.host" },
        { "mysql", """{"host":"localhost","database":"d","username":"u"}""", "config.host" },
        { "clickhouse", """{"host":"169.254.169.254","database":"d","username":"u"}""", "config.host" },
        { "postgres", """{"host":"[::1]","database":"d","username":"u"}""", "config.host" },
        { "postgres", """{"host":"2130706433","database":"d","username":"u"}""", "config.host" },
        { "mongodb", """{"uri":"mongodb://8.8.8.8,10.0.0.1/","database":"d"}""", "config.uri" },
        { "qdrant", """{"url":"http://10.0.0.1:6333","collection":"c","text_field":"t"}""", "config.url" },
        { "sqlite", """{"path":"/etc/passwd"}""", "config.path" },
        { "duckdb", """{"path":"shop.duckdb"}""", "config.path" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Forbidden))]
    public async Task An_address_or_path_that_clients_may_not_name_is_refused(string kind, string config, string field)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.PostJsonAsync(
            tenant.Stores(), new { kind, name = "x", config = JsonSerializer.Deserialize<JsonElement>(config) });

        Assert.Equal([field], await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_name_is_taken_once_by_each_client()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        await tenant.ConnectAsync("Shop");
        var second = await tenant.ConnectAsync("Second");
        await other.ConnectAsync("Shop");

        var post = await tenant.Http.PostJsonAsync(tenant.Stores(), new { kind = "postgres", name = "Shop", config = PostgresConfig() });
        var patch = await tenant.Http.PatchJsonAsync($"{tenant.Stores()}/{second.Text("id")}", new { name = "Shop" });

        await post.ExpectProblemAsync(409, "conflict");
        await patch.ExpectProblemAsync(409, "conflict");
    }

    [Fact]
    public async Task As_many_stores_as_the_quota_says_are_taken_and_no_more()
    {
        var tenant = await app.NewTenantAsync(new { quotas = new { data_stores = 2 } });
        await tenant.ConnectAsync("1");
        var second = await tenant.ConnectAsync("2");

        var third = await tenant.Http.PostJsonAsync(tenant.Stores(), new { kind = "postgres", name = "3", config = PostgresConfig() });

        await third.ExpectProblemAsync(429, "quota_exceeded");
        Assert.NotNull(third.Header("Retry-After"));
        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{second.Text("id")}", Ct)).ExpectAsync(204);
        await tenant.ConnectAsync("3");
    }

    [Fact]
    public async Task A_client_sees_nothing_of_anothers_store()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var id = (await tenant.ConnectAsync()).Text("id");

        foreach (var stores in new[] { tenant.Stores(), other.Stores() })
        {
            var address = $"{stores}/{id}";
            await (await other.Http.GetAsync(address, Ct)).ExpectProblemAsync(404, "not_found");
            await (await other.Http.PatchJsonAsync(address, new { name = "x" })).ExpectProblemAsync(404, "not_found");
            await (await other.Http.DeleteAsync(address, Ct)).ExpectProblemAsync(404, "not_found");
            await (await other.Http.DeleteAsync($"{address}?drop=true", Ct)).ExpectProblemAsync(404, "not_found");
            await (await other.Http.PostJsonAsync($"{address}/test")).ExpectProblemAsync(404, "not_found");
            await (await other.Http.PostJsonAsync($"{address}/rotate-credentials")).ExpectProblemAsync(404, "not_found");
            await (await other.Http.GetAsync($"{address}/schema", Ct)).ExpectProblemAsync(404, "not_found");
        }

        Assert.Equal("Shop", (await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{id}")).Text("name"));
    }

    [Fact]
    public async Task A_key_that_may_only_read_changes_nothing_and_connects_nowhere()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync()).Text("id");
        using var reader = app.NewHttp((await app.NewKeyAsync(tenant.ClientId, "semantic:read")).Key);
        var address = $"{tenant.Stores()}/{id}";

        await (await reader.GetAsync(address, Ct)).ExpectAsync(200);
        await (await reader.PostJsonAsync(tenant.Stores(), new { kind = "postgres", name = "x", config = PostgresConfig() })).ExpectProblemAsync(403, "insufficient_scope");
        await (await reader.PatchJsonAsync(address, new { name = "x" })).ExpectProblemAsync(403, "insufficient_scope");
        await (await reader.DeleteAsync(address, Ct)).ExpectProblemAsync(403, "insufficient_scope");
        await (await reader.PostJsonAsync($"{address}/test")).ExpectProblemAsync(403, "insufficient_scope");
        await (await reader.PostJsonAsync($"{address}/rotate-credentials")).ExpectProblemAsync(403, "insufficient_scope");
    }

    [Fact]
    public async Task A_connected_store_is_not_dropped_and_its_passwords_are_not_changed()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.ConnectAsync()).Text("id");

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{id}?drop=true", Ct)).ExpectProblemAsync(409, "conflict");
        await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{id}/rotate-credentials")).ExpectProblemAsync(409, "conflict");

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{id}?drop=false", Ct)).ExpectAsync(204);
        await (await tenant.Http.GetAsync($"{tenant.Stores()}/{id}", Ct)).ExpectProblemAsync(404, "not_found");
        Assert.Contains("data_store.deleted", await app.AuditAsync(tenant.ClientId));
    }
}
