using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Layers;

public sealed class LayerStoreTests(SemanticsFixture app) : IClassFixture<SemanticsFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_is_in_a_layer_once_with_all_that_is_said_of_it()
    {
        var tenant = await app.NewTenantAsync();
        var (path, store) = await NewAsync(tenant);
        var collection = await (await tenant.Http.PostJsonAsync("/api/v1/collections", new { name = "Rows" })).ExpectAsync(201);

        var response = await tenant.Http.PostJsonAsync(
            path,
            new
            {
                data_store_id = store,
                include = new[] { "public.*" },
                exclude = new[] { "*_log" },
                schedule = "30 3 * * *",
                documents = new[]
                {
                    new { table = "articles", text_columns = new[] { "body" }, title_column = "title", id_column = "id", updated_column = "changed", collection_id = collection.Text("id") },
                },
            });
        var made = await response.ExpectAsync(201);

        Assert.Equal($"{path}/{store}", response.Header("Location"));
        Assert.Equal("2026-03-15T03:30:00.000Z", made.Text("next_sync_at"));
        Assert.Equal("""["public.*"]""", made.GetProperty("include").GetRawText());
        Assert.Equal(made.GetRawText(), (await tenant.Http.GetJsonAsync(path)).Data().Single().GetRawText());
        Assert.Equal(made.GetRawText(), (await tenant.Http.GetJsonAsync($"{path}/{store}")).GetRawText());
        await (await tenant.Http.PostJsonAsync(path, new { data_store_id = store })).ExpectProblemAsync(409, "conflict");
        Assert.Contains("semantic_layer_store.created", await app.AuditAsync(tenant.ClientId));
    }

    [Theory]
    [InlineData("""{"schedule":"every day"}""", "schedule")]
    [InlineData("""{"schedule":"0 0 * * * *"}""", "schedule")]
    [InlineData("""{"schedule":"@daily"}""", "schedule")]
    [InlineData("""{"schedule":"0 0 30 2 *"}""", "schedule")]
    [InlineData("""{"include":[""]}""", "include")]
    [InlineData("""{"documents":[{"table":"t","text_columns":[],"id_column":"id","collection_id":"c"}]}""", "documents[0].text_columns")]
    [InlineData("""{"documents":[{"table":"","text_columns":["a"],"id_column":"id","collection_id":"c"}]}""", "documents[0].table")]
    [InlineData("""{"documents":[{"table":"t","text_columns":["a"],"id_column":"id","collection_id":"col_00000000000000000000000000"}]}""", "documents[0].collection_id")]
    [InlineData("""{"data_store_id":"dst_00000000000000000000000000"}""", "data_store_id")]
    public async Task A_link_that_makes_no_sense_is_refused(string patch, string field)
    {
        var tenant = await app.NewTenantAsync();
        var (path, store) = await NewAsync(tenant);
        var body = new Dictionary<string, JsonElement> { ["data_store_id"] = JsonSerializer.SerializeToElement(store) };
        foreach (var entry in JsonDocument.Parse(patch).RootElement.EnumerateObject())
        {
            body[entry.Name] = entry.Value;
        }

        Assert.Equal([field], await (await tenant.Http.SendTextAsync(HttpMethod.Post, path, JsonSerializer.Serialize(body))).InvalidFieldsAsync());
    }

    [Theory]
    [InlineData("include", 200, 400)]
    [InlineData("include", 201, 1)]
    [InlineData("include", 1, 401)]
    [InlineData("exclude", 200, 400)]
    [InlineData("exclude", 201, 1)]
    [InlineData("text_columns", 50, 200)]
    [InlineData("text_columns", 51, 1)]
    [InlineData("text_columns", 1, 201)]
    [InlineData("documents", 100, 400)]
    [InlineData("documents", 101, 1)]
    [InlineData("documents", 1, 401)]
    public async Task Lists_are_taken_up_to_their_limits(string field, int count, int length)
    {
        var tenant = await app.NewTenantAsync();
        var (path, store) = await NewAsync(tenant);
        var collection = (await (await tenant.Http.PostJsonAsync("/api/v1/collections", new { name = "Rows" })).ExpectAsync(201)).Text("id");
        var names = Enumerable.Range(0, count).Select(i => $"{i}".PadRight(length, 'x')).ToArray();
        object Rows(string table, string[] columns) => new { table, text_columns = columns, id_column = "id", collection_id = collection };
        object body = field switch
        {
            "include" => new { data_store_id = store, include = names },
            "exclude" => new { data_store_id = store, exclude = names },
            "text_columns" => new { data_store_id = store, documents = new[] { Rows("t", names) } },
            _ => new { data_store_id = store, documents = names.Select(name => Rows(name, ["a"])).ToArray() },
        };

        var response = await tenant.Http.PostJsonAsync(path, body);

        if (count is 200 or 50 or 100)
        {
            await response.ExpectAsync(201);
            return;
        }

        var prefix = field == "text_columns" ? "documents" : field;
        Assert.StartsWith(prefix, Assert.Single(await response.InvalidFieldsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_clients_store_and_collection_are_not_there()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var (path, store) = await NewAsync(tenant);
        var others = await other.NewStoreAsync();
        var collection = await (await other.Http.PostJsonAsync("/api/v1/collections", new { name = "Rows" })).ExpectAsync(201);

        Assert.Equal(["data_store_id"], await (await tenant.Http.PostJsonAsync(path, new { data_store_id = others.Text("id") })).InvalidFieldsAsync());
        Assert.Equal(["documents[0].collection_id"], await (await tenant.Http.PostJsonAsync(
            path,
            new { data_store_id = store, documents = new[] { new { table = "t", text_columns = new[] { "a" }, id_column = "id", collection_id = collection.Text("id") } } })).InvalidFieldsAsync());
        await (await other.Http.PostJsonAsync(path, new { data_store_id = others.Text("id") })).ExpectProblemAsync(404, "not_found");
        await (await other.Http.DeleteAsync($"{path}/{store}", Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task A_vector_store_has_nothing_to_model()
    {
        var tenant = await app.NewTenantAsync();
        var (path, _) = await NewAsync(tenant);
        var vectors = await tenant.NewStoreAsync("Vectors", "qdrant");

        Assert.Equal(["data_store_id"], await (await tenant.Http.PostJsonAsync(path, new { data_store_id = vectors.Text("id") })).InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_link_is_changed_and_taken_out()
    {
        var tenant = await app.NewTenantAsync();
        var (path, store) = await NewAsync(tenant);
        await (await tenant.Http.PostJsonAsync(path, new { data_store_id = store, schedule = "0 4 * * *" })).ExpectAsync(201);
        var link = $"{path}/{store}";

        var changed = await (await tenant.Http.PatchJsonAsync(link, new { exclude = new[] { "tmp_*" } }, ("If-Match", "\"1\""))).ExpectAsync(200);
        var unscheduled = await (await tenant.Http.SendTextAsync(HttpMethod.Patch, link, """{"schedule":null}""")).ExpectAsync(200);

        Assert.Equal("2026-03-15T04:00:00.000Z", changed.Text("next_sync_at"));
        Assert.Equal(JsonValueKind.Null, unscheduled.GetProperty("next_sync_at").ValueKind);
        Assert.Equal("""["tmp_*"]""", unscheduled.GetProperty("exclude").GetRawText());
        await (await tenant.Http.PatchJsonAsync(link, new { include = new[] { "x" } }, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
        Assert.Equal(["data_store_id"], await (await tenant.Http.PatchJsonAsync(link, new { data_store_id = "dst_x" })).InvalidFieldsAsync());
        Assert.Equal(204, (int)(await tenant.Http.DeleteAsync(link, Ct)).StatusCode);
        await (await tenant.Http.DeleteAsync(link, Ct)).ExpectProblemAsync(404, "not_found");
        Assert.Empty((await tenant.Http.GetJsonAsync(path)).Data());
    }

    private static async Task<(string Path, string StoreId)> NewAsync(Tenant tenant)
    {
        await tenant.NewRepositoryAsync();
        var layer = await tenant.NewLayerAsync(new { name = "Sales" });
        return ($"{SemanticsFixture.Layers}/{layer.Text("id")}/data-stores", (await tenant.NewStoreAsync()).Text("id"));
    }
}
