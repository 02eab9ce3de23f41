using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Knowledge;
using AiBackend.Semantics.Rows;
using AiBackend.Tests.DataStores;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Semantics.Sync;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>A client with a database in a layer and a collection for its rows.</summary>
internal sealed record RowBench(RowStores App, Tenant Tenant, RowDatabase Database, string Link, string StoreId, string CollectionId)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<RowBench> NewAsync(RowStores app, RowDatabase database, string sql)
    {
        await database.ExecuteAsync(sql);
        var tenant = await app.NewTenantAsync();
        var layer = (await tenant.NewLayerAsync(new { name = "Shop" })).Text("id");
        var store = (await tenant.ConnectAsync(config: database.Config, kind: database.Kind)).Text("id");
        await (await tenant.Http.PostJsonAsync($"{SemanticsFixture.Layers}/{layer}/data-stores", new { data_store_id = store })).ExpectAsync(201);
        return new RowBench(app, tenant, database, $"{SemanticsFixture.Layers}/{layer}/data-stores/{store}", store, await tenant.NewCollectionAsync());
    }

    /// <summary>Rows of a table as a setting.</summary>
    public Dictionary<string, object?> Rows(string table, string[] texts, string id = "id", string? updated = null, string? title = null) => new()
    {
        ["table"] = table,
        ["text_columns"] = texts,
        ["id_column"] = id,
        ["updated_column"] = updated,
        ["title_column"] = title,
        ["collection_id"] = CollectionId,
    };

    /// <summary>Says which rows are to be found.</summary>
    public async Task SetAsync(params Dictionary<string, object?>[] documents) =>
        await (await Tenant.Http.PatchJsonAsync(Link, new { documents })).ExpectAsync(200);

    /// <summary>Syncs and waits for the end of it.</summary>
    /// <returns>The job.</returns>
    public async Task<JsonElement> EndOfSyncAsync()
    {
        var id = (await (await Tenant.Http.PostJsonAsync($"{Link}/sync-jobs", new { })).ExpectAsync(202)).Text("id");
        return await WaitAsync(id);
    }

    /// <summary>A job when it has ended.</summary>
    public Task<JsonElement> WaitAsync(string jobId) => App.EndOfSyncAsync(Tenant, jobId);

    /// <summary>Syncs, and waits until what was found can be searched.</summary>
    /// <returns>What became of the rows.</returns>
    public async Task<RowCounts> SyncAsync()
    {
        var job = await EndOfSyncAsync();
        Assert.True(job.Text("status") == "completed", job.GetProperty("error").GetRawText());
        var knowledge = App.Services.GetRequiredService<KnowledgeDocuments>();
        foreach (var document in await DocumentsAsync())
        {
            var indexed = await knowledge.WaitAsync(Tenant.ClientId, document.Id, TimeSpan.FromMinutes(1), Ct);
            Assert.Equal(DocumentStatus.Indexed, indexed!.Status);
        }

        return job.RowCounts();
    }

    /// <summary>Syncs, which fails.</summary>
    /// <returns>Code and words.</returns>
    public async Task<(string Code, string Detail)> FailAsync()
    {
        var job = await EndOfSyncAsync();
        Assert.Equal("failed", job.Text("status"));
        return (job.GetProperty("error").Text("code"), job.GetProperty("error").Text("detail"));
    }

    public Task<IReadOnlyList<KnowledgeDocument>> DocumentsAsync() =>
        App.Store.For(Tenant.ClientId).ListAsync(Query.Of<KnowledgeDocument>().Ascending(), Ct);

    /// <summary>The passages that a search by words finds.</summary>
    public async Task<JsonElement[]> FindAsync(string query) => [.. (await Tenant.SearchAsync(new { query, mode = "keyword" })).Data()];

    /// <summary>The ids of the rows that a search by words finds, in order.</summary>
    public async Task<string[]> FindRowsAsync(string query) => [.. (await FindAsync(query)).Select(hit => hit.GetProperty("metadata").Text("id")).Order(StringComparer.Ordinal)];
}

internal static class RowSteps
{
    /// <summary>What a job says of its rows.</summary>
    public static RowCounts RowCounts(this JsonElement job)
    {
        var rows = job.GetProperty("rows");
        long Of(string name) => rows.GetProperty(name).GetInt64();
        return new RowCounts(Of("added"), Of("changed"), Of("unchanged"), Of("removed"), Of("skipped"));
    }
}
