using System.Text.Json;
using AiBackend.Tests.DataStores;
using AiBackend.Tests.Semantics.Sync;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Layers;

public sealed class LayerTests(SyncApp app) : IClassFixture<SyncApp>
{
    private const string Layers = "/api/v1/semantic/layers";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_layer_takes_the_clients_own_repository_and_a_folder_by_its_id()
    {
        var tenant = await app.NewTenantAsync();
        await RepositoryAsync(clientId: null, isDefault: false);
        var own = await RepositoryAsync(tenant.ClientId);

        var layer = await CreateAsync(tenant, new { name = "Sales" });

        Assert.Equal((own, tenant.ClientId, JsonValueKind.Null), (layer.Text("repository_id"), layer.Text("folder"), layer.GetProperty("server_id").ValueKind));
        Assert.Equal(layer.Text("id"), (await tenant.Http.GetJsonAsync($"{Layers}/{layer.Text("id")}")).Text("id"));
        Assert.Equal(layer.Text("id"), Assert.Single((await tenant.Http.GetJsonAsync(Layers)).Data()).Text("id"));
    }

    [Fact]
    public async Task Without_a_repository_to_choose_one_has_to_be_named()
    {
        await using var own = new SyncApp();
        await own.InitializeAsync();
        var tenant = await own.NewTenantAsync();

        Assert.Equal(["repository_id"], await (await tenant.Http.PostJsonAsync(Layers, new { name = "Sales" })).InvalidFieldsAsync());
    }

    [Fact]
    public async Task In_a_shared_repository_clients_stay_in_their_folders()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var shared = await RepositoryAsync(clientId: null, isDefault: false);

        foreach (var folder in new[] { other.ClientId, "models", $"{tenant.ClientId}x", $"{other.ClientId}/x" })
        {
            Assert.Equal(["folder"], await (await tenant.Http.PostJsonAsync(Layers, new { name = folder, repository_id = shared, folder })).InvalidFieldsAsync());
        }

