using AiBackend.Documents;
using AiBackend.Knowledge;
using AiBackend.Knowledge.Indexing;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Knowledge;

public sealed class KnowledgeCountTests(KnowledgeFixture app) : IClassFixture<KnowledgeFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Counts_equal_a_recount_and_searches_what_is_stored_after_whatever_was_done(int seed)
    {
        var random = new Random(seed);
        var tenant = await app.NewTenantAsync();
        var collections = new[] { await NewCollectionAsync(), await NewCollectionAsync(), await NewCollectionAsync() };
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => DoAsync(new Random(random.Next()), steps: 25)));

        var found = 0L;
        foreach (var collection in collections)
        {
            if ((await tenant.Http.GetAsync($"/api/v1/collections/{collection}", Ct)).IsSuccessStatusCode)
            {
                var documents = (await tenant.Http.GetJsonAsync($"/api/v1/collections/{collection}/documents?limit=200")).Data();
                var chunks = 0L;
                foreach (var document in documents)
                {
                    chunks += (await tenant.Http.GetJsonAsync($"/api/v1/documents/{document.Text("id")}/chunks?limit=200")).Data().Length;
                }

                Assert.Equal(
                    (documents.Length, chunks, documents.Sum(document => document.GetProperty("bytes").GetInt64())),
                    (await tenant.CountsAsync(collection)).Read());
                found += chunks;
            }
        }

        var search = await tenant.SearchAsync(new { query = "otter", mode = "keyword", limit = 1 });
        Assert.Equal(found, search.GetProperty("total_candidates").GetInt64());
        var state = await app.Store.For(tenant.ClientId).FindAsync<KnowledgeState>(KnowledgeState.IdOf(tenant.ClientId), Ct);
        var live = await app.Store.For(tenant.ClientId).ListAsync(Query.Of<KnowledgeDocument>(), Ct);
        var existing = (await tenant.Http.GetJsonAsync("/api/v1/collections")).Data().Select(collection => collection.Text("id"));
        Assert.Equal(live.Count(document => existing.Contains(document.CollectionId)), state!.Documents);

        Task<string> NewCollectionAsync() => tenant.NewCollectionAsync(new { name = "x", chunking = new { max_tokens = 32, overlap_tokens = 8 } });

        async Task DoAsync(Random dice, int steps)
        {
            for (var i = 0; i < steps; i++)
            {
                var collection = collections[dice.Next(collections.Length)];
                var path = $"/api/v1/collections/{collection}/documents";
                switch (dice.Next(20))
                {
                    case < 10:
                        var text = string.Concat(Enumerable.Repeat("The otter plays in the river. ", dice.Next(1, 40)));
                        await tenant.Http.PostJsonAsync(path, new { text, external_id = dice.Next(3) == 0 ? null : $"e{dice.Next(6)}" }, ("Prefer", "wait"));
                        break;
                    case < 12:
                        await tenant.UploadAsync(collection, "<p>"u8.ToArray(), "a.html", fields: new { external_id = $"e{dice.Next(6)}" });
                        break;
                    case < 18:
                        var page = await tenant.Http.GetAsync($"{path}?limit=5", Ct);
                        if (page.IsSuccessStatusCode && (await page.JsonAsync()).Data() is { Length: > 0 } documents)
                        {
                            await tenant.Http.DeleteAsync($"/api/v1/documents/{documents[dice.Next(documents.Length)].Text("id")}", Ct);
                        }

                        break;
                    case 18 when collection == collections[0]:
                        await tenant.Http.DeleteAsync($"/api/v1/collections/{collection}", Ct);
                        break;
                    default:
                        await tenant.SearchAsync(new { query = "otter" });
                        break;
                }
            }
        }
    }
}
