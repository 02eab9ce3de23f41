using System.Text.Json;
using AiBackend.Clients;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Clients;

public sealed class ChannelTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_is_born_with_one_api_channel_that_stays()
    {
        var tenant = await app.NewTenantAsync();

        var born = (await tenant.Http.GetJsonAsync(Path(tenant))).Data().Single();

        Assert.Equal(("api", Channels.DefaultId(tenant.ClientId)), (born.Text("type"), born.Text("id")));
        await (await tenant.Http.DeleteAsync($"{Path(tenant)}/{born.Text("id")}", Ct)).ExpectProblemAsync(409, "conflict");
    }

    [Fact]
    public async Task Secrets_go_in_and_never_come_out()
    {
        var tenant = await app.NewTenantAsync();

        var made = await tenant.Http.PostJsonAsync(
            Path(tenant), new { type = "slack", name = "Slack", external_id = "T1", config = new { team = "x" }, secrets = new { bot_token = "xoxb-1", signing = "abc" } });
        var channel = await made.ExpectAsync(201);
        var patched = await (await tenant.Http.SendTextAsync(
            HttpMethod.Patch, $"{Path(tenant)}/{channel.Text("id")}", """{"secrets":{"bot_token":"xoxb-2","signing":"***","extra":"new"}}""")).ExpectAsync(200);
        var cleared = await (await tenant.Http.SendTextAsync(
            HttpMethod.Patch, $"{Path(tenant)}/{channel.Text("id")}", """{"secrets":{"extra":null}}""")).ExpectAsync(200);

        Assert.Equal("""{"bot_token":"***","signing":"***"}""", channel.GetProperty("secrets").GetRawText());
        Assert.Equal("""{"bot_token":"***","signing":"***","extra":"***"}""", patched.GetProperty("secrets").GetRawText());
        Assert.Equal("""{"bot_token":"***","signing":"***"}""", cleared.GetProperty("secrets").GetRawText());
        var stored = await app.Store.For(tenant.ClientId).FindAsync<Channel>(channel.Text("id"), Ct);
        Assert.DoesNotContain("xoxb", JsonSerializer.Serialize(stored), StringComparison.Ordinal);
        Assert.Equal(("xoxb-2", "abc"), (Open(stored!, "bot_token"), Open(stored!, "signing")));
    }

    [Fact]
    public async Task Two_channels_of_a_type_do_not_share_an_external_id_within_a_client()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var body = new { type = "slack", name = "x", external_id = "T1" };
        await (await tenant.Http.PostJsonAsync(Path(tenant), body)).ExpectAsync(201);

        await (await tenant.Http.PostJsonAsync(Path(tenant), body)).ExpectProblemAsync(409, "conflict");
        await (await tenant.Http.PostJsonAsync(Path(tenant), body with { type = "web" })).ExpectAsync(201);
        await (await other.Http.PostJsonAsync(Path(other), body)).ExpectAsync(201);
        var free = await (await tenant.Http.PostJsonAsync(Path(tenant), new { type = "slack", name = "no id" })).ExpectAsync(201);
        await (await tenant.Http.PatchJsonAsync($"{Path(tenant)}/{free.Text("id")}", new { external_id = "T1" })).ExpectProblemAsync(409, "conflict");
    }

    [Theory]
    [InlineData("""{"type":"fax","name":"x"}""", "type")]
    [InlineData("""{"name":"x"}""", "type")]
    [InlineData("""{"type":"api","name":"x","secrets":{"a":5}}""", "secrets.a")]
    [InlineData("""{"type":"api","name":"x","secrets":{"a":""}}""", "secrets")]
    [InlineData("""{"type":"api","name":"x","config":[]}""", "config")]
    public async Task A_channel_that_makes_no_sense_is_refused(string body, string field)
    {
        var tenant = await app.NewTenantAsync();

        Assert.Equal([field], await (await tenant.Http.SendTextAsync(HttpMethod.Post, Path(tenant), body)).InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_channel_is_changed_except_for_its_type_and_deleted()
    {
        var tenant = await app.NewTenantAsync();
        var made = await (await tenant.Http.PostJsonAsync(Path(tenant), new { type = "web", name = "Site" })).ExpectAsync(201);
        var path = $"{Path(tenant)}/{made.Text("id")}";

        var changed = await (await tenant.Http.PatchJsonAsync(path, new { name = "Shop", is_active = false })).ExpectAsync(200);

        Assert.Equal(("Shop", false, 2), (changed.Text("name"), changed.GetProperty("is_active").GetBoolean(), changed.GetProperty("version").GetInt32()));
        Assert.Equal(["type"], await (await tenant.Http.PatchJsonAsync(path, new { type = "slack" })).InvalidFieldsAsync());
        await (await tenant.Http.SendAsync(HttpMethod.Delete, path, null, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await tenant.Http.DeleteAsync(path, Ct)).ExpectAsync(204);
        await (await tenant.Http.GetAsync(path, Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Theory]
    [InlineData("channels", """{"type":"web","name":"x"}""")]
    [InlineData("user-types", """{"type_id":"a","name":"x"}""")]
    public async Task What_belongs_to_another_client_is_not_there(string collection, string body)
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var made = await (await other.Http.SendTextAsync(HttpMethod.Post, $"/api/v1/clients/{other.ClientId}/{collection}", body)).ExpectAsync(201);
        var path = $"/api/v1/clients/{tenant.ClientId}/{collection}/{made.Text("id")}";

        await (await tenant.Http.GetAsync(path, Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.PatchJsonAsync(path, new { name = "mine" })).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.DeleteAsync(path, Ct)).ExpectProblemAsync(404, "not_found");

        Assert.Equal("x", (await other.Http.GetJsonAsync($"/api/v1/clients/{other.ClientId}/{collection}/{made.Text("id")}")).Text("name"));
    }

    [Fact]
    public async Task User_types_are_kept_unique_by_type_id()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"/api/v1/clients/{tenant.ClientId}/user-types";
        var made = await (await tenant.Http.PostJsonAsync(path, new { type_id = "patient", name = "Patient", description = "d", metadata = new { a = 1 } })).ExpectAsync(201);
        var second = await (await tenant.Http.PostJsonAsync(path, new { type_id = "doctor", name = "Doctor" })).ExpectAsync(201);

        await (await tenant.Http.PostJsonAsync(path, new { type_id = "patient", name = "x" })).ExpectProblemAsync(409, "conflict");
        await (await tenant.Http.PatchJsonAsync($"{path}/{second.Text("id")}", new { type_id = "patient" })).ExpectProblemAsync(409, "conflict");
        var changed = await (await tenant.Http.SendTextAsync(HttpMethod.Patch, $"{path}/{made.Text("id")}", """{"description":null}""")).ExpectAsync(200);

        Assert.Equal((JsonValueKind.Null, "patient"), (changed.GetProperty("description").ValueKind, changed.Text("type_id")));
        await (await tenant.Http.DeleteAsync($"{path}/{made.Text("id")}", Ct)).ExpectAsync(204);
        await (await tenant.Http.PostJsonAsync(path, new { type_id = "patient", name = "x" })).ExpectAsync(201);
    }

    [Fact]
    public async Task Every_act_on_a_clients_set_up_is_audited_with_who_when_and_where()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"/api/v1/clients/{tenant.ClientId}";
        var channel = await (await tenant.Http.PostJsonAsync($"{path}/channels", new { type = "web", name = "x" })).ExpectAsync(201);
        await tenant.Http.PatchJsonAsync($"{path}/channels/{channel.Text("id")}", new { name = "y" });
        await tenant.Http.DeleteAsync($"{path}/channels/{channel.Text("id")}", Ct);
        await app.Admin.PatchJsonAsync(path, new { name = "z" });
        await (await tenant.Http.PatchJsonAsync(path, new { name = "" })).ExpectProblemAsync(422, "validation_failed");

        var entries = (await tenant.Http.GetJsonAsync($"{path}/audit?order=asc")).Data();

        Assert.Equal(
            ["client.created", "key.created", "channel.created", "channel.updated", "channel.deleted", "client.updated"],
            entries.Select(entry => entry.Text("action")));
        Assert.Equal(["admin", "admin", "key", "key", "key", "admin"], entries.Select(entry => entry.Text("actor")));
        Assert.Equal((tenant.KeyId, "channel", channel.Text("id")), (entries[2].Text("key_id"), entries[2].Text("resource_type"), entries[2].Text("resource_id")));
        Assert.All(entries, entry => Assert.Equal(app.Clock.GetUtcNow(), entry.GetProperty("created_at").GetDateTimeOffset()));
    }

    private string Open(Channel channel, string name) =>
        app.Services.GetRequiredService<SecretBox>().Open(Channel.SecretPurpose(channel.Id, name), channel.Secrets[name]);

    private static string Path(Tenant tenant) => $"/api/v1/clients/{tenant.ClientId}/channels";
}
