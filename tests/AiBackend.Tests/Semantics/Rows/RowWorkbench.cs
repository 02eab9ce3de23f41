using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Knowledge;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Rows;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>A client and a table in memory, whose rows are indexed without a job.</summary>
internal sealed record RowWorkbench(WorkerlessFixture App, Tenant Tenant, ScriptedTable Table, RowDocuments Settings)
{
    /// <summary>What was said, warnings with a star before them.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>How many rows were done, as told after each page.</summary>
    public List<long> Progress { get; } = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<RowWorkbench> NewAsync(WorkerlessFixture app, string? updatedColumn = null)
    {
        var tenant = await app.NewTenantAsync();
        var settings = new RowDocuments
        {
            Table = "articles",
            IdColumn = "id",
            TextColumns = ["body"],
            TitleColumn = "title",
            UpdatedColumn = updatedColumn,
            CollectionId = await tenant.NewCollectionAsync(),
        };
        var bench = new RowWorkbench(app, tenant, new ScriptedTable(), settings);
        await app.Store.For(tenant.ClientId).CommitAsync(transaction => transaction.InsertAsync(bench.Link), Ct);
        return bench;
    }

    public LayerStore Link => new()
    {
        Id = LayerStore.IdFor($"lay_{Tenant.ClientId}", "dst_x"),
        ClientId = Tenant.ClientId,
        LayerId = "lay_x",
        DataStoreId = "dst_x",
        Documents = [Settings],
        CreatedAt = App.Clock.GetUtcNow(),
        UpdatedAt = App.Clock.GetUtcNow(),
    };

    /// <param name="link">With other settings, or another one; null: the bench's.</param>
    public Task<RowCounts> RunAsync(string jobId, LayerStore? link = null) => App.Services.GetRequiredService<RowIndexer>().RunAsync(
        new RowSync
        {
            JobId = jobId,
            Link = link ?? Link,
            Schema = ScriptedTable.Schema,
            Target = new ConnectionTarget { Kind = StoreKind.Sqlite },
            Connector = Table,
        },
        new RowReport(
            (rows, _, _) =>
            {
                Progress.Add(rows);
                return Task.CompletedTask;
            },
            (text, isWarning, _) =>
            {
                Lines.Add(isWarning ? $"*{text}" : text);
                return Task.CompletedTask;
            }),
        Ct);

    public Task<IReadOnlyList<KnowledgeDocument>> DocumentsAsync() =>
        App.Store.For(Tenant.ClientId).ListAsync(Query.Of<KnowledgeDocument>().Ascending(), Ct);
}
