using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores;

public sealed class DatabaseServerTests(StoresFixture app) : IClassFixture<StoresFixture>
{
    private const string Servers = "/api/v1/database-servers";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_is_registered_for_a_client_and_read_with_its_secret_hidden()
    {
        var tenant = await app.NewTenantAsync();

        var made = await PostAsync(new
        {
            kind = "postgres",
            name = "Main",
            client_id = tenant.ClientId,
            is_default = true,
            config = new { host = "10.0.0.5", username = "admin", password = "pa55" },
        });

        var id = made.Text("id");
        Assert.Matches("^dbs_[0-9a-z]{26}$", id);
        Assert.Equal(
            """{"host":"10.0.0.5","port":5432,"username":"admin","password":"***","tls":"disable"}""", made.GetProperty("config").GetRawText());
        Assert.Equal(made.GetRawText(), (await app.Admin.GetJsonAsync($"{Servers}/{id}")).GetRawText());
        Assert.Contains(id, (await app.Admin.GetJsonAsync($"{Servers}?limit=200")).Data().Select(server => server.Text("id")));
        Assert.Contains("database_server.created", await app.AuditAsync(tenant.ClientId));
        await (await app.Admin.DeleteAsync($"{Servers}/{id}", Ct)).ExpectAsync(204);
        await (await app.Admin.GetAsync($"{Servers}/{id}", Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task There_is_one_default_of_a_kind_for_each_client_and_one_for_all()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var first = await PostAsync(Server(tenant.ClientId, isDefault: true));
        await PostAsync(Server(other.ClientId, isDefault: true));
        var second = await PostAsync(Server(tenant.ClientId, isDefault: false));
        var shared = await PostAsync(Server(clientId: null, isDefault: true));

        await (await app.Admin.PostJsonAsync(Servers, Server(tenant.ClientId, isDefault: true))).ExpectProblemAsync(409, "conflict");
        await (await app.Admin.PostJsonAsync(Servers, Server(clientId: null, isDefault: true))).ExpectProblemAsync(409, "conflict");
        await (await app.Admin.PatchJsonAsync($"{Servers}/{second.Text("id")}", new { is_default = true })).ExpectProblemAsync(409, "conflict");

        await (await app.Admin.PatchJsonAsync($"{Servers}/{first.Text("id")}", new { is_default = false })).ExpectAsync(200);
        var now = await (await app.Admin.PatchJsonAsync($"{Servers}/{second.Text("id")}", new { is_default = true })).ExpectAsync(200);
        Assert.True(now.GetProperty("is_default").GetBoolean());
        await (await app.Admin.DeleteAsync($"{Servers}/{shared.Text("id")}", Ct)).ExpectAsync(204);
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { """{"kind":"qdrant","config":{}}""", "kind" },
        { """{"kind":"postgres","config":{"username":"u"}}""", "config.host" },
        { """{"kind":"postgres","config":{"host":"h"}}""", "config.username" },
        { """{"kind":"postgres","config":{"host":"h","username":"u","path":"/x"}}""", "config.path" },
        { """{"kind":"sqlite","config":{"host":"h"}}""", "config.host,config.path" },
        { """{"kind":"sqlite","config":{"path":"data"}}""", "config.path" },
        { """{"kind":"mongodb","config":{}}""", "config.uri" },
        { """{"kind":"postgres","client_id":"cli_00000000000000000000000000","config":{"host":"h","username":"u"}}""", "client_id" },
        { """{"kind":"postgres","client_id":"x","config":{"host":"h","username":"u"}}""", "client_id" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Invalid))]
    public async Task What_is_not_valid_is_named(string body, string fields)
    {
        var response = await app.Admin.SendTextAsync(HttpMethod.Post, Servers, body);

        Assert.Equal(fields.Split(','), await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_stored_password_is_not_sent_to_another_place()
    {
        var tenant = await app.NewTenantAsync();
        var address = $"{Servers}/{(await PostAsync(Server(tenant.ClientId, isDefault: false))).Text("id")}";

        var refused = await app.Admin.PatchJsonAsync(address, new { config = new { host = "10.0.0.9" } });

        Assert.Equal(["config.password"], await refused.InvalidFieldsAsync());
        var moved = await app.Admin.PatchJsonAsync(address, new { name = "Moved", config = new { host = "10.0.0.9", password = "new" } }, ("If-Match", "\"1\""));
        Assert.Equal("10.0.0.9", (await moved.ExpectAsync(200)).GetProperty("config").Text("host"));
        await (await app.Admin.PatchJsonAsync(address, new { name = "x" }, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
        Assert.Equal(["kind"], await (await app.Admin.PatchJsonAsync(address, new { kind = "mysql" })).InvalidFieldsAsync());
        Assert.Equal(["client_id"], await (await app.Admin.PatchJsonAsync(address, new { client_id = (string?)null })).InvalidFieldsAsync());
    }

    [Fact]
    public async Task The_servers_of_a_client_go_with_it()
    {
        var tenant = await app.NewTenantAsync();
        var own = (await PostAsync(Server(tenant.ClientId, isDefault: true))).Text("id");
        var other = (await PostAsync(Server((await app.NewTenantAsync()).ClientId, isDefault: true))).Text("id");

        await (await app.Admin.DeleteAsync($"/api/v1/clients/{tenant.ClientId}", Ct)).ExpectAsync(204);

        await (await app.Admin.GetAsync($"{Servers}/{own}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await app.Admin.GetAsync($"{Servers}/{other}", Ct)).ExpectAsync(200);
    }

    private static object Server(string? clientId, bool isDefault) => new
    {
        kind = "postgres",
        client_id = clientId,
        is_default = isDefault,
        config = new { host = "10.0.0.5", username = "admin", password = "pa55" },
    };

    private async Task<JsonElement> PostAsync(object server) => await (await app.Admin.PostJsonAsync(Servers, server)).ExpectAsync(201);
}
