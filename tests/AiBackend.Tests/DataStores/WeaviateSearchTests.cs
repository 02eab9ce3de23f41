using System.Text.Json;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores;

public sealed class WeaviateSearchTests(VectorStoreFixture app) : IClassFixture<VectorStoreFixture>
{
    private const string Search = "/api/v1/search";
    private const string Schema = """
        {"class":"Faq","properties":[{"name":"body","dataType":["text"]},{"name":"lang","dataType":["text"]},{"name":"pages","dataType":["int"]},
        {"name":"live","dataType":["boolean"]},{"name":"tags","dataType":["text[]"]},{"name":"author","dataType":["Person"]}]}
        """;

    [Theory]
    [InlineData("vector", "nearVector:{vector:[", " vector}")]
    [InlineData("keyword", "bm25:{query:\"How \\\"long\\\" is a refund?\" properties:[\"body\"]}", "_additional{id}")]
    [InlineData("hybrid", "hybrid:{query:\"How \\\"long\\\" is a refund?\" properties:[\"body\"] vector:[", " alpha:0.3}")]
    public async Task Objects_are_found_by_vectors_words_or_both(string mode, string asked, string more)
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await ConnectAsync(tenant, server);

        var found = await tenant.SearchAsync(new { query = "How \"long\" is a refund?", collection_ids = new[] { store }, mode, limit = 7 });

        var hit = Assert.Single(found.Data());
        Assert.Equal(($"{store}:7c2b", "A refund takes five days.", store), (hit.Text("chunk_id"), hit.Text("text"), hit.Text("collection_id")));
        Assert.Equal("""{"lang":"en","pages":3,"live":true,"tags":["a"]}""", hit.GetProperty("metadata").GetRawText());
        Assert.Equal(mode == "keyword", hit.GetProperty("scores").GetProperty("vector").ValueKind == JsonValueKind.Null);
        var graph = server.Requests[^1].Body.Text("query");
        Assert.StartsWith("{Get{Faq(limit:7 ", graph, StringComparison.Ordinal);
        Assert.Contains(asked, graph, StringComparison.Ordinal);
        Assert.Contains(more, graph, StringComparison.Ordinal);
        Assert.Contains("{body lang pages live tags _additional{id", graph, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Equality_is_passed_on_by_the_types_of_the_class()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await ConnectAsync(tenant, server);

        await tenant.SearchAsync(new { query = "refund", collection_ids = new[] { store }, filter = new { lang = "e\"n", pages = 3, live = true } });

        Assert.Contains(
            """where:{operator:And operands:[{path:["lang"] operator:Equal valueText:"e\"n"} {path:["pages"] operator:Equal valueInt:3} {path:["live"] operator:Equal valueBoolean:true}]}""",
            server.Requests[^1].Body.Text("query"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"author":"x"}""")]
    [InlineData("""{"missing":"x"}""")]
    [InlineData("""{"pages":1.5}""")]
    [InlineData("""{"lang":1}""")]
    public async Task A_filter_that_does_not_fit_the_class_is_a_clear_problem(string filter)
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await ConnectAsync(tenant, server);

        var response = await tenant.Http.PostJsonAsync(
            Search, new { query = "refund", collection_ids = new[] { store }, filter = JsonSerializer.Deserialize<JsonElement>(filter) });

        await response.ExpectProblemAsync(422, "unfit");
    }

    [Fact]
    public async Task What_weaviate_says_of_a_search_that_it_cannot_do_is_told()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await ConnectAsync(tenant, server);
        server.Answer("/v1/graphql", """{"data":{"Get":{"Faq":null}},"errors":[{"message":"vector lengths don't match: 3 vs 256"}]}""");

        var problem = await (await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } })).ExpectProblemAsync(422, "unfit");

        Assert.Contains("vector lengths don't match: 3 vs 256", problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_looks_for_the_class_and_its_text()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var good = await ConnectAsync(tenant, server);
        var noText = await ConnectAsync(tenant, server, textField: "pages");
        var noClass = await ConnectAsync(tenant, server, collection: "Other");

        Assert.Equal("Weaviate 1.30.1", (await TestAsync(tenant, good)).Text("server_version"));
        Assert.Equal("unfit", (await TestAsync(tenant, noText)).Text("code"));
        Assert.Equal("unknown_database", (await TestAsync(tenant, noClass)).Text("code"));
    }

    [Theory]
    [InlineData("faq", "body", "config.collection")]
    [InlineData("Faq{x}", "body", "config.collection")]
    [InlineData("Faq", "body _additional{id}", "config.text_field")]
    public async Task A_name_that_would_be_more_than_a_name_in_a_query_is_refused(string collection, string textField, string field)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.PostJsonAsync(
            tenant.Stores(), new { kind = "weaviate", name = "x", config = new { url = "https://8.8.8.8", collection, text_field = textField } });

        Assert.Equal([field], await response.InvalidFieldsAsync());
    }

    private static async Task<JsonElement> TestAsync(Tenant tenant, string store) =>
        await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{store}/test")).ExpectAsync(200);

    private static async Task<ScriptedVectorServer> NewServerAsync()
    {
        var server = await ScriptedVectorServer.StartNewAsync();
        var vector = JsonSerializer.Serialize(VectorStoreFixture.Model.Embed("A refund takes five days."));
        server.Answer("/v1/schema/Faq", Schema);
        server.Answer("/v1/meta", """{"version":"1.30.1"}""");
        server.Answer(
            "/v1/graphql",
            "{\"data\":{\"Get\":{\"Faq\":[{\"body\":\"A refund takes five days.\",\"lang\":\"en\",\"pages\":3,\"live\":true,\"tags\":[\"a\"],\"_additional\":{\"id\":\"7c2b\",\"vector\":"
            + vector + "}}]}}}");
        return server;
    }

    private static Task<string> ConnectAsync(Tenant tenant, ScriptedVectorServer server, string collection = "Faq", string textField = "body") =>
        VectorStoreFixture.ConnectAsync(tenant, server.Url, "weaviate", collection, textField: textField);
}
