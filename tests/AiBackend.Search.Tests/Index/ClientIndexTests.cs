using System.Text.Json;
using AiBackend.Search.Embedding;
using AiBackend.Search.Filters;
using AiBackend.Search.Index;

namespace AiBackend.Search.Tests.Index;

public sealed class ClientIndexTests : IDisposable
{
    private readonly ClientIndex index = new();

    public void Dispose() => index.Dispose();

    [Fact]
    public void A_paraphrase_is_found_by_its_meaning_and_a_name_by_its_letters()
    {
        Put("returns", "You get your money back within 30 days.");
        Put("shipping", "The courier brings it in three working days.");
        Put("order", "Order ORD-40312 is on its way.");

        Assert.Equal("returns", Find("refund").Hits[0].DocumentId);
        Assert.Equal("order", Find("ord-40312").Hits[0].DocumentId);
        Assert.Equal("returns", Find("refund", SearchMode.Vector).Hits[0].DocumentId);
        Assert.Empty(Find("refund", SearchMode.Keyword).Hits);
    }

    [Fact]
    public void What_shares_neither_words_nor_meaning_with_the_query_is_not_found()
    {
        Put("returns", "You may send back any item within 30 days.");

        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            Assert.Equal((0, 0), Counts(Find("volcanic eruptions of Iceland", mode)));
            Assert.Equal((0, 0), Counts(Find("", mode)));
        }

