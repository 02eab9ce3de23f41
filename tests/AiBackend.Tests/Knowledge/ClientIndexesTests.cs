using AiBackend.Documents;
using AiBackend.Indexes;
using AiBackend.Knowledge;
using AiBackend.Knowledge.Indexing;
using AiBackend.Search.Index;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiBackend.Tests.Knowledge;

/// <summary>The index in memory, as it follows what is stored.</summary>
public sealed class ClientIndexesTests(KnowledgeFixture app) : IClassFixture<KnowledgeFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_restart_the_index_is_built_from_what_is_stored()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync(new { name = "x", chunking = new { max_tokens = 32, overlap_tokens = 0 } });
        var gone = await tenant.NewCollectionAsync();
        var kept = await tenant.IndexAsync(collection, new { text = string.Join("\n\n", Enumerable.Range(0, 30).Select(i => $"# Part {i}\n\nThe caribou of part {i} walks to the north for a very long time indeed.")), acl = new[] { "a" }, metadata = new { n = 1 } });
        await tenant.IndexAsync(collection, new { text = "A caribou swims.", external_id = "e" });
        await tenant.IndexAsync(collection, new { text = "A reindeer swims.", external_id = "e" });
        var deleted = (await tenant.IndexAsync(collection, new { text = "A caribou eats." })).Text("id");
        await tenant.IndexAsync(gone, new { text = "A caribou sleeps." });
        await tenant.Http.DeleteAsync($"/api/v1/documents/{deleted}", Ct);
        await tenant.Http.DeleteAsync($"/api/v1/collections/{gone}", Ct);
        var query = new { query = "caribou north", acl = new[] { "a" }, filter = new { n = 1 }, limit = 100 };
        var before = await tenant.SearchAsync(query);

        await app.RestartAsync();

        var after = await (await app.NewHttp(tenant.Key).PostJsonAsync("/api/v1/search", query)).ExpectAsync(200);
        Assert.Equal(kept.GetProperty("chunk_count").GetInt32(), after.Data().Length);
        Assert.Equal(
            before.Data().Select(hit => (hit.Text("chunk_id"), Math.Round(hit.GetProperty("score").GetDouble(), 3))).Order(),
            after.Data().Select(hit => (hit.Text("chunk_id"), Math.Round(hit.GetProperty("score").GetDouble(), 3))).Order());
    }

    [Fact]
    public async Task After_a_restart_the_index_is_built_before_anybody_searches()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "A caribou walks." });

        await app.RestartAsync();
        var indexes = app.Services.GetRequiredService<ClientIndexes>();
        await app.Services.GetServices<IHostedService>().OfType<IndexWarmup>().Single().ExecuteTask!.WaitAsync(Ct);

        Assert.InRange(indexes.Count, 1, int.MaxValue);
        Assert.NotEqual(0, app.Services.GetRequiredService<IndexMemory>().ApproximateBytes);
    }

    [Fact]
    public async Task The_index_of_another_process_follows_every_change()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        await using var other = Another();
        var one = (await tenant.IndexAsync(collection, new { text = "A lynx hunts.", external_id = "e" })).Text("id");
        Assert.Equal([one], await FindAsync(other, tenant, "lynx"));

        await tenant.IndexAsync(collection, new { text = "A bobcat hunts.", external_id = "e" });
        var two = (await tenant.IndexAsync(collection, new { text = "A lynx rests." })).Text("id");
        Assert.Equal([two], await FindAsync(other, tenant, "lynx"));

        await tenant.Http.DeleteAsync($"/api/v1/documents/{two}", Ct);
        Assert.Empty(await FindAsync(other, tenant, "lynx"));

        await tenant.Http.DeleteAsync($"/api/v1/collections/{collection}", Ct);
        Assert.Empty(await FindAsync(other, tenant, "bobcat"));
    }

    [Fact]
    public async Task An_index_that_the_log_does_not_reach_is_built_anew()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        await using var other = Another();
        var first = (await tenant.IndexAsync(collection, new { text = "A hare runs." })).Text("id");
        var before = await other.GetAsync(tenant.ClientId, Ct);
        await tenant.Http.DeleteAsync($"/api/v1/documents/{first}", Ct);
        var second = (await tenant.IndexAsync(collection, new { text = "A hare hides." })).Text("id");
        await app.Store.For(tenant.ClientId).CommitAsync(transaction => transaction.DeleteAllAsync(Query.Of<KnowledgeChange>()), Ct);

        Assert.Equal([second], await FindAsync(other, tenant, "hare"));
        Assert.NotSame(before, await other.GetAsync(tenant.ClientId, Ct));
    }

    [Fact]
    public async Task An_index_that_nobody_uses_leaves_memory()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "A mole digs." });
        await using var indexes = Another();
        await indexes.StartAsync(Ct);
        var first = await indexes.GetAsync(tenant.ClientId, Ct);

        app.Clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Same(first, await indexes.GetAsync(tenant.ClientId, Ct));
        app.Clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal(1, indexes.Count);
        app.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(0, indexes.Count);
        Assert.NotSame(first, await indexes.GetAsync(tenant.ClientId, Ct));
    }

    [Fact]
    public async Task When_memory_is_short_the_least_used_index_leaves_it()
    {
        var tenants = new List<Tenant>();
        for (var i = 0; i < 3; i++)
        {
            tenants.Add(await app.NewTenantAsync());
            await tenants[i].IndexAsync(await tenants[i].NewCollectionAsync(), new { text = "A vole digs." });
        }

        await using var indexes = Another(new IndexOptions { Bytes = 10_000 });
        var kept = new Dictionary<Tenant, ClientIndex>();
        foreach (var tenant in new[] { tenants[0], tenants[1], tenants[0], tenants[2] })
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            kept[tenant] = await indexes.GetAsync(tenant.ClientId, Ct);
        }

        Assert.Equal(2, indexes.Count);
        Assert.Same(kept[tenants[0]], await indexes.GetAsync(tenants[0].ClientId, Ct));
        Assert.NotSame(kept[tenants[1]], await indexes.GetAsync(tenants[1].ClientId, Ct));
    }

    [Fact]
    public async Task An_index_larger_than_the_budget_still_serves_its_client()
    {
        var tenant = await app.NewTenantAsync();
        var id = (await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "A shrew digs." })).Text("id");
        await using var indexes = Another(new IndexOptions { Bytes = 1 });

        Assert.Equal([id], await FindAsync(indexes, tenant, "shrew"));
        Assert.Same(await indexes.GetAsync(tenant.ClientId, Ct), await indexes.GetAsync(tenant.ClientId, Ct));
    }

    [Fact]
    public async Task A_document_is_gone_from_every_search_that_begins_after_its_delete_while_others_are_indexed()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var documents = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            documents.Add((await tenant.IndexAsync(collection, new { text = $"The stoat of number {i} hunts." })).Text("id"));
        }

        var indexing = IndexMoreAsync();
        for (var i = 0; i < documents.Count; i++)
        {
            var before = tenant.SearchAsync(new { query = "stoat", limit = 100, mode = "keyword" });
            await (await tenant.Http.DeleteAsync($"/api/v1/documents/{documents[i]}", Ct)).ExpectAsync(204);
            var found = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => tenant.SearchAsync(new { query = "stoat", limit = 100, mode = "keyword" })));

            var left = documents.Skip(i + 1).Order().ToArray();
            Assert.All(found, page => Assert.Equal(left, page.Data().Select(hit => hit.Text("document_id")).Where(documents.Contains).Order()));
            Assert.All((await before).Data().Where(hit => documents.Contains(hit.Text("document_id"))), hit => Assert.Contains("stoat", hit.Text("text"), StringComparison.Ordinal));
        }

        await indexing;

        async Task IndexMoreAsync()
        {
            for (var i = 0; i < 30; i++)
            {
                var added = (await tenant.IndexAsync(collection, new { text = $"The weasel and the stoat {i}.", external_id = $"{i % 3}" })).Text("id");
                var found = await tenant.SearchAsync(new { query = $"weasel {i}", limit = 100, mode = "keyword" });
                Assert.Contains($"The weasel and the stoat {i}.", found.Data().Where(hit => hit.Text("document_id") == added).Select(hit => hit.Text("text")));
            }
        }
    }

    [Fact]
    public async Task Vectors_of_another_model_do_not_disturb_a_search()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var id = (await tenant.IndexAsync(collection, new { text = "A badger digs." })).Text("id");
        await app.Store.For(tenant.ClientId).CommitAsync(
            async transaction =>
            {
                var chunk = (await transaction.ListAsync(Query.Of<KnowledgeChunk>()))[0];
                await transaction.ReplaceAsync(chunk with { Model = "another", Vector = new byte[20] });
            },
            Ct);
        await using var other = Another();

        Assert.Equal([id], await FindAsync(other, tenant, "badger"));
    }

    private OtherProcess Another(IndexOptions? options = null)
    {
        var memory = new IndexMemory(options ?? new IndexOptions(), app.Clock, NullLogger<IndexMemory>.Instance);
        return new OtherProcess(
            memory,
            new ClientIndexes(
                app.Store, app.Services.GetRequiredService<IndexReader>(), memory, app.Clock, NullLogger<ClientIndexes>.Instance));
    }

    private static async Task<string[]> FindAsync(OtherProcess indexes, Tenant tenant, string query)
    {
        var index = await indexes.GetAsync(tenant.ClientId, Ct);
        return [.. index.Search(new SearchQuery { Text = query, Mode = SearchMode.Keyword }).Hits.Select(hit => hit.DocumentId)];
    }

    private sealed class OtherProcess(IndexMemory memory, ClientIndexes indexes) : IAsyncDisposable
    {
        public int Count => indexes.Count;

        public Task StartAsync(CancellationToken ct) => memory.StartAsync(ct);

        public Task<ClientIndex> GetAsync(string clientId, CancellationToken ct) => indexes.GetAsync(clientId, ct);

        public ValueTask DisposeAsync() => memory.DisposeAsync();
    }
}
