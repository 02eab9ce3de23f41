using System.Text.Json;
using AiBackend.Semantics.Layers;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Layers;

public sealed class SemanticLayerTests(SemanticsFixture app) : IClassFixture<SemanticsFixture>
{
    private const string Path = SemanticsFixture.Layers;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_layer_takes_the_clients_own_default_repository_and_server()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.NewRepositoryAsync();
        var repository = await tenant.NewRepositoryAsync("https://git.example.org/two.git", isDefault: true);
        await tenant.NewServerAsync("One");
        var server = await tenant.NewServerAsync("Two", isDefault: true);

        var layer = await tenant.NewLayerAsync(new { name = "Sales" });

        Assert.Matches("^lay_[0-9a-z]{26}$", layer.Text("id"));
        Assert.Equal(
            (repository.Text("id"), server.Text("id"), tenant.ClientId),
            (layer.Text("repository_id"), layer.Text("server_id"), layer.Text("folder")));
        Assert.Equal(layer.GetRawText(), (await tenant.Http.GetJsonAsync($"{Path}/{layer.Text("id")}")).GetRawText());
        Assert.Equal([layer.Text("id")], (await tenant.Http.GetJsonAsync(Path)).Data().Select(one => one.Text("id")));
        Assert.Contains("semantic_layer.created", await app.AuditAsync(tenant.ClientId));
    }

    [Fact]
    public async Task Names_are_unique_for_a_client_and_folders_for_a_repository()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        await tenant.NewRepositoryAsync();
        await other.NewRepositoryAsync();
        await tenant.NewLayerAsync(new { name = "Sales" });

        await (await tenant.Http.PostJsonAsync(Path, new { name = "Sales", folder = "other" })).ExpectProblemAsync(409, "conflict");
        var folder = await (await tenant.Http.PostJsonAsync(Path, new { name = "Other" })).ExpectProblemAsync(409, "conflict");
        await other.NewLayerAsync(new { name = "Sales" });

        Assert.Contains("folder", folder.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_shared_repository_and_for_a_shared_server_a_client_keeps_to_its_own_folder()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var shared = (await app.NewSharedRepositoryAsync()).Text("id");
        var server = (await app.NewSharedServerAsync(tenant.ClientId)).Text("id");
        var (own, ownServer) = ((await tenant.NewRepositoryAsync()).Text("id"), (await tenant.NewServerAsync()).Text("id"));

        foreach (var folder in new[] { other.ClientId, $"{tenant.ClientId}x", $"{other.ClientId}/{tenant.ClientId}", "models" })
        {
            Assert.Equal(["folder"], await (await tenant.Http.PostJsonAsync(Path, new { name = "x", repository_id = shared, server_id = ownServer, folder })).InvalidFieldsAsync());
            Assert.Equal(["folder"], await (await tenant.Http.PostJsonAsync(Path, new { name = "x", repository_id = own, server_id = server, folder })).InvalidFieldsAsync());
        }

        await tenant.NewLayerAsync(new { name = "Own id", repository_id = shared, server_id = server });
        await tenant.NewLayerAsync(new { name = "Below", repository_id = shared, server_id = server, folder = $"{tenant.ClientId}/sales" });
        var free = await tenant.NewLayerAsync(new { name = "All own", repository_id = own, server_id = ownServer, folder = other.ClientId });
        Assert.Equal(["folder"], await (await tenant.Http.PatchJsonAsync($"{Path}/{free.Text("id")}", new { server_id = server })).InvalidFieldsAsync());
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("x/")]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData(".git")]
    [InlineData("a b")]
    [InlineData("ü")]
    [InlineData("a\\b")]
    public async Task A_folder_that_is_not_safe_is_refused(string folder)
    {
        var tenant = await app.NewTenantAsync();
        await tenant.NewRepositoryAsync();

        Assert.Equal(["folder"], await (await tenant.Http.PostJsonAsync(Path, new { name = "x", folder })).InvalidFieldsAsync());
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task A_part_of_a_folder_has_up_to_a_hundred_characters(int length, bool isTaken)
    {
        var tenant = await app.NewTenantAsync();
        var (repository, server) = (await tenant.NewRepositoryAsync(), await tenant.NewServerAsync());

        var response = await tenant.Http.PostJsonAsync(
            Path, new { name = "x", repository_id = repository.Text("id"), server_id = server.Text("id"), folder = $"a/{new string('x', length)}" });

        Assert.Equal(isTaken ? 201 : 422, (int)response.StatusCode);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public async Task A_folder_has_up_to_two_hundred_characters(int length, bool isTaken)
    {
        var tenant = await app.NewTenantAsync();
        var (repository, server) = (await tenant.NewRepositoryAsync(), await tenant.NewServerAsync());
        var folder = string.Concat(Enumerable.Repeat("abcdefghi/", 30))[..length].TrimEnd('/').PadRight(length, 'x');

        var response = await tenant.Http.PostJsonAsync(
            Path, new { name = "x", repository_id = repository.Text("id"), server_id = server.Text("id"), folder });

        Assert.Equal(isTaken ? 201 : 422, (int)response.StatusCode);
    }

    [Fact]
    public async Task What_is_another_clients_is_not_there()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var (repository, server) = ((await other.NewRepositoryAsync()).Text("id"), (await other.NewServerAsync()).Text("id"));
        var layer = $"{Path}/{(await other.NewLayerAsync(new { name = "x" })).Text("id")}";
        await tenant.NewRepositoryAsync();

        Assert.Equal(["repository_id"], await (await tenant.Http.PostJsonAsync(Path, new { name = "x", repository_id = repository })).InvalidFieldsAsync());
        Assert.Equal(["server_id"], await (await tenant.Http.PostJsonAsync(Path, new { name = "x", server_id = server })).InvalidFieldsAsync());
        foreach (var path in new[] { layer, $"{layer}/models", $"{layer}/models/orders", $"{layer}/data-stores" })
        {
            await (await tenant.Http.GetAsync(path, Ct)).ExpectProblemAsync(404, "not_found");
        }

        await (await tenant.Http.PatchJsonAsync(layer, new { name = "y" })).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.DeleteAsync(layer, Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task A_layer_is_renamed_and_given_another_server_but_not_moved()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.NewRepositoryAsync();
        var other = await tenant.NewRepositoryAsync("https://git.example.org/other.git");
        var layer = await tenant.NewLayerAsync(new { name = "Sales" });
        var path = $"{Path}/{layer.Text("id")}";
        var server = await tenant.NewServerAsync();

        var renamed = await (await tenant.Http.PatchJsonAsync(path, new { name = "Revenue" }, ("If-Match", "\"1\""))).ExpectAsync(200);
        var served = await (await tenant.Http.PatchJsonAsync(path, new { server_id = server.Text("id") })).ExpectAsync(200);

        Assert.Equal(JsonValueKind.Null, renamed.GetProperty("server_id").ValueKind);
        Assert.Equal(("Revenue", server.Text("id")), (served.Text("name"), served.Text("server_id")));
        Assert.Equal(["folder"], await (await tenant.Http.PatchJsonAsync(path, new { folder = "x" })).InvalidFieldsAsync());
        Assert.Equal(["repository_id"], await (await tenant.Http.PatchJsonAsync(path, new { repository_id = other.Text("id") })).InvalidFieldsAsync());
        await (await tenant.Http.PatchJsonAsync(path, new { name = "x" }, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
    }

    [Fact]
    public async Task What_a_layer_uses_is_not_deleted()
    {
        var tenant = await app.NewTenantAsync();
        var (repository, server, store) = (await tenant.NewRepositoryAsync(), await tenant.NewServerAsync(), await tenant.NewStoreAsync());
        var layer = await tenant.NewLayerAsync(new { name = "Sales" });
        var path = $"{Path}/{layer.Text("id")}";
        await (await tenant.Http.PostJsonAsync($"{path}/data-stores", new { data_store_id = store.Text("id") })).ExpectAsync(201);
        string[] used =
        [
            $"{SemanticsFixture.Repositories}/{repository.Text("id")}",
            $"{SemanticsFixture.Servers}/{server.Text("id")}",
            $"/api/v1/clients/{tenant.ClientId}/data-stores/{store.Text("id")}",
        ];

        foreach (var one in used)
        {
            await (await tenant.Http.DeleteAsync(one, Ct)).ExpectProblemAsync(409, "conflict");
        }

        Assert.Equal(204, (int)(await tenant.Http.DeleteAsync(path, Ct)).StatusCode);
        Assert.Null(await app.Store.For(tenant.ClientId).FindAsync<LayerStore>(LayerStore.IdFor(layer.Text("id"), store.Text("id")), Ct));
        foreach (var one in used)
        {
            Assert.Equal(204, (int)(await tenant.Http.DeleteAsync(one, Ct)).StatusCode);
        }
    }

    [Fact]
    public async Task Models_are_listed_and_read_at_the_head()
    {
        var tenant = await app.NewTenantAsync();
        using var folder = await GitFolder.NewAsync();
        await tenant.NewRepositoryAsync(folder.Url);
        var layer = await tenant.NewLayerAsync(new { name = "Sales", folder = "sales" });
        var path = $"{Path}/{layer.Text("id")}/models";
        var empty = await tenant.Http.GetJsonAsync(path);
        const string Store = "dst_00000000000000000000000000";
        var head = await folder.CommitAsync(new Dictionary<string, string?>
        {
            [$"sales/{Store}/orders.yml"] = "cubes: [] # orders\n",
            [$"sales/{Store}/customers.yml"] = "cubes: []\n",
            ["sales/views/all.yml"] = "views: []\n",
            ["sales/README.md"] = "text",
            ["other/secret.yml"] = "cubes: []\n",
        });

        var first = await tenant.Http.GetJsonAsync($"{path}?limit=2");
        var second = await tenant.Http.GetJsonAsync($"{path}?limit=2&cursor={Uri.EscapeDataString(first.Text("next_cursor"))}");
        var backwards = await tenant.Http.GetJsonAsync($"{path}?order=desc&limit=1");
        var orders = await tenant.Http.GetJsonAsync($"{path}/orders");

        Assert.Equal("""{"commit":null,"data":[],"next_cursor":null}""", empty.GetRawText());
        Assert.Equal(["customers", "orders", "all"], first.Data().Concat(second.Data()).Select(model => model.Text("name")));
        Assert.Equal((head, "all", JsonValueKind.Null), (first.Text("commit"), backwards.Data().Single().Text("name"), second.GetProperty("next_cursor").ValueKind));
        Assert.Equal(
            (head, $"{Store}/orders.yml", Store, "cubes: [] # orders\n"),
            (orders.Text("commit"), orders.Text("path"), orders.Text("data_store_id"), orders.Text("text")));
        await (await tenant.Http.GetAsync($"{path}/secret", Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.GetAsync($"{path}?cursor=nonsense", Ct)).ExpectProblemAsync(400, "invalid_cursor");
    }

    [Fact]
    public async Task Models_in_a_repository_that_cannot_be_read_are_unavailable_in_words()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.NewRepositoryAsync($"file://{System.IO.Path.GetTempPath()}no-such-folder.git");
        var layer = await tenant.NewLayerAsync(new { name = "Sales" });

        var problem = await (await tenant.Http.GetAsync($"{Path}/{layer.Text("id")}/models", Ct)).ExpectProblemAsync(503, "unavailable");

        Assert.Contains("no git repository in that folder", problem.Text("detail"), StringComparison.Ordinal);
    }
}
