using AiBackend.Documents;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Rows;
using AiBackend.Tests.Knowledge;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>Two layers that make documents of the same rows in one collection.</summary>
public sealed class RowSharingTests(WorkerlessFixture app) : IClassFixture<WorkerlessFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_stays_as_long_as_one_of_them_has_its_row()
    {
        var (bench, other) = await GivenTwoAsync();
        await bench.RunAsync("syn_1");
        await bench.RunAsync("syn_2", other);
        Assert.Equal(3, (await bench.DocumentsAsync()).Count);

        await bench.RunAsync("syn_3", bench.Link with { Documents = [] });
        Assert.Equal(3, (await bench.DocumentsAsync()).Count);

        bench.Table.Rows.Remove("r1");
        await bench.RunAsync("syn_4", other);
        Assert.Equal(2, (await bench.DocumentsAsync()).Count);
        await bench.RunAsync("syn_5", other with { Documents = [] });
        Assert.Empty(await bench.DocumentsAsync());
    }

    [Fact]
    public async Task Both_can_be_deleted_at_once()
    {
        var (bench, other) = await GivenTwoAsync();
        await bench.RunAsync("syn_1");
        await bench.RunAsync("syn_2", other);
        var removal = app.Services.GetRequiredService<RowRemoval>();

        await app.Store.For(bench.Tenant.ClientId).CommitAsync(
            async transaction =>
            {
                await removal.RemoveLaterAsync(transaction, bench.Link);
                await removal.RemoveLaterAsync(transaction, other);
            },
            Ct);
        foreach (var entry in await app.Store.For(bench.Tenant.ClientId).ListAsync(Query.Of<RowEntry>(), Ct))
        {
            await removal.HandleAsync(entry, Ct);
        }

        Assert.Empty(await bench.DocumentsAsync());
        Assert.Empty(await app.Store.For(bench.Tenant.ClientId).ListAsync(Query.Of<RowEntry>(), Ct));
    }

    private async Task<(RowWorkbench Bench, LayerStore Other)> GivenTwoAsync()
    {
        var bench = await RowWorkbench.NewAsync(app);
        for (var i = 0; i < 3; i++)
        {
            bench.Table.Rows[$"r{i}"] = (null, null, $"text {i}");
        }

        var other = bench.Link with { Id = LayerStore.IdFor($"other_{bench.Tenant.ClientId}", "dst_x") };
        await app.Store.For(bench.Tenant.ClientId).CommitAsync(transaction => transaction.InsertAsync(other), Ct);
        return (bench, other);
    }
}
