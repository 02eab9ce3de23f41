using AiBackend.Tests.Support;

namespace AiBackend.Tests.Http;

public sealed class IdempotencyTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Clients = "/api/v1/clients";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repeat_gets_the_first_answer_and_does_nothing()
    {
        var tenant = await app.NewTenantAsync();

        var first = await PostAsync(tenant, "once", new { type_id = "a", name = "x" });
        var repeat = await PostAsync(tenant, "once", new { type_id = "a", name = "x" });

        Assert.Equal((201, 201), ((int)first.StatusCode, (int)repeat.StatusCode));
        Assert.Equal(await first.Content.ReadAsStringAsync(Ct), await repeat.Content.ReadAsStringAsync(Ct));
        Assert.Equal((null, "true"), (first.Header("Idempotency-Replayed"), repeat.Header("Idempotency-Replayed")));
        Assert.Equal((first.Header("ETag"), first.Content.Headers.ContentType), (repeat.Header("ETag"), repeat.Content.Headers.ContentType));
        Assert.Single((await tenant.Http.GetJsonAsync(Path(tenant))).Data());
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused()
    {
        var tenant = await app.NewTenantAsync();
        await PostAsync(tenant, "once", new { type_id = "a", name = "x" });

        var other = await PostAsync(tenant, "once", new { type_id = "b", name = "x" });
        var query = await tenant.Http.PostJsonAsync($"{Path(tenant)}?x=1", new { type_id = "a", name = "x" }, ("Idempotency-Key", "once"));

        await other.ExpectProblemAsync(422, "idempotency_key_reused");
        await query.ExpectProblemAsync(422, "idempotency_key_reused");
    }

    [Fact]
    public async Task Headers_do_not_make_another_request()
    {
        var tenant = await app.NewTenantAsync();
        await PostAsync(tenant, "once", new { type_id = "a", name = "x" });

        var repeat = await tenant.Http.PostJsonAsync(
            Path(tenant), new { type_id = "a", name = "x" }, ("Idempotency-Key", "once"), ("X-Request-Id", "other"), ("Accept", "text/plain"));

        Assert.Equal("true", repeat.Header("Idempotency-Replayed"));
    }

    [Fact]
    public async Task A_key_counts_for_one_client_and_one_route()
    {
        var (one, two) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var first = await PostAsync(one, "shared", new { type_id = "a", name = "x" });
        var otherClient = await PostAsync(two, "shared", new { type_id = "b", name = "x" });
        var otherRoute = await one.Http.PostJsonAsync(
            $"{Clients}/{one.ClientId}/channels", new { type = "slack", name = "x" }, ("Idempotency-Key", "shared"));

        await first.ExpectAsync(201);
        await otherClient.ExpectAsync(201);
        await otherRoute.ExpectAsync(201);
    }

    [Fact]
    public async Task A_key_of_another_client_never_sees_the_answer()
    {
        var (one, two) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        await PostAsync(one, "mine", new { type_id = "a", name = "x" });

        var response = await two.Http.PostJsonAsync(Path(one), new { type_id = "a", name = "x" }, ("Idempotency-Key", "mine"));

        await response.ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task A_secret_that_is_shown_once_is_shown_again_and_stored_sealed()
    {
        var tenant = await app.NewTenantAsync();
        var body = new { name = "k", scopes = new[] { "chat:read" } };

        var first = await app.Admin.PostJsonAsync($"{Clients}/{tenant.ClientId}/keys", body, ("Idempotency-Key", "key-1"));
        var repeat = await app.Admin.PostJsonAsync($"{Clients}/{tenant.ClientId}/keys", body, ("Idempotency-Key", "key-1"));

        var secret = (await first.ExpectAsync(201)).Text("secret");
        Assert.Equal(secret, (await repeat.ExpectAsync(201)).Text("secret"));
        foreach (var file in Directory.EnumerateFiles(app.DataFolder, "ai-backend.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(secret[^64..], await reader.ReadToEndAsync(Ct), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task After_24_hours_the_key_is_forgotten_and_not_before()
    {
        var tenant = await app.NewTenantAsync();
        await PostAsync(tenant, "day", new { type_id = "a", name = "x" });

        app.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        var before = await PostAsync(tenant, "day", new { type_id = "a", name = "x" });
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var after = await PostAsync(tenant, "day", new { type_id = "b", name = "x" });

        Assert.Equal("true", before.Header("Idempotency-Replayed"));
        Assert.Null(after.Header("Idempotency-Replayed"));
        await after.ExpectAsync(201);
    }

    [Theory]
    [InlineData("""{"name":""", 400)]
    [InlineData("""{"nmae":"x"}""", 422)]
    public async Task A_refusal_of_the_request_is_kept(string body, int status)
    {
        var tenant = await app.NewTenantAsync();

        var first = await SendAsync(tenant, body);
        var repeat = await SendAsync(tenant, body);
        var mended = await PostAsync(tenant, "bad", new { type_id = "a", name = "x" });

        Assert.Equal((status, status), ((int)first.StatusCode, (int)repeat.StatusCode));
        Assert.Equal(await first.Content.ReadAsStringAsync(Ct), await repeat.Content.ReadAsStringAsync(Ct));
        Assert.Equal("true", repeat.Header("Idempotency-Replayed"));
        Assert.Equal("application/problem+json", repeat.Content.Headers.ContentType?.MediaType);
        await mended.ExpectProblemAsync(422, "idempotency_key_reused");

        Task<HttpResponseMessage> SendAsync(Tenant by, string text) => by.Http.SendAsync(
            HttpMethod.Post, Path(by), new StringContent(text, System.Text.Encoding.UTF8, "application/json"), ("Idempotency-Key", "bad"));
    }

    [Fact]
    public async Task A_conflict_is_not_kept()
    {
        var tenant = await app.NewTenantAsync();
        var taken = await (await PostAsync(tenant, "first", new { type_id = "a", name = "x" })).ExpectAsync(201);

        await (await PostAsync(tenant, "second", new { type_id = "a", name = "x" })).ExpectProblemAsync(409, "conflict");
        await tenant.Http.DeleteAsync($"{Path(tenant)}/{taken.Text("id")}", Ct);
        var repeat = await PostAsync(tenant, "second", new { type_id = "a", name = "x" });

        Assert.Null(repeat.Header("Idempotency-Replayed"));
        await repeat.ExpectAsync(201);
    }

    [Fact]
    public async Task A_refusal_of_the_key_is_not_kept()
    {
        var tenant = await app.NewTenantAsync("chat:read");
        await (await PostAsync(tenant, "k", new { type_id = "a", name = "x" })).ExpectProblemAsync(403, "insufficient_scope");
        using var allowed = app.NewHttp((await app.NewKeyAsync(tenant.ClientId)).Key);

        var repeat = await PostAsync(tenant with { Http = allowed }, "k", new { type_id = "a", name = "x" });

        await repeat.ExpectAsync(201);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public async Task A_key_has_1_to_255_characters(int length, bool isTaken)
    {
        var tenant = await app.NewTenantAsync();

        var response = await PostAsync(tenant, new string('k', length), new { type_id = "a", name = "x" });

        Assert.Equal(isTaken ? 201 : 422, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("é")]
    public async Task A_key_is_visible_ascii(string key)
    {
        var tenant = await app.NewTenantAsync();

        var response = await PostAsync(tenant, key, new { type_id = "a", name = "x" });

        Assert.Equal(["Idempotency-Key"], await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task Of_many_at_once_exactly_one_does_the_work()
    {
        var tenant = await app.NewTenantAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => PostAsync(tenant, "race", new { type_id = "a", name = "x" })));

        Assert.Single(answers, answer => (int)answer.StatusCode == 201 && answer.Header("Idempotency-Replayed") is null);
        foreach (var answer in answers.Where(answer => (int)answer.StatusCode != 201))
        {
            await answer.ExpectProblemAsync(409, "idempotency_in_progress");
            Assert.Equal("1", answer.Header("Retry-After"));
        }

        Assert.Single((await tenant.Http.GetJsonAsync(Path(tenant))).Data());
    }

    [Fact]
    public async Task An_admin_without_a_client_has_keys_of_its_own()
    {
        var name = $"Once-{Guid.NewGuid():n}";

        var first = await (await app.Admin.PostJsonAsync(Clients, new { name }, ("Idempotency-Key", name[..20]))).ExpectAsync(201);
        var repeat = await app.Admin.PostJsonAsync(Clients, new { name }, ("Idempotency-Key", name[..20]));

        Assert.Equal("true", repeat.Header("Idempotency-Replayed"));
        Assert.Equal(first.Text("id"), (await repeat.ExpectAsync(201)).Text("id"));
    }

    private static string Path(Tenant tenant) => $"{Clients}/{tenant.ClientId}/user-types";

    private static Task<HttpResponseMessage> PostAsync(Tenant tenant, string key, object body) =>
        tenant.Http.PostJsonAsync(Path(tenant), body, ("Idempotency-Key", key));
}
