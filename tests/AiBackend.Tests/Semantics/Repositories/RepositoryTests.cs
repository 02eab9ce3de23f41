using System.Text.Json;
using AiBackend.Clients;
using AiBackend.Http;
using AiBackend.Semantics.Repositories;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Semantics.Repositories;

public sealed class RepositoryTests(SemanticsFixture app) : IClassFixture<SemanticsFixture>
{
    private const string Path = SemanticsFixture.Repositories;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repository_is_registered_with_its_token_hidden_and_sealed()
    {
        var tenant = await app.NewTenantAsync();

        var made = await (await tenant.Http.PostJsonAsync(
            Path,
            new { url = "https://git.example.org/models.git", mode = "branch", base_path = "bi/cube", credentials = new { username = "bot", token = "own-t0ken" } })).ExpectAsync(201);

        var id = made.Text("id");
        Assert.Matches("^rep_[0-9a-z]{26}$", id);
        Assert.Equal((tenant.ClientId, "main", "branch", "bi/cube"), (made.Text("client_id"), made.Text("branch"), made.Text("mode"), made.Text("base_path")));
        Assert.Equal("""{"username":"bot","token":"***"}""", made.GetProperty("credentials").GetRawText());
        Assert.Equal(made.GetRawText(), (await tenant.Http.GetJsonAsync($"{Path}/{id}")).GetRawText());
        Assert.Equal("own-t0ken", await TokenAsync(id));
        var stored = await app.Store.AcrossTenants.FindAsync<SemanticRepository>(id, Ct);
        Assert.DoesNotContain("own-t0ken", stored!.ToString(), StringComparison.Ordinal);
        Assert.Contains("semantic_repository.created", await app.AuditAsync(tenant.ClientId));
    }

    [Theory]
    [InlineData("git@github.com:a/b.git", "url")]
    [InlineData("ssh://git@github.com/a/b.git", "url")]
    [InlineData("ext::sh -c touch% /tmp/x", "url")]
    [InlineData("git://example.org/a.git", "url")]
    [InlineData("https://user:token@example.org/a.git", "url")]
    [InlineData("https://example.org/a.git?x=1", "url")]
    [InlineData("http://example.org/a.git", "url")]
    [InlineData("https://127.0.0.1/a.git", "url")]
    [InlineData("https://git.internal/a.git", "url")]
    [InlineData("https://[::1]/a.git", "url")]
    [InlineData("file:///etc/models.git", "url")]
    [InlineData("file://host/models.git", "url")]
    [InlineData("file:///models%00/x.git", "url")]
    [InlineData("/etc/models.git", "url")]
    [InlineData("models.git", "url")]
    [InlineData("", "url")]
    public async Task An_address_that_may_not_be_used_is_refused(string url, string field)
    {
        var tenant = await app.NewTenantAsync();

        Assert.Equal([field], await (await tenant.Http.PostJsonAsync(Path, new { url })).InvalidFieldsAsync());
    }

    [Theory]
    [InlineData("""{"url":"https://e.org/a","branch":"a b"}""", "branch")]
    [InlineData("""{"url":"https://e.org/a","branch":"-x"}""", "branch")]
    [InlineData("""{"url":"https://e.org/a","branch":"a..b"}""", "branch")]
    [InlineData("""{"url":"https://e.org/a","base_path":"/a"}""", "base_path")]
    [InlineData("""{"url":"https://e.org/a","base_path":"a/../b"}""", "base_path")]
    [InlineData("""{"url":"https://e.org/a","mode":"force"}""", "mode")]
    [InlineData("""{"url":"https://e.org/a","credentials":{"token":""}}""", "credentials.token")]
    [InlineData("""{"url":"https://e.org/a","credentials":{"token":"***"}}""", "credentials.token")]
    [InlineData("""{"url":"https://e.org/a","client_id":"cli_00000000000000000000000000"}""", "client_id")]
    public async Task A_repository_that_makes_no_sense_is_refused(string body, string field)
    {
        var tenant = await app.NewTenantAsync();

        Assert.Equal([field], await (await tenant.Http.SendTextAsync(HttpMethod.Post, Path, body)).InvalidFieldsAsync());
    }

