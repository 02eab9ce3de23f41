using System.Text.Json;
using AiBackend.Ai;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Knowledge;

public sealed class SearchTests(KnowledgeFixture app) : IClassFixture<KnowledgeFixture>
{
    private const string Search = "/api/v1/search";

    [Fact]
    public async Task A_search_finds_the_passage_that_answers_and_shows_where_it_matches()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var returns = await tenant.IndexAsync(collection, new
        {
            title = "Returns",
            text = "You can return shoes within thirty days. The refund takes <b>five</b> days.",
            url = "https://shop.example/returns",
            metadata = new { lang = "en", year = 2026 },
        });
        await tenant.IndexAsync(collection, new { title = "Hours", text = "The shop is open from nine to five." });

        var found = await tenant.SearchAsync(new { query = "How long does a refund for returned shoes take?" });

        var hit = found.Data()[0];
        Assert.Equal(
            (returns.Text("id"), collection, "Returns", "https://shop.example/returns"),
            (hit.Text("document_id"), hit.Text("collection_id"), hit.Text("title"), hit.Text("url")));
        Assert.Equal("You can return shoes within thirty days. The refund takes <b>five</b> days.", hit.Text("text"));
        Assert.Equal("""{"lang":"en","year":2026}""", hit.GetProperty("metadata").GetRawText());
        Assert.Matches("^chk_", hit.Text("chunk_id"));
        Assert.InRange(hit.GetProperty("score").GetDouble(), 0.5, 1);
        Assert.InRange(hit.GetProperty("scores").GetProperty("vector").GetDouble(), 0.1, 1);
        Assert.InRange(hit.GetProperty("scores").GetProperty("keyword").GetDouble(), 0.1, 100);
        Assert.Contains("<em>return shoes</em>", string.Concat(hit.GetProperty("highlights").EnumerateArray()), StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", string.Concat(hit.GetProperty("highlights").EnumerateArray()), StringComparison.Ordinal);
        Assert.InRange(found.GetProperty("total_candidates").GetInt64(), 1, 2);
        Assert.True(found.GetProperty("took_ms").GetDouble() >= 0);
    }

    [Fact]
    public async Task The_mode_says_what_a_search_goes_by()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var automobile = (await tenant.IndexAsync(collection, new { text = "The automobile needs new tyres and an oil change." })).Text("id");
        var number = (await tenant.IndexAsync(collection, new { text = "Order XK-4711 was sent on Monday." })).Text("id");

        Assert.Equal([number], await IdsAsync("xk-4711", "keyword"));
        Assert.Empty(await IdsAsync("car repair", "keyword"));
        Assert.Equal(automobile, (await IdsAsync("car repair", "vector"))[0]);
        Assert.Equal(automobile, (await IdsAsync("car repair", "hybrid"))[0]);

