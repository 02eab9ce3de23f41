using AiBackend.DataStores;
using AiBackend.Semantics.Cube;
using AiBackend.Tests.DataStores;
using AiBackend.Tests.Semantics.Sync;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Servers;

/// <summary>The one route by which credentials leave.</summary>
public sealed class DataSourceTests(SyncApp app) : IClassFixture<SyncApp>
{
    private const string Secret = "api-secret-of-the-server";

    [Fact]
    public async Task The_server_of_the_stores_layer_is_told_how_to_reach_it_and_that_is_audited()
    {
        var bench = await NewAsync();

        var told = await (await AskAsync(bench.StoreId, Token(bench.Tenant.ClientId))).ExpectAsync(200);

        Assert.Equal(
            (bench.StoreId, "postgres", "8.8.8.8", "reader", "pa55-word-of-shop", "disable"),
            (told.Text("data_store_id"), told.Text("kind"), told.Text("host"), told.Text("username"), told.Text("password"), told.Text("tls")));
        Assert.Equal("data_store.disclosed", (await app.AuditAsync(bench.Tenant.ClientId))[^1]);
    }

    [Fact]
    public async Task Whatever_is_wrong_the_answer_is_the_same()
    {
        var (bench, other) = (await NewAsync(), await NewAsync("another-secret"));
        var now = app.Clock.GetUtcNow();
        var own = Token(bench.Tenant.ClientId);

        var answers = new List<string>();
        foreach (var (store, token) in new (string, string?)[]
        {
            (bench.StoreId, null),
            (bench.StoreId, bench.Tenant.Key),
            (bench.StoreId, AppFixture.AdminKey),
            (bench.StoreId, CubeTokens.Sign("wrong", new CubeClaims { ClientId = bench.Tenant.ClientId }, now)),
            (bench.StoreId, CubeTokens.Sign(Secret, new CubeClaims { ClientId = bench.Tenant.ClientId }, now.AddMinutes(-10))),
            (bench.StoreId, CubeTokens.Sign(Secret, new CubeClaims { ClientId = bench.Tenant.ClientId }, now.AddMinutes(10))),
            (bench.StoreId, Token(other.Tenant.ClientId)),
            (bench.StoreId, CubeTokens.Sign("another-secret", new CubeClaims { ClientId = bench.Tenant.ClientId }, now)),
            (other.StoreId, own),
            ("dst_0123456789abcdefghjkmnpqrs", own),
            ("x", own),
        })
        {
            var problem = await (await AskAsync(store, token)).ExpectProblemAsync(401, "unauthorized");
            answers.Add(problem.Text("detail"));
        }

        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task A_store_that_is_in_no_layer_of_the_servers_is_not_told_of()
    {
        var bench = await NewAsync();
        await (await bench.Tenant.Http.DeleteAsync(bench.Link, TestContext.Current.CancellationToken)).ExpectAsync(204);

        await (await AskAsync(bench.StoreId, Token(bench.Tenant.ClientId))).ExpectProblemAsync(401, "unauthorized");
    }

    [Fact]
    public async Task An_address_that_may_not_be_connected_to_is_not_handed_on()
    {
        var bench = await NewAsync();
        await app.Store.For(bench.Tenant.ClientId).CommitAsync(
            async transaction => await transaction.UpdateAsync<DataStore>(
                bench.StoreId, stored => stored with { Config = stored.Config with { Host = "127.0.0.1" } }),
            TestContext.Current.CancellationToken);

        var problem = await (await AskAsync(bench.StoreId, Token(bench.Tenant.ClientId))).ExpectProblemAsync(422, "not_allowed");

        Assert.DoesNotContain("pa55", problem.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("data_store.disclosed", await app.AuditAsync(bench.Tenant.ClientId));
    }

    private string Token(string clientId) => CubeTokens.Sign(Secret, new CubeClaims { ClientId = clientId }, app.Clock.GetUtcNow());

    private async Task<SyncBench> NewAsync(string secret = Secret)
    {
        var bench = await SyncBench.NewAsync(app);
        var server = (await (await app.Admin.PostJsonAsync(
            "/api/v1/semantic/servers",
            new { name = "Cube", engine = "cube", url = "http://127.0.0.1:9", api_secret = secret, client_id = bench.Tenant.ClientId })).ExpectAsync(201)).Text("id");
        await (await bench.Tenant.Http.PatchJsonAsync($"/api/v1/semantic/layers/{bench.LayerId}", new { server_id = server })).ExpectAsync(200);
        return bench;
    }

    private async Task<HttpResponseMessage> AskAsync(string storeId, string? token)
    {
        using var http = app.NewHttp(token);
        return await http.GetAsync($"/api/v1/semantic/data-sources/{storeId}", TestContext.Current.CancellationToken);
    }
}