    [Fact]
    public async Task What_the_admin_registers_is_not_limited_until_the_client_changes_the_address()
    {
        var tenant = await app.NewTenantAsync();
        var shared = await app.NewSharedRepositoryAsync("http://10.0.0.1/models.git");
        var own = await (await app.Admin.PostJsonAsync(Path, new { url = "https://10.0.0.1/own.git", client_id = tenant.ClientId })).ExpectAsync(201);
        var acting = await (await app.Admin.PostJsonAsync(
            Path, new { url = "https://10.0.0.1/acting.git" }, ("X-Client-Id", tenant.ClientId))).ExpectAsync(201);

        Assert.Equal(JsonValueKind.Null, shared.GetProperty("client_id").ValueKind);
        Assert.Equal((tenant.ClientId, tenant.ClientId), (own.Text("client_id"), acting.Text("client_id")));
        await (await tenant.Http.PatchJsonAsync($"{Path}/{own.Text("id")}", new { branch = "trunk" })).ExpectAsync(200);
        Assert.Equal(["url"], await (await tenant.Http.PatchJsonAsync($"{Path}/{own.Text("id")}", new { url = "https://10.0.0.2/own.git" })).InvalidFieldsAsync());
        await (await tenant.Http.PatchJsonAsync($"{Path}/{own.Text("id")}", new { url = "https://8.8.8.8/own.git" })).ExpectAsync(200);
        Assert.False((await app.Store.AcrossTenants.FindAsync<SemanticRepository>(own.Text("id"), Ct))!.IsOperators);
        Assert.True((await app.Store.AcrossTenants.FindAsync<SemanticRepository>(acting.Text("id"), Ct))!.IsOperators);
    }

    [Fact]
    public async Task A_client_sees_its_own_and_the_shared_ones_without_their_credentials()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var shared = await app.NewSharedRepositoryAsync();
        var own = await tenant.NewRepositoryAsync();
        var others = await other.NewRepositoryAsync();

        var listed = (await tenant.Http.GetJsonAsync($"{Path}?limit=200")).Data();

        Assert.Contains(own.Text("id"), listed.Select(one => one.Text("id")));
        var seen = Assert.Single(listed, one => one.Text("id") == shared.Text("id"));
        Assert.Equal(JsonValueKind.Null, seen.GetProperty("credentials").ValueKind);
        Assert.DoesNotContain(others.Text("id"), listed.Select(one => one.Text("id")));
        var all = (await app.Admin.GetJsonAsync($"{Path}?limit=200")).Data().Select(one => one.Text("id")).ToArray();
        Assert.Superset(new HashSet<string> { own.Text("id"), others.Text("id"), shared.Text("id") }, all.ToHashSet());
        await (await tenant.Http.GetAsync($"{Path}/{others.Text("id")}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.PatchJsonAsync($"{Path}/{others.Text("id")}", new { branch = "x" })).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.DeleteAsync($"{Path}/{others.Text("id")}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.PostJsonAsync($"{Path}/{others.Text("id")}/test")).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task A_client_does_not_change_what_is_shared()
    {
        var tenant = await app.NewTenantAsync();
        var shared = $"{Path}/{(await app.NewSharedRepositoryAsync()).Text("id")}";

        await (await tenant.Http.PatchJsonAsync(shared, new { url = "https://evil.example.org/a.git" })).ExpectProblemAsync(403, "insufficient_scope");
        await (await tenant.Http.DeleteAsync(shared, Ct)).ExpectProblemAsync(403, "insufficient_scope");
        await (await app.Admin.PatchJsonAsync(shared, new { branch = "trunk" })).ExpectAsync(200);
        Assert.Equal(204, (int)(await app.Admin.DeleteAsync(shared, Ct)).StatusCode);
    }

    [Fact]
    public async Task A_patch_keeps_what_it_does_not_name_and_honours_the_version()
    {
        var tenant = await app.NewTenantAsync();
        var made = await tenant.NewRepositoryAsync();
        var path = $"{Path}/{made.Text("id")}";

        var changed = await (await tenant.Http.PatchJsonAsync(path, new { branch = "trunk", credentials = new { username = "bot" } }, ("If-Match", "\"1\""))).ExpectAsync(200);
        var same = await (await tenant.Http.PatchJsonAsync(path, new { branch = "trunk" })).ExpectAsync(200);
        await (await tenant.Http.PatchJsonAsync(path, new { branch = "main" }, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");

        Assert.Equal(("trunk", 2), (changed.Text("branch"), changed.GetProperty("version").GetInt32()));
        Assert.Equal(2, same.GetProperty("version").GetInt32());
        Assert.Equal("own-t0ken", await TokenAsync(made.Text("id")));
        var cleared = await (await tenant.Http.SendTextAsync(HttpMethod.Patch, path, """{"credentials":null}""")).ExpectAsync(200);
        Assert.Equal(JsonValueKind.Null, cleared.GetProperty("credentials").ValueKind);
    }

    [Fact]
    public async Task A_token_is_not_sent_to_another_server()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Path}/{(await tenant.NewRepositoryAsync()).Text("id")}";

        Assert.Equal(["credentials.token"], await (await tenant.Http.PatchJsonAsync(path, new { url = "https://other.example.org/models.git" })).InvalidFieldsAsync());
        await (await tenant.Http.PatchJsonAsync(path, new { url = "https://git.example.org/other.git" })).ExpectAsync(200);
        await (await tenant.Http.PatchJsonAsync(path, new { url = "https://other.example.org/models.git", credentials = new { token = "new" } })).ExpectAsync(200);
    }

    [Fact]
    public async Task An_owner_has_one_default()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var first = await tenant.NewRepositoryAsync(isDefault: true);
        var second = await tenant.NewRepositoryAsync();

        await (await tenant.Http.PostJsonAsync(Path, new { url = "https://e.org/a", is_default = true })).ExpectProblemAsync(409, "conflict");
        await (await tenant.Http.PatchJsonAsync($"{Path}/{second.Text("id")}", new { is_default = true })).ExpectProblemAsync(409, "conflict");
        await other.NewRepositoryAsync(isDefault: true);
        await (await tenant.Http.PatchJsonAsync($"{Path}/{first.Text("id")}", new { is_default = false })).ExpectAsync(200);
        await (await tenant.Http.PatchJsonAsync($"{Path}/{second.Text("id")}", new { is_default = true })).ExpectAsync(200);
    }