        await CreateAsync(tenant, new { name = "A", repository_id = shared });
        await CreateAsync(tenant, new { name = "B", repository_id = shared, folder = $"{tenant.ClientId}/b" });
        await CreateAsync(other, new { name = "A", repository_id = shared });
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("/root")]
    [InlineData("a//b")]
    [InlineData("a/.git")]
    [InlineData("")]
    public async Task What_is_no_folder_is_refused(string folder)
    {
        var tenant = await app.NewTenantAsync();
        await RepositoryAsync(tenant.ClientId);

        Assert.Equal(["folder"], await (await tenant.Http.PostJsonAsync(Layers, new { name = "Sales", folder })).InvalidFieldsAsync());
    }

    [Fact]
    public async Task Names_and_folders_are_unique()
    {
        var tenant = await app.NewTenantAsync();
        await RepositoryAsync(tenant.ClientId);
        await CreateAsync(tenant, new { name = "Sales", folder = "sales" });

        var sameName = await (await tenant.Http.PostJsonAsync(Layers, new { name = "Sales", folder = "others" })).ExpectProblemAsync(409, "conflict");
        var sameFolder = await (await tenant.Http.PostJsonAsync(Layers, new { name = "Others", folder = "sales" })).ExpectProblemAsync(409, "conflict");

        Assert.Contains("name", sameName.Text("detail"), StringComparison.Ordinal);
        Assert.Contains($"another folder, such as {tenant.ClientId}/second", sameFolder.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repositories_and_servers_of_others_cannot_be_named()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        await RepositoryAsync(tenant.ClientId);
        var others = await RepositoryAsync(other.ClientId);
        var server = (await (await other.Http.PostJsonAsync(
            "/api/v1/semantic/servers", new { name = "Theirs", engine = "cube", url = "https://cube.example.org", api_secret = "s3cret-of-theirs" })).ExpectAsync(201)).Text("id");

        Assert.Equal(["repository_id"], await (await tenant.Http.PostJsonAsync(Layers, new { name = "A", repository_id = others })).InvalidFieldsAsync());
        Assert.Equal(["server_id"], await (await tenant.Http.PostJsonAsync(Layers, new { name = "A", server_id = server })).InvalidFieldsAsync());
    }

    [Fact]
    public async Task The_name_can_be_changed_and_the_place_of_the_models_cannot()
    {
        var tenant = await app.NewTenantAsync();
        await RepositoryAsync(tenant.ClientId);
        var layer = $"{Layers}/{(await CreateAsync(tenant, new { name = "Sales" })).Text("id")}";

        var changed = await (await tenant.Http.PatchJsonAsync(layer, new { name = "Revenue" })).ExpectAsync(200);

        Assert.Equal(("Revenue", 2), (changed.Text("name"), changed.GetProperty("version").GetInt32()));
        Assert.Equal(["folder"], await (await tenant.Http.PatchJsonAsync(layer, new { folder = "elsewhere" })).InvalidFieldsAsync());
        Assert.Equal(["repository_id"], await (await tenant.Http.PatchJsonAsync(layer, new { repository_id = "rep_x" })).InvalidFieldsAsync());
        await (await tenant.Http.PatchJsonAsync(layer, new { name = "Late" }, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
    }

    [Fact]
    public async Task A_store_is_linked_once_and_cannot_be_deleted_while_it_is()
    {
        var bench = await SyncBench.NewAsync(app);
        var path = $"{Layers}/{bench.LayerId}/data-stores";
        var store = $"{bench.Tenant.Stores()}/{bench.StoreId}";

        await (await bench.Tenant.Http.PostJsonAsync(path, new { data_store_id = bench.StoreId })).ExpectProblemAsync(409, "conflict");
        await (await bench.Tenant.Http.DeleteAsync(store, Ct)).ExpectProblemAsync(409, "conflict");
        await (await bench.Tenant.Http.DeleteAsync(bench.Link, Ct)).ExpectAsync(204);
        await (await bench.Tenant.Http.GetAsync(bench.Link, Ct)).ExpectProblemAsync(404, "not_found");
        await (await bench.Tenant.Http.DeleteAsync(store, Ct)).ExpectAsync(204);
    }

    [Fact]
    public async Task A_link_names_databases_and_collections_of_the_client_only()
    {
        var bench = await SyncBench.NewAsync(app);
        var other = await SyncBench.NewAsync(app);
        var path = $"{Layers}/{bench.LayerId}/data-stores";
        object Rows(string collection) => new { documents = new[] { new { table = "orders", text_columns = new[] { "note" }, id_column = "id", collection_id = collection } } };

        Assert.Equal(["data_store_id"], await (await bench.Tenant.Http.PostJsonAsync(path, new { data_store_id = other.StoreId })).InvalidFieldsAsync());
        Assert.Equal(["documents[0].collection_id"], await (await bench.Tenant.Http.PatchJsonAsync(bench.Link, Rows("col_x"))).InvalidFieldsAsync());
        var collection = (await (await bench.Tenant.Http.PostJsonAsync("/api/v1/collections", new { name = "Rows" })).ExpectAsync(201)).Text("id");
        var changed = await (await bench.Tenant.Http.PatchJsonAsync(bench.Link, Rows(collection))).ExpectAsync(200);
        Assert.Equal(collection, changed.GetProperty("documents")[0].Text("collection_id"));
    }

    [Fact]
    public async Task Models_are_shown_as_they_are_in_git()
    {
        var bench = await SyncBench.NewAsync(app);
        var job = await bench.SyncAsync();
        var models = $"{Layers}/{bench.LayerId}/models";

        var listed = await bench.Tenant.Http.GetJsonAsync(models);
        var byName = await bench.Tenant.Http.GetJsonAsync($"{models}/orders");

        Assert.Equal(job.Text("commit"), listed.Text("commit"));
        Assert.Equal(["customers", "orders"], listed.Data().Select(model => model.Text("name")));
        Assert.Equal(await bench.Git.TextAsync(bench.PathOf("orders.yml")), byName.Text("text").TrimEnd('\n'));
        await (await bench.Tenant.Http.GetAsync($"{models}/invoices", Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task Another_clients_layer_is_not_there()
    {
        var bench = await SyncBench.NewAsync(app);
        var stranger = await app.NewTenantAsync();
        var layer = $"{Layers}/{bench.LayerId}";

        foreach (var path in new[] { layer, $"{layer}/data-stores", bench.Link, $"{layer}/models", $"{layer}/models/orders" })
        {
            await (await stranger.Http.GetAsync(path, Ct)).ExpectProblemAsync(404, "not_found");
        }

        await (await stranger.Http.PatchJsonAsync(layer, new { name = "Mine" })).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.PatchJsonAsync(bench.Link, new { include = new[] { "x" } })).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.PostJsonAsync($"{layer}/data-stores", new { data_store_id = bench.StoreId })).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.DeleteAsync(bench.Link, Ct)).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.DeleteAsync(layer, Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task A_layer_goes_with_its_links_and_its_models_stay_in_git()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();

        await (await bench.Tenant.Http.DeleteAsync($"{Layers}/{bench.LayerId}", Ct)).ExpectAsync(204);

        await (await bench.Tenant.Http.GetAsync(bench.Link, Ct)).ExpectProblemAsync(404, "not_found");
        Assert.Equal(1, await bench.Git.CountAsync());
        await (await bench.Tenant.Http.DeleteAsync($"{bench.Tenant.Stores()}/{bench.StoreId}", Ct)).ExpectAsync(204);
    }

    private static async Task<JsonElement> CreateAsync(Tenant tenant, object form) =>
        await (await tenant.Http.PostJsonAsync(Layers, form)).ExpectAsync(201);

    private async Task<string> RepositoryAsync(string? clientId, bool isDefault = true) => (await (await app.Admin.PostJsonAsync(
        "/api/v1/semantic/repositories", new { url = "https://git.example.org/models.git", client_id = clientId, is_default = isDefault })).ExpectAsync(201)).Text("id");
}
