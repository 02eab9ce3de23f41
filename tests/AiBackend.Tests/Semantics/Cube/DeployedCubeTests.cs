using AiBackend.Semantics.Cube;
using AiBackend.Tests.DataStores;
using AiBackend.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Semantics.Cube;

/// <summary>The configuration of <c>deploy/cube</c> in a real Cube, over a real git repository and PostgreSQL, beside the service.</summary>
public sealed class DeployedCubeTests(DeployedCubeTests.Service app, PostgresServer postgres) : IClassFixture<DeployedCubeTests.Service>
{
    [Fact]
    public async Task From_two_clients_databases_to_their_own_numbers_in_one_Cube()
    {
        CubeProcess.SkipWithoutNode();
        using var git = await GitFolder.NewAsync();
        await git.CommitAsync(new Dictionary<string, string?> { ["README.md"] = "Models\n" });
        var cache = Directory.CreateTempSubdirectory("aibackend-deployed-");
        await using var cube = await CubeProcess.StartAsync(
            CubeProcess.Source("deploy", "cube", "cube.js"),
            cache.FullName,
            new Dictionary<string, string>
            {
                ["AI_BACKEND_URL"] = app.Admin.BaseAddress!.ToString(),
                ["SEMANTIC_REPOSITORY_URL"] = git.Url,
                ["SEMANTIC_BASE_PATH"] = "models",
                ["SEMANTIC_CACHE"] = Path.Combine(cache.FullName, "models.git"),
            });
        var repository = await MakeAsync("repositories", new { url = git.Url, base_path = "models" });
        var server = await MakeAsync("servers", new { name = "Cube", engine = "cube", url = cube.Url, api_secret = CubeProcess.Secret });
        var first = await ClientAsync("CREATE TABLE orders (id int PRIMARY KEY, total numeric); INSERT INTO orders VALUES (1, 10), (2, 5.5)", repository, server);
        var second = await ClientAsync("CREATE TABLE orders (id int PRIMARY KEY, total numeric); INSERT INTO orders VALUES (1, 100)", repository, server);
        await first.SyncAsync();
        await second.SyncAsync();

        Assert.Equal(["15.5", "2"], await first.NumbersAsync(cube, "orders.total_sum", "orders.count"));
        Assert.Equal(["100", "1"], await second.NumbersAsync(cube, "orders.total_sum", "orders.count"));

        // The models of a layer in a folder below are not the outer one's.
        var inner = await first.WithinAsync(
            await postgres.CreateDatabaseAsync("CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE crates (id int PRIMARY KEY); INSERT INTO crates VALUES (1)"), repository, server);
        await inner.SyncAsync();
        await first.SyncAsync();
        Assert.Equal(["0"], await inner.NumbersAsync(cube, "orders.count"));
        Assert.Equal(["1"], await inner.NumbersAsync(cube, "crates.count"));
        Assert.Equal(["15.5", "2"], await first.NumbersAsync(cube, "orders.total_sum", "orders.count"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first.NumbersAsync(cube, "crates.count"));

        // A later sync is told of by the next token, and served at once.
        await first.Database.ExecuteAsync("CREATE TABLE bills (id int PRIMARY KEY); INSERT INTO bills VALUES (1), (2), (3)");
        await first.SyncAsync();
        Assert.Equal(["3"], await first.NumbersAsync(cube, "bills.count"));
        var others = await Assert.ThrowsAsync<InvalidOperationException>(() => second.NumbersAsync(cube, "bills.count"));
        Assert.Contains("not found", others.Message, StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => (first with { Secret = "wrong" }).NumbersAsync(cube, "orders.count"));
        Assert.Contains("Invalid token", wrong.Message, StringComparison.Ordinal);
        cache.Delete(recursive: true);
    }

    private async Task<string> MakeAsync(string kind, object form) =>
        (await (await app.Admin.PostJsonAsync($"/api/v1/semantic/{kind}", form)).ExpectAsync(201)).Text("id");

    private async Task<CubeClient> ClientAsync(string sql, string repositoryId, string serverId)
    {
        var tenant = await app.NewTenantAsync();
        var database = await postgres.CreateDatabaseAsync(sql);
        var store = await ConnectAsync(tenant, "Shop", database);
        var layer = (await (await tenant.Http.PostJsonAsync(
            "/api/v1/semantic/layers", new { name = "Shop", repository_id = repositoryId, server_id = serverId })).ExpectAsync(201)).Text("id");
        await (await tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{layer}/data-stores", new { data_store_id = store })).ExpectAsync(201);
        return new CubeClient(tenant, database, layer, store);
    }

    private static async Task<string> ConnectAsync(Tenant tenant, string name, PostgresDatabase database)
    {
        var target = database.Target;
        return (await tenant.ConnectAsync(name, new
        {
            host = target.Host,
            port = target.Port,
            database = target.Database,
            username = target.Username,
            password = target.Password,
        })).Text("id");
    }

    public sealed class Service : KestrelFixture
    {
        // Cube lives by the real clock.
        public override FakeTimeProvider Clock { get; } = new(DateTimeOffset.UtcNow);

        protected override void Configure(IDictionary<string, string> settings) => settings["DATA_ALLOW_PRIVATE_NETWORKS"] = "true";
    }

    private sealed record CubeClient(Tenant Tenant, PostgresDatabase Database, string LayerId, string StoreId)
    {
        public string Secret { get; init; } = CubeProcess.Secret;

        private string? Folder { get; init; }

        private string? Commit { get; set; }

        /// <summary>Another layer of the client, over another database, whose folder is within this one's.</summary>
        public async Task<CubeClient> WithinAsync(PostgresDatabase database, string repositoryId, string serverId)
        {
            var store = await ConnectAsync(Tenant, "Second", database);
            var folder = $"{Tenant.ClientId}/second";
            var layer = (await (await Tenant.Http.PostJsonAsync(
                "/api/v1/semantic/layers", new { name = "Second", folder, repository_id = repositoryId, server_id = serverId })).ExpectAsync(201)).Text("id");
            await (await Tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{layer}/data-stores", new { data_store_id = store })).ExpectAsync(201);
            return this with { Database = database, LayerId = layer, StoreId = store, Folder = folder };
        }

        public async Task SyncAsync()
        {
            var asked = await Tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{LayerId}/data-stores/{StoreId}/sync-jobs", new { });
            var path = $"/api/v1/semantic/sync-jobs/{(await asked.ExpectAsync(202)).Text("id")}";

            // The stream ends with the job.
            await Tenant.Http.GetStringAsync($"{path}/stream", TestContext.Current.CancellationToken);
            var job = await Tenant.Http.GetJsonAsync(path);
            Assert.True(job.Text("status") == "completed", job.ToString());
            Commit = job.Text("commit");
        }

        public async Task<string[]> NumbersAsync(CubeProcess cube, params string[] measures)
        {
            var tenant = new CubeTenant(cube.Url, Secret, new CubeClaims { ClientId = Tenant.ClientId, LayerId = LayerId, Folder = Folder ?? Tenant.ClientId, Commit = Commit });
            var row = (await tenant.LoadAsync(new { measures }))[0]!;
            return [.. measures.Select(measure => row[measure]!.GetValue<string>())];
        }
    }
}