    [Fact]
    public async Task A_test_tells_the_head_of_the_branch_or_what_is_wrong()
    {
        var tenant = await app.NewTenantAsync();
        using var folder = await GitFolder.NewAsync();
        var made = await tenant.NewRepositoryAsync(folder.Url);
        var path = $"{Path}/{made.Text("id")}";

        var empty = await (await tenant.Http.PostJsonAsync($"{path}/test")).ExpectAsync(200);
        var head = await folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });
        var full = await (await tenant.Http.PostJsonAsync($"{path}/test")).ExpectAsync(200);
        await (await tenant.Http.PatchJsonAsync(path, new { branch = "trunk" })).ExpectAsync(200);
        var missing = await (await tenant.Http.PostJsonAsync($"{path}/test")).ExpectAsync(200);

        Assert.Equal("""{"ok":true,"code":null,"detail":null,"branch":"main","commit":null}""", empty.GetRawText());
        Assert.Equal((true, head), (full.GetProperty("ok").GetBoolean(), full.Text("commit")));
        Assert.Equal((false, "unknown_branch"), (missing.GetProperty("ok").GetBoolean(), missing.Text("code")));
        Assert.Contains("no branch trunk", missing.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_token_fails_the_test_in_words()
    {
        using var folder = await GitFolder.NewAsync();
        await using var server = await GitServer.StartAsync(folder);
        server.Login = ("x-access-token", "right-t0ken");
        var made = await app.NewSharedRepositoryAsync(server.Url);

        var tested = await (await app.Admin.PostJsonAsync($"{Path}/{made.Text("id")}/test")).ExpectAsync(200);

        Assert.Equal((false, "bad_credentials"), (tested.GetProperty("ok").GetBoolean(), tested.Text("code")));
        Assert.DoesNotContain("shared-t0ken", tested.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_client_leaves_no_repositories()
    {
        var tenant = await app.NewTenantAsync();
        var own = await tenant.NewRepositoryAsync();

        await app.Services.GetRequiredService<ClientRemoval>().SweepAsync(tenant.ClientId, Ct);

        Assert.Null(await app.Store.AcrossTenants.FindAsync<SemanticRepository>(own.Text("id"), Ct));
    }

    [Fact]
    public async Task A_key_is_repeated_safely()
    {
        var tenant = await app.NewTenantAsync();

        var first = await (await tenant.Http.PostJsonAsync(Path, new { url = "https://e.org/a" }, ("Idempotency-Key", "k"))).ExpectAsync(201);
        var again = await (await tenant.Http.PostJsonAsync(Path, new { url = "https://e.org/a" }, ("Idempotency-Key", "k"))).ExpectAsync(201);

        Assert.Equal(first.Text("id"), again.Text("id"));
    }

    private async Task<string> TokenAsync(string id)
    {
        var stored = await app.Store.AcrossTenants.FindAsync<SemanticRepository>(id, Ct);
        return app.Services.GetRequiredService<SecretBox>().Open(SemanticRepository.SecretPurpose(id), stored!.Token!);
    }
}