        static (int, int) Counts(SearchResults results) => (results.Hits.Count, results.TotalCandidates);
    }

    [Fact]
    public void Title_and_text_are_searched_together()
    {
        index.Put(Document("a") with { Title = "Warranty" });

        Assert.Equal(1, Find("warranty text", SearchMode.Keyword).Hits.Single().Coverage, 1e-5);
    }

    [Fact]
    public void Coverage_is_the_share_of_the_query_that_was_found_and_rare_terms_count_more()
    {
        Put("a", "common common rare");
        Put("b", "common");
        Put("c", "common");

        var hits = Find("common rare absent", SearchMode.Keyword).Hits.ToDictionary(hit => hit.DocumentId);

        Assert.InRange(hits["a"].Coverage, 0.3, 0.7);
        Assert.InRange(hits["b"].Coverage, 0.01, 0.15);
    }

    [Fact]
    public void A_replaced_document_is_found_by_its_new_words_only()
    {
        Put("a", "winter coat");
        Put("a", "summer hat");

        Assert.Empty(Find("winter", SearchMode.Keyword).Hits);
        Assert.Equal("a", Find("summer", SearchMode.Keyword).Hits.Single().DocumentId);
        Assert.Equal((1, 1), (index.DocumentCount, index.ChunkCount));
    }

    [Fact]
    public void Removal_leaves_nothing_behind()
    {
        Put("a", "winter coat");
        Put("b", "winter hat");

        Assert.True(index.Remove("a"));
        Assert.False(index.Remove("a"));

        Assert.Equal("b", Find("winter coat").Hits.Single().DocumentId);
        Assert.Equal(1, index.RemoveCollection("col"));
        Assert.Equal(0, index.RemoveCollection("col"));
        Assert.Empty(Find("winter").Hits);
        Assert.Equal((0, 0), (index.DocumentCount, index.ChunkCount));
    }

    [Fact]
    public void A_document_with_an_access_list_is_found_only_by_one_who_is_on_it()
    {
        index.Put(Document("open"));
        index.Put(Document("staff") with { Acl = ["staff", "board"] });

        Assert.Equal(["open"], Ids([]));
        Assert.Equal(["open"], Ids(["guest"]));
        Assert.Equal(["open", "staff"], Ids(["guest", "board"]));

        IEnumerable<string> Ids(string[] acl) =>
            index.Search(new SearchQuery { Text = "text", Acl = acl }).Hits.Select(hit => hit.DocumentId).Order();
    }

    [Fact]
    public void Collections_and_filters_hold_within_the_search_and_do_not_cut_its_results()
    {
        for (var i = 0; i < 3_000; i++)
        {
            index.Put(Document($"loud{i}", "text text text text") with { CollectionId = "other" });
        }

        index.Put(Document("quiet", "a text among many other words that weaken its score"));
        var filter = SearchFilter.Parse(JsonSerializer.SerializeToElement(new { lang = "en" }));
        index.Put(Document("english", "a text among many other words that weaken its score") with
        {
            CollectionId = "other",
            Metadata = new Dictionary<string, JsonElement> { ["lang"] = JsonSerializer.SerializeToElement("en") },
        });

        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            var query = Query("text", mode);
            Assert.Equal("quiet", index.Search(query with { CollectionIds = ["col"] }).Hits.Single().DocumentId);
            Assert.Equal("english", index.Search(query with { Filter = filter }).Hits.Single().DocumentId);
            Assert.Empty(index.Search(query with { CollectionIds = [] }).Hits);
        }
    }

    [Fact]
    public void Vectors_of_different_models_or_lengths_are_never_compared()
    {
        index.Put(Document("a", "one", [1, 0], "m1"));
        index.Put(Document("b", "two", [1, 0], "m2"));
        index.Put(Document("c", "three", [1, 0, 0], "m1"));
        var vectors = new Dictionary<string, QueryVector> { ["m1"] = new([2, 0]) };

        var hit = index.Search(new SearchQuery { Text = "", Mode = SearchMode.Vector, Vectors = vectors }).Hits.Single();

        Assert.Equal(("a", 1), (hit.DocumentId, hit.VectorScore!.Value));
    }

    [Fact]
    public void The_floor_decides_from_which_cosine_on_a_chunk_is_found()
    {
        index.Put(Document("a", "one", [3, 4], "m"));

        Assert.Single(Search(0.59f));
        Assert.Empty(Search(0.61f));

        IReadOnlyList<SearchHit> Search(float floor) => index.Search(new SearchQuery
        {
            Text = "",
            Vectors = new Dictionary<string, QueryVector> { ["m"] = new([1, 0], floor) },
        }).Hits;
    }

    [Fact]
    public void Hits_below_the_asked_score_are_left_out_and_the_limit_does_not_change_the_count()
    {
        Put("a", "winter coat");
        Put("b", "winter coat and so many other things that it hardly counts any more");
        Put("c", "summer");

        var all = Find("winter coat", SearchMode.Keyword);
        var best = index.Search(Query("winter coat", SearchMode.Keyword) with { MinScore = 0.9 });
        var first = index.Search(Query("winter coat", SearchMode.Keyword) with { Limit = 1 });

        Assert.Equal((2, 2), (all.Hits.Count, all.TotalCandidates));
        Assert.Equal((1, 1), (best.Hits.Count, best.TotalCandidates));
        Assert.Equal((1, 2), (first.Hits.Count, first.TotalCandidates));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(Query("x", SearchMode.Keyword) with { Limit = 0 }));
    }

    [Fact]
    public void Among_more_than_a_thousand_vectors_the_nearest_is_found_exactly()
    {
        var random = new Random(7);
        var vectors = Enumerable.Range(0, 4_000).Select(_ => Enumerable.Range(0, 40).Select(_ => random.NextSingle() - 0.5f).ToArray()).ToArray();
        for (var i = 0; i < vectors.Length; i++)
        {
            index.Put(Document($"d{i}", "x", vectors[i], "m"));
        }

        for (var i = 0; i < vectors.Length; i += 2)
        {
            index.Remove($"d{i}");
        }

        foreach (var i in (int[])[1, 777, 3_999])
        {
            var query = new SearchQuery { Text = "", Limit = 1, Vectors = new Dictionary<string, QueryVector> { ["m"] = new(vectors[i]) } };
            var hit = Assert.Single(index.Search(query).Hits);
            Assert.Equal($"d{i}", hit.DocumentId);
            Assert.Equal(1, hit.VectorScore!.Value, 1e-5);
        }
    }

    [Fact]
    public async Task Searches_beside_writes_see_each_document_whole_or_not_at_all()
    {
        var ct = TestContext.Current.CancellationToken;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var searches = 0;
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var hits = Find("alpha beta").Hits;
                    // Every version of a document has three chunks, which all hold its version's word.
                    Assert.All(hits.GroupBy(hit => hit.DocumentId), document => Assert.Equal(3, document.Count()));
                    Assert.All(hits.GroupBy(hit => hit.DocumentId), document => Assert.Single(document.Select(hit => hit.ChunkId.Split('.')[1]).Distinct()));
                    Interlocked.Increment(ref searches);
                }
            },
            ct)).ToArray();

        for (var round = 0; round < 400 || Volatile.Read(ref searches) < 20; round++)
        {
            var id = $"doc{round % 5}";
            index.Put(Version(id, round));
            Assert.Contains(Find("alpha beta").Hits, hit => hit.ChunkId == $"{id}.{round}.0");
            if (round % 3 == 0)
            {
                index.Remove(id);
                Assert.DoesNotContain(Find("alpha beta").Hits, hit => hit.DocumentId == id);
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);

        static IndexedDocument Version(string id, int round) => Document(id) with
        {
            Chunks = [.. Enumerable.Range(0, 3).Select(i => new IndexedChunk { ChunkId = $"{id}.{round}.{i}", Text = round % 2 == 0 ? "alpha" : "beta" })],
        };
    }

    [Fact]
    public void Terms_are_weighed_by_their_rarity()
    {
        Put("a", "common rare");
        Put("b", "common");

        var weights = index.WeighTerms("The commonly rare absentees");

        Assert.Equal(["absente", "commonli", "rare"], weights.Keys.Order());
        Assert.True(weights["absente"] > weights["rare"]);
        Assert.True(index.WeighTerms("common")["common"] < weights["rare"]);
    }

    private void Put(string id, string text) =>
        index.Put(Document(id, text, BuiltInModel.Embedder.Embed(text), StaticEmbedder.ModelName));

    private SearchResults Find(string text, SearchMode mode = SearchMode.Hybrid) => index.Search(Query(text, mode));

    private static SearchQuery Query(string text, SearchMode mode) => new()
    {
        Text = text,
        Mode = mode,
        Limit = 100,
        Vectors = new Dictionary<string, QueryVector> { [StaticEmbedder.ModelName] = new(BuiltInModel.Embedder.Embed(text)) },
    };

    private static IndexedDocument Document(string id, string text = "text") =>
        Document(id, text, BuiltInModel.Embedder.Embed(text), StaticEmbedder.ModelName);

    private static IndexedDocument Document(string id, string text, float[] vector, string model) => new()
    {
        DocumentId = id,
        CollectionId = "col",
        Chunks = [new IndexedChunk { ChunkId = $"{id}-0", Text = text, Vector = vector, Model = model }],
    };
}
