using System.Text.Json;
using AiBackend.Clients;
using AiBackend.Http;
using AiBackend.Semantics.Servers;
using AiBackend.Tests.Semantics.Cube;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Semantics.Servers;

public sealed class ServerTests(SemanticsFixture app) : IClassFixture<SemanticsFixture>
{
    private const string Path = SemanticsFixture.Servers;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_is_registered_with_its_secret_hidden_and_sealed()
    {
        var tenant = await app.NewTenantAsync();

        var made = await tenant.NewServerAsync();

        var id = made.Text("id");
        Assert.Matches("^srv_[0-9a-z]{26}$", id);
        Assert.Equal((tenant.ClientId, "cube", "***"), (made.Text("client_id"), made.Text("engine"), made.Text("api_secret")));
        Assert.Equal(made.GetRawText(), (await tenant.Http.GetJsonAsync($"{Path}/{id}")).GetRawText());
        var stored = await app.Store.AcrossTenants.FindAsync<SemanticServer>(id, Ct);
        Assert.DoesNotContain("own-s3cret", stored!.ToString(), StringComparison.Ordinal);
        Assert.Equal("own-s3cret", app.Services.GetRequiredService<SecretBox>().Open(SemanticServer.SecretPurpose(id), stored.ApiSecret));
        Assert.Contains("semantic_server.created", await app.AuditAsync(tenant.ClientId));
    }

    [Theory]
    [InlineData("""{"name":"x","url":"ftp://e.org","api_secret":"s"}""", "url")]
    [InlineData("""{"name":"x","url":"http://127.0.0.1:4000","api_secret":"s"}""", "url")]
    [InlineData("""{"name":"x","url":"http://cube.internal","api_secret":"s"}""", "url")]
    [InlineData("""{"name":"x","url":"https://e.org"}""", "api_secret")]
    [InlineData("""{"name":"x","url":"https://e.org","api_secret":"***"}""", "api_secret")]
    [InlineData("""{"name":" ","url":"https://e.org","api_secret":"s"}""", "name")]
    [InlineData("""{"name":"x","url":"https://e.org","api_secret":"s","engine":"looker"}""", "engine")]
    public async Task A_server_that_makes_no_sense_is_refused(string body, string field)
    {
        var tenant = await app.NewTenantAsync();

        Assert.Equal([field], await (await tenant.Http.SendTextAsync(HttpMethod.Post, Path, body)).InvalidFieldsAsync());
    }

    [Fact]
    public async Task Names_are_unique_for_an_owner_and_so_is_the_default()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        await tenant.NewServerAsync("Cube", isDefault: true);
        await other.NewServerAsync("Cube", isDefault: true);

        var name = await (await tenant.Http.PostJsonAsync(Path, new { name = "Cube", url = "https://e.org", api_secret = "s" })).ExpectProblemAsync(409, "conflict");
        var taken = await (await tenant.Http.PostJsonAsync(Path, new { name = "Two", url = "https://e.org", api_secret = "s", is_default = true })).ExpectProblemAsync(409, "conflict");

        Assert.Contains("name", name.Text("detail"), StringComparison.Ordinal);
        Assert.Contains("default", taken.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_sees_what_is_shared_without_its_secret_and_does_not_change_it()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var shared = $"{Path}/{(await app.NewSharedServerAsync("Shared")).Text("id")}";
        var others = $"{Path}/{(await other.NewServerAsync()).Text("id")}";

        var seen = await tenant.Http.GetJsonAsync(shared);

        Assert.Equal(JsonValueKind.Null, seen.GetProperty("api_secret").ValueKind);
        Assert.Contains(seen.Text("id"), (await tenant.Http.GetJsonAsync(Path)).Data().Select(one => one.Text("id")));
        await (await tenant.Http.PatchJsonAsync(shared, new { name = "mine" })).ExpectProblemAsync(403, "insufficient_scope");
        await (await tenant.Http.DeleteAsync(shared, Ct)).ExpectProblemAsync(403, "insufficient_scope");
        await (await tenant.Http.GetAsync(others, Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.PatchJsonAsync(others, new { name = "mine" })).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.DeleteAsync(others, Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.PostJsonAsync($"{others}/test")).ExpectProblemAsync(404, "not_found");
        await (await app.Admin.PatchJsonAsync(shared, new { name = "Renamed", api_secret = "***" })).ExpectAsync(200);
        Assert.Equal(204, (int)(await app.Admin.DeleteAsync(shared, Ct)).StatusCode);
    }

    [Fact]
    public async Task A_patch_keeps_the_secret_or_sets_another()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.NewServerAsync()).Text("id");

        await (await tenant.Http.PatchJsonAsync($"{Path}/{id}", new { name = "Other" })).ExpectAsync(200);
        var kept = await SecretAsync(id);
        await (await tenant.Http.PatchJsonAsync($"{Path}/{id}", new { api_secret = "an0ther" })).ExpectAsync(200);

        Assert.Equal(("own-s3cret", "an0ther"), (kept, await SecretAsync(id)));
        Assert.Equal(["url"], await (await tenant.Http.PatchJsonAsync($"{Path}/{id}", new { url = "http://10.1.2.3" })).InvalidFieldsAsync());
        await (await tenant.Http.PatchJsonAsync($"{Path}/{id}", new { name = "x" }, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
    }

    [Fact]
    public async Task A_test_asks_whether_the_server_is_up_and_takes_our_tokens()
    {
        var tenant = await app.NewTenantAsync();
        await using var cube = await ScriptedCube.StartAsync();
        var made = await (await app.Admin.PostJsonAsync(
            Path, new { name = "Tested", url = cube.Url, api_secret = ScriptedCube.Secret, client_id = tenant.ClientId })).ExpectAsync(201);
        var path = $"{Path}/{made.Text("id")}/test";

        var good = await (await tenant.Http.PostJsonAsync(path)).ExpectAsync(200);
        var claims = cube.Requests.Last(request => request.Path == "/cubejs-api/v1/meta").ClaimsAt(app.Clock.GetUtcNow());
        cube.Answer = request => request.Path == "/readyz" ? (200, "{}") : (403, """{"error":"Invalid token"}""");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var bad = await (await tenant.Http.PostJsonAsync(path)).ExpectAsync(200);
        cube.Answer = _ => (500, """{"health":"DOWN"}""");
        var down = await (await tenant.Http.PostJsonAsync(path)).ExpectAsync(200);

        Assert.Equal("""{"ok":true,"code":null,"detail":null,"cubes":1}""", good.GetRawText());
        Assert.Equal(tenant.ClientId, claims?.ClientId);
        Assert.Equal((false, "bad_secret"), (bad.GetProperty("ok").GetBoolean(), bad.Text("code")));
        Assert.Equal((false, "unreachable"), (down.GetProperty("ok").GetBoolean(), down.Text("code")));
        Assert.DoesNotContain(ScriptedCube.Secret, bad.GetRawText() + down.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_client_leaves_no_servers()
    {
        var tenant = await app.NewTenantAsync();
        var own = await tenant.NewServerAsync();

        await app.Services.GetRequiredService<ClientRemoval>().SweepAsync(tenant.ClientId, Ct);

        Assert.Null(await app.Store.AcrossTenants.FindAsync<SemanticServer>(own.Text("id"), Ct));
    }

    private async Task<string> SecretAsync(string id)
    {
        var stored = await app.Store.AcrossTenants.FindAsync<SemanticServer>(id, Ct);
        return app.Services.GetRequiredService<SecretBox>().Open(SemanticServer.SecretPurpose(id), stored!.ApiSecret);
    }
}
