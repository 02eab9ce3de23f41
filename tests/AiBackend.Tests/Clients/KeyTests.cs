using System.Net.Http.Headers;
using System.Text.Json;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Clients;

public sealed class KeyTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Clients = "/api/v1/clients";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_keys_secret_is_shown_once_and_only_its_hash_is_stored()
    {
        var tenant = await app.NewTenantAsync();

        var made = await (await app.Admin.PostJsonAsync(Keys(tenant), new { name = "CI", scopes = new[] { "chat:read", "events:read" } })).ExpectAsync(201);
        var listed = (await app.Admin.GetJsonAsync(Keys(tenant))).Data().Single(key => key.Text("id") == made.Text("id"));
        var stored = await app.Store.For(tenant.ClientId).FindAsync<ApiKey>(made.Text("id"), Ct);

        var secret = made.Text("secret");
        Assert.StartsWith($"aib_{made.Text("id")[4..]}_", secret, StringComparison.Ordinal);
        Assert.Equal(("CI", 2), (listed.Text("name"), listed.GetProperty("scopes").GetArrayLength()));
        Assert.False(listed.TryGetProperty("secret", out _));
        Assert.DoesNotContain(secret[^64..], JsonSerializer.Serialize(stored), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"x","scopes":[]}""", "scopes")]
    [InlineData("""{"name":"x","scopes":["admin"]}""", "scopes")]
    [InlineData("""{"name":"x","scopes":["chat:read","chat:read"]}""", "scopes")]
    [InlineData("""{"name":"","scopes":["chat:read"]}""", "name")]
    [InlineData("""{"name":"x","scopes":["chat:read"],"expires_at":"2026-03-14T09:26:52.999Z"}""", "expires_at")]
    [InlineData("""{"name":"x","scopes":["chat:read"],"expires_at":"tomorrow"}""", "expires_at")]
    public async Task A_key_that_makes_no_sense_is_refused(string body, string field)
    {
        var tenant = await app.NewTenantAsync();

        Assert.Equal([field], await (await app.Admin.SendTextAsync(HttpMethod.Post, Keys(tenant), body)).InvalidFieldsAsync());
    }

    public static TheoryData<string?> Bad =>
    [
        (string?)null,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer nonsense",
        "Bearer aib_",
        $"Bearer aib_00000000000000000000000000_{new string('0', 64)}",
        $"Bearer {AppFixture.AdminKey}x",
        $"Bearer {AppFixture.AdminKey[..^1]}",
        $"Bearer {new string('x', 10_000)}",
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task What_is_no_key_is_refused(string? authorization)
    {
        using var http = app.NewHttp(key: null);

        var response = await http.SendAsync(HttpMethod.Get, Clients, content: null, authorization is null ? [] : [("Authorization", authorization)]);

        await response.ExpectProblemAsync(401, "unauthorized");
        Assert.Equal("Bearer", response.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task A_key_with_any_other_character_in_its_secret_is_refused()
    {
        var tenant = await app.NewTenantAsync();
        for (var i = 4; i < tenant.Key.Length; i += 7)
        {
            var wrong = $"{tenant.Key[..i]}{(tenant.Key[i] == '1' ? '2' : '1')}{tenant.Key[(i + 1)..]}";
            using var http = app.NewHttp(wrong);

            await (await http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectProblemAsync(401, "unauthorized");
        }
    }

    [Fact]
    public async Task The_name_of_the_scheme_may_be_written_in_any_case()
    {
        var tenant = await app.NewTenantAsync();
        tenant.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("bearer", tenant.Key);

        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);
    }

    [Fact]
    public async Task A_key_works_until_the_moment_it_expires()
    {
        var tenant = await app.NewTenantAsync();
        var expiresAt = app.Clock.GetUtcNow().AddHours(1);
        var made = await app.Admin.PostJsonAsync(Keys(tenant), new { name = "x", scopes = new[] { "client:admin" }, expires_at = expiresAt });
        using var http = app.NewHttp((await made.ExpectAsync(201)).Text("secret"));

        app.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        await (await http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await (await http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectProblemAsync(401, "unauthorized");
    }

    [Fact]
    public async Task A_key_is_rotated_until_the_moment_it_expires()
    {
        var tenant = await app.NewTenantAsync();
        var made = await app.Admin.PostJsonAsync(
            Keys(tenant), new { name = "x", scopes = new[] { "client:admin" }, expires_at = app.Clock.GetUtcNow().AddHours(1) });
        var rotation = $"{Keys(tenant)}/{(await made.ExpectAsync(201)).Text("id")}/rotate";

        app.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        await (await app.Admin.PostJsonAsync(rotation)).ExpectAsync(200);
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await (await app.Admin.PostJsonAsync(rotation)).ExpectProblemAsync(409, "conflict");
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once_and_stays_listed()
    {
        var tenant = await app.NewTenantAsync();
        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);

        await (await app.Admin.DeleteAsync($"{Keys(tenant)}/{tenant.KeyId}", Ct)).ExpectAsync(204);
        await (await app.Admin.DeleteAsync($"{Keys(tenant)}/{tenant.KeyId}", Ct)).ExpectAsync(204);

        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectProblemAsync(401, "unauthorized");
        await (await app.Admin.PostJsonAsync($"{Keys(tenant)}/{tenant.KeyId}/rotate")).ExpectProblemAsync(409, "conflict");
        var listed = (await app.Admin.GetJsonAsync(Keys(tenant))).Data().Single();
        Assert.Equal(app.Clock.GetUtcNow(), listed.GetProperty("revoked_at").GetDateTimeOffset());
    }

    [Fact]
    public async Task After_a_rotation_the_old_secret_is_refused_at_once()
    {
        var tenant = await app.NewTenantAsync();
        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);

        var rotated = await (await app.Admin.PostJsonAsync($"{Keys(tenant)}/{tenant.KeyId}/rotate")).ExpectAsync(200);

        using var fresh = app.NewHttp(rotated.Text("secret"));
        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectProblemAsync(401, "unauthorized");
        await (await fresh.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);
        Assert.Equal(2, rotated.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_second_rotation_lets_the_first_overlap_run_its_time_unless_it_has_none()
    {
        var tenant = await app.NewTenantAsync();
        var path = $"{Keys(tenant)}/{tenant.KeyId}/rotate";
        var second = (await (await app.Admin.PostJsonAsync(path, new { overlap_seconds = 60 })).ExpectAsync(200)).Text("secret");

        await (await app.Admin.PostJsonAsync(path, new { overlap_seconds = 60 })).ExpectAsync(200);
        await (await tenant.Http.GetAsync("/api/v1/sessions", Ct)).ExpectAsync(200);
        await (await app.NewHttp(second).GetAsync("/api/v1/sessions", Ct)).ExpectAsync(200);
        var last = (await (await app.Admin.PostJsonAsync(path, new { overlap_seconds = 0 })).ExpectAsync(200)).Text("secret");

        await (await tenant.Http.GetAsync("/api/v1/sessions", Ct)).ExpectProblemAsync(401, "unauthorized");
        await (await app.NewHttp(second).GetAsync("/api/v1/sessions", Ct)).ExpectProblemAsync(401, "unauthorized");
        await (await app.NewHttp(last).GetAsync("/api/v1/sessions", Ct)).ExpectAsync(200);
    }

    [Fact]
    public async Task In_the_overlap_both_secrets_work_and_after_it_only_the_new_one()
    {
        var tenant = await app.NewTenantAsync();
        var rotated = await app.Admin.PostJsonAsync($"{Keys(tenant)}/{tenant.KeyId}/rotate", new { overlap_seconds = 60 });
        using var fresh = app.NewHttp((await rotated.ExpectAsync(200)).Text("secret"));

        app.Clock.Advance(TimeSpan.FromMilliseconds(59_999));
        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);
        await (await fresh.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);

        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectProblemAsync(401, "unauthorized");
        await (await fresh.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(2_592_000, 200)]
    [InlineData(2_592_001, 422)]
    [InlineData(-1, 422)]
    public async Task An_overlap_lasts_up_to_30_days(int seconds, int status)
    {
        var tenant = await app.NewTenantAsync();

        var response = await app.Admin.PostJsonAsync($"{Keys(tenant)}/{tenant.KeyId}/rotate", new { overlap_seconds = seconds });

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_client_manages_its_own_keys_with_its_scope()
    {
        var (tenant, other) = (await app.NewTenantAsync("client:admin"), await app.NewTenantAsync());

        await (await tenant.Http.PostJsonAsync(Keys(tenant), new { name = "x", scopes = new[] { "chat:write" } })).ExpectAsync(201);
        await (await tenant.Http.DeleteAsync($"{Keys(tenant)}/{other.KeyId}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.PostJsonAsync($"{Keys(tenant)}/{other.KeyId}/rotate")).ExpectProblemAsync(404, "not_found");

        await (await other.Http.GetAsync($"{Clients}/{other.ClientId}", Ct)).ExpectAsync(200);
    }

    [Fact]
    public async Task What_happens_to_a_key_is_told_by_an_event_each()
    {
        var tenant = await app.NewTenantAsync();

        await app.Admin.PostJsonAsync($"{Keys(tenant)}/{tenant.KeyId}/rotate");
        await app.Admin.DeleteAsync($"{Keys(tenant)}/{tenant.KeyId}", Ct);
        await app.Admin.DeleteAsync($"{Keys(tenant)}/{tenant.KeyId}", Ct);

        var events = (await app.Store.For(tenant.ClientId).PageAsync(Query.Of<Event>().Ascending(), cursor: null, limit: 10, Ct)).Items;
        Assert.Equal(["client.key.created", "client.key.rotated", "client.key.revoked"], events.Select(raised => raised.Type));
        Assert.All(events, raised =>
        {
            var key = raised.Data.ToElement().GetProperty("key");
            Assert.Equal((tenant.KeyId, tenant.KeyId, "key"), (raised.EntityId, key.Text("id"), raised.EntityType));
            Assert.False(key.TryGetProperty("secret", out _));
        });
    }

    [Fact]
    public async Task An_admin_acts_for_the_client_that_it_names()
    {
        var tenant = await app.NewTenantAsync();

        await (await app.Admin.SendAsync(HttpMethod.Get, "/api/v1/jobs", null, ("X-Client-Id", tenant.ClientId))).ExpectAsync(200);
        await (await app.Admin.SendAsync(HttpMethod.Get, "/api/v1/jobs", null)).ExpectProblemAsync(400, "client_required");
        await (await app.Admin.SendAsync(HttpMethod.Get, "/api/v1/jobs", null, ("X-Client-Id", "cli_00000000000000000000000000"))).ExpectProblemAsync(404, "not_found");
        await (await app.Admin.SendAsync(HttpMethod.Get, "/api/v1/jobs", null, ("X-Client-Id", tenant.KeyId))).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task Another_process_hears_of_a_revocation_within_a_second()
    {
        var tenant = await app.NewTenantAsync();
        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectAsync(200);

        // Straight into the store, as another process does it.
        await app.Store.For(tenant.ClientId).CommitAsync(
            async transaction => await transaction.UpdateAsync<ApiKey>(tenant.KeyId, key => key with { RevokedAt = app.Clock.GetUtcNow() }), Ct);
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await (await tenant.Http.GetAsync($"{Clients}/{tenant.ClientId}", Ct)).ExpectProblemAsync(401, "unauthorized");
    }

    private static string Keys(Tenant tenant) => $"{Clients}/{tenant.ClientId}/keys";
}
