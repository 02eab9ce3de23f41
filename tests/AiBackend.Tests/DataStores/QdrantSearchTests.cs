using System.Text.Json;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores;

public sealed class QdrantSearchTests(VectorStoreFixture app) : IClassFixture<VectorStoreFixture>
{
    private const string Search = "/api/v1/search";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Points_of_a_store_are_found_along_with_documents_by_one_score()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);
        var collection = await tenant.NewCollectionAsync();
        var returns = await tenant.IndexAsync(collection, new { title = "Returns", text = "You can return shoes within thirty days." });
        await tenant.IndexAsync(collection, new { title = "Hours", text = "The shop is open from nine to five." });

        var found = await tenant.SearchAsync(new { query = "How long does a refund for returned shoes take?", collection_ids = new[] { collection, store } });

        var hits = found.Data();
        Assert.Equal([$"{store}:p-refund", returns.Text("id")], hits.Take(2).Select(hit => hit.Text(hit.Text("chunk_id").StartsWith("dst_", StringComparison.Ordinal) ? "chunk_id" : "document_id")));
        Assert.Equal((store, "The refund", "https://shop.example/refund"), (hits[0].Text("collection_id"), hits[0].Text("title"), hits[0].Text("url")));
        Assert.Equal(JsonValueKind.Null, hits[0].GetProperty("document_id").ValueKind);
        Assert.Equal("A refund for returned shoes takes five days.", hits[0].Text("text"));
        Assert.Equal("""{"lang":"en","title":"The refund","url":"https://shop.example/refund"}""", hits[0].GetProperty("metadata").GetRawText());
        Assert.Contains("<em>", string.Concat(hits[0].GetProperty("highlights").EnumerateArray()), StringComparison.Ordinal);
        Assert.InRange(hits[0].GetProperty("scores").GetProperty("vector").GetDouble(), 0.5, 1);
        Assert.Equal(hits.Select(hit => hit.GetProperty("score").GetDouble()).OrderDescending(), hits.Select(hit => hit.GetProperty("score").GetDouble()));
        Assert.All(hits, hit => Assert.InRange(hit.GetProperty("score").GetDouble(), 0, 1));
    }

    [Fact]
    public async Task A_store_is_searched_alone_within_limit_and_least_score()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);

        var one = await tenant.SearchAsync(new { query = "refund for shoes", collection_ids = new[] { store }, limit = 1, mode = "vector" });
        var good = await tenant.SearchAsync(new { query = "refund for shoes", collection_ids = new[] { store }, min_score = 0.4 });
        var none = await tenant.SearchAsync(new { query = "refund for shoes", collection_ids = new[] { store }, min_score = 1 });

        var hit = Assert.Single(one.Data());
        Assert.Equal(hit.GetProperty("scores").GetProperty("vector").GetDouble(), hit.GetProperty("score").GetDouble());
        Assert.Equal($"{store}:p-refund", Assert.Single(good.Data()).Text("chunk_id"));
        Assert.Empty(none.Data());
        Assert.Equal(256, server.Requests[0].Body.GetProperty("query").GetArrayLength());
    }

    [Fact]
    public async Task A_search_by_words_finds_the_points_that_have_them_all()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);

        var found = await tenant.SearchAsync(new { query = "What about the refund of shoes?", collection_ids = new[] { store }, mode = "keyword" });

        var hit = Assert.Single(found.Data());
        Assert.Equal(($"{store}:p-refund", 1.0), (hit.Text("chunk_id"), hit.GetProperty("score").GetDouble()));
        Assert.Equal(JsonValueKind.Null, hit.GetProperty("scores").GetProperty("vector").ValueKind);
        Assert.Equal("/collections/faq/points/scroll", server.Requests[0].Path);
    }

    [Fact]
    public async Task Equality_is_passed_on_as_a_filter()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);

        var found = await tenant.SearchAsync(new { query = "refund", collection_ids = new[] { store }, filter = new { lang = "de", pages = 3, live = true } });

        Assert.Equal($"{store}:p-german", Assert.Single(found.Data()).Text("chunk_id"));
    }

    [Theory]
    [InlineData("""{"pages":{"$gt":3}}""", "filter.pages")]
    [InlineData("""{"lang":{"$in":["en"]}}""", "filter.lang")]
    [InlineData("""{"$or":[{"lang":"en"}]}""", "filter.$or")]
    [InlineData("""{"lang":null}""", "filter.lang")]
    public async Task Other_filters_are_refused_with_their_place(string filter, string field)
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);

        var response = await tenant.Http.PostJsonAsync(
            Search, new { query = "refund", collection_ids = new[] { store }, filter = JsonSerializer.Deserialize<JsonElement>(filter) });

        Assert.Equal([field], await response.InvalidFieldsAsync());
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Vectors_of_another_length_are_a_clear_problem()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await ScriptedVectorServer.StartNewAsync();
        server.Add("p", "Text", [1, 0, 0]);
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);
        var collection = await tenant.NewCollectionAsync();

        var problem = await (await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { collection, store } }))
            .ExpectProblemAsync(422, "unfit");

        Assert.Contains("expected dim: 3, got 256", problem.Text("detail"), StringComparison.Ordinal);
        Assert.Contains(store, problem.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrong", "faq", 422, "bad_credentials")]
    [InlineData("right", "other", 422, "unknown_database")]
    public async Task A_wrong_key_or_collection_is_a_clear_problem_in_search_and_test(string key, string collection, int status, string code)
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url, key: key, collection: collection);

        await (await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } })).ExpectProblemAsync(status, code);

        var test = await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{store}/test")).ExpectAsync(200);
        Assert.Equal((false, code), (test.GetProperty("ok").GetBoolean(), test.Text("code")));
    }

    [Fact]
    public async Task A_server_that_is_down_or_answers_nonsense_is_a_clear_problem()
    {
        var tenant = await app.NewTenantAsync();
        var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);
        server.Answer("/collections/faq/points/query", "<html>");
        await (await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } })).ExpectProblemAsync(503, "unavailable");
        server.Answer("/collections/faq/points/query", """{"time":1}""");
        await (await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } })).ExpectProblemAsync(503, "unavailable");
        server.Answer("/collections/faq/points/query", "{}", status: 500);
        await (await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } })).ExpectProblemAsync(503, "unavailable");
        server.Answer("/collections/faq/points/query", "{}", status: 302);
        await (await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } })).ExpectProblemAsync(503, "unavailable");

        await server.DisposeAsync();

        var down = await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } });
        Assert.Contains("does not answer", (await down.ExpectProblemAsync(503, "unavailable")).Text("detail"), StringComparison.Ordinal);
        Assert.NotNull(down.Header("Retry-After"));
        var test = await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{store}/test")).ExpectAsync(200);
        Assert.Equal("unreachable", test.Text("code"));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_in_time_is_given_up()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        server.Stall();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);

        var search = tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } });
        await server.NextRequestAsync(Ct);
        app.Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Contains("within 10 s", (await (await search).ExpectProblemAsync(503, "unavailable")).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_tells_the_servers_version()
    {
        var tenant = await app.NewTenantAsync();
        await using var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);

        var test = await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{store}/test")).ExpectAsync(200);

        Assert.Equal((true, "Qdrant 1.15.0"), (test.GetProperty("ok").GetBoolean(), test.Text("server_version")));
    }

    [Fact]
    public async Task Another_clients_store_is_not_there_and_a_database_is_not_searched()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        await using var server = await NewServerAsync();
        var store = await VectorStoreFixture.ConnectAsync(tenant, server.Url);
        var database = (await tenant.ConnectAsync()).Text("id");

        await (await other.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { store } })).ExpectProblemAsync(404, "not_found");
        var refused = await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { database } });
        Assert.Equal(["collection_ids"], await refused.InvalidFieldsAsync());
        await (await tenant.Http.PostJsonAsync(Search, new { query = "refund", collection_ids = new[] { "dst_00000000000000000000000000" } })).ExpectProblemAsync(404, "not_found");
        Assert.Empty(server.Requests);
    }

    private static async Task<ScriptedVectorServer> NewServerAsync()
    {
        var server = await ScriptedVectorServer.StartNewAsync();
        Add("p-hours", "We are open from nine to five.");
        Add("p-refund", "A refund for returned shoes takes five days.", "\"lang\":\"en\",\"title\":\"The refund\",\"url\":\"https://shop.example/refund\"");
        Add("p-german", "Das Geld kommt in drei Tagen.", "\"lang\":\"de\",\"pages\":3,\"live\":true");
        return server;

        void Add(string id, string text, string payload = "\"lang\":\"en\"") => server.Add(id, text, VectorStoreFixture.Model.Embed(text), payload);
    }
}