        async Task<string[]> IdsAsync(string query, string mode) =>
            [.. (await tenant.SearchAsync(new { query, mode })).Data().Select(hit => hit.Text("document_id"))];
    }

    [Fact]
    public async Task A_filter_looks_at_the_metadata()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var names = new Dictionary<string, string>();
        foreach (var (name, metadata) in new (string, object)[]
        {
            ("a", new { lang = "en", year = 2024, tags = new[] { "new", "sale" } }),
            ("b", new { lang = "de", year = 2025, shop = new { city = "Bonn" } }),
            ("c", new { lang = "en", year = 2026, draft = true }),
        })
        {
            names[(await tenant.IndexAsync(collection, new { text = $"A sofa of kind {name}.", metadata })).Text("id")] = name;
        }

        Assert.Equal("ac", await FilteredAsync(new { lang = "en" }));
        Assert.Equal("b", await FilteredAsync(new Dictionary<string, object> { ["shop.city"] = "Bonn" }));
        Assert.Equal("a", await FilteredAsync(new { tags = "sale" }));
        Assert.Equal("bc", await FilteredAsync(new { year = new Dictionary<string, int> { ["$gt"] = 2024 } }));
        Assert.Equal("ab", await FilteredAsync(new { draft = new Dictionary<string, bool> { ["$exists"] = false } }));
        Assert.Equal("ab", await FilteredAsync(new Dictionary<string, object>
        {
            ["$or"] = new object[] { new { lang = "de" }, new { year = 2024 } },
        }));
        Assert.Equal("abc", await FilteredAsync(new { }));
        Assert.Equal("", await FilteredAsync(new { lang = "fr" }));

        async Task<string> FilteredAsync(object filter) => string.Concat(
            (await tenant.SearchAsync(new { query = "sofa", filter })).Data().Select(hit => names[hit.Text("document_id")]).Order());
    }

    [Fact]
    public async Task A_document_with_an_access_list_is_found_only_by_who_is_on_it()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var open = (await tenant.IndexAsync(collection, new { text = "The walrus rests.", acl = Array.Empty<string>() })).Text("id");
        var closed = (await tenant.IndexAsync(collection, new { text = "The walrus has a salary.", acl = new[] { "hr", "boss" } })).Text("id");

        Assert.Equal([open], await tenant.FindAsync("walrus"));
        Assert.Equal([open], await tenant.FindAsync("walrus", "HR", "staff"));
        Assert.Equal(new[] { closed, open }.Order(), (await tenant.FindAsync("walrus", "staff", "boss")).Order());
    }

    [Fact]
    public async Task A_search_stays_within_its_collections_and_limit_and_above_its_least_score()
    {
        var tenant = await app.NewTenantAsync();
        var one = await tenant.NewCollectionAsync();
        var two = await tenant.NewCollectionAsync();
        for (var i = 0; i < 3; i++)
        {
            await tenant.IndexAsync(one, new { text = string.Concat(Enumerable.Repeat("ostrich ", i + 1)) + "farm" });
            await tenant.IndexAsync(two, new { text = $"An ostrich egg, number {i}." });
        }

        var inOne = await tenant.SearchAsync(new { query = "ostrich", collection_ids = new[] { one }, limit = 100 });
        var inBoth = await tenant.SearchAsync(new { query = "ostrich", collection_ids = new[] { one, two }, limit = 2 });
        var best = await tenant.SearchAsync(new { query = "ostrich", min_score = 1.0 });

        Assert.Equal([one, one, one], inOne.Data().Select(hit => hit.Text("collection_id")));
        Assert.Equal((2, 6), (inBoth.Data().Length, inBoth.GetProperty("total_candidates").GetInt32()));
        Assert.All(best.Data(), hit => Assert.Equal(1, hit.GetProperty("score").GetDouble()));
        Assert.InRange(best.Data().Length, 1, 5);
    }

    [Fact]
    public async Task Highlights_may_be_left_out()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "A marmot whistles." });

        var found = await tenant.SearchAsync(new { query = "marmot", highlight = false, rerank = false, filter = (object?)null });

        Assert.Equal(0, Assert.Single(found.Data()).GetProperty("highlights").GetArrayLength());
    }

    [Fact]
    public async Task A_client_without_documents_finds_nothing()
    {
        var tenant = await app.NewTenantAsync();

        var found = await tenant.SearchAsync(new { query = "anything" });

        Assert.Equal((0, 0), (found.Data().Length, found.GetProperty("total_candidates").GetInt32()));
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { "{}", "query" },
        { """{"query":" "}""", "query" },
        { $$"""{"query":"{{new string('x', 4_097)}}"}""", "query" },
        { """{"query":"x","limit":0}""", "limit" },
        { """{"query":"x","limit":101}""", "limit" },
        { """{"query":"x","mode":"fuzzy"}""", "mode" },
        { """{"query":"x","collection_ids":[]}""", "collection_ids" },
        { """{"query":"x","filter":[]}""", "filter" },
        { """{"query":"x","filter":{"a":{"$near":1}}}""", "filter.a.$near" },
        { """{"query":"x","filter":{"$and":[{"a":[1]}]}}""", "filter.$and[0].a" },
        { """{"query":"x","acl":"staff"}""", "acl" },
        { """{"query":"x","rerank":true}""", "rerank" },
        { """{"query":"x","min_score":1.1}""", "min_score" },
        { """{"query":"x","top_k":5}""", "top_k" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Invalid))]
    public async Task What_is_not_valid_is_named(string body, string field)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, Search, body);

        Assert.Equal([field], await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task The_longest_query_is_answered()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "A lemur leaps." });

        var found = await tenant.SearchAsync(new { query = "lemur " + new string('x', 4_090), limit = 100, acl = Enumerable.Range(0, 1_000).Select(i => $"{i}") });

        Assert.Single(found.Data());
    }

    [Fact]
    public async Task While_the_embedding_server_fails_words_still_find_and_meaning_alone_is_unavailable()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "A tapir swims." });
        using var failing = app.Embeddings.Fail("tapir lake", new UpstreamException(UpstreamFailure.Unavailable, "The embedding server is down."));

        var hybrid = await tenant.SearchAsync(new { query = "tapir lake" });
        var vector = await tenant.Http.PostJsonAsync(Search, new { query = "tapir lake", mode = "vector" });

        Assert.Equal(JsonValueKind.Null, Assert.Single(hybrid.Data()).GetProperty("scores").GetProperty("vector").ValueKind);
        await vector.ExpectProblemAsync(503, "unavailable");
        Assert.NotNull(vector.Header("Retry-After"));
    }
}
