using AiBackend.Documents;
using AiBackend.Knowledge;
using AiBackend.Semantics.Rows;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Semantics.Sync;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>A process that dies at any moment of a sync with rows: after each thing that it stores, of a page and of how far it got too.</summary>
public sealed class RowCrashTests(SyncCrashTests.ApiOnly app) : IClassFixture<SyncCrashTests.ApiOnly>
{
    /// <summary>So often it stores something before it comes to rows, which is another test.</summary>
    private const int MomentsBefore = 8;

    private const string LongAgo = "2020-01-01T00:00:00Z";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whenever_it_dies_every_row_is_there_once_and_the_counts_are_right()
    {
        // To die before something is stored is to die after what was stored before it.
        var moments = MomentsBefore;
        while (await DieAsync(moments, tellsChanges: moments % 2 == 0))
        {
            moments++;
        }

        Assert.True(moments >= MomentsBefore + 18, $"It stores {moments} times only.");
    }

    [Fact]
    public async Task Whenever_it_dies_between_the_commits_of_a_page_it_goes_on_with_the_next_one()
    {
        for (var survives = 0; ; survives++)
        {
            var (bench, table) = await NewAsync();
            for (var i = 0; i < 250; i++)
            {
                table.Rows[$"r{i}"] = (null, null, $"text {i}");
            }

            await LinkAsync(bench, await bench.Tenant.NewCollectionAsync());
            var id = (await bench.AskAsync()).Text("id");
            var storage = app.Services.GetRequiredService<IDocumentStore>();
            var hasDied = !await SyncAttempt.RunAsync(bench, id, new DyingStore(storage, 8 + survives, isStored: true));
            var stored = (await DocumentsAsync(bench)).Count;
            if (hasDied && (await bench.JobAsync(id)).Text("status") != "completed")
            {
                Assert.True(await SyncAttempt.RunAsync(bench, id, storage));
            }

            Assert.Equal(new RowCounts(250, 0, 0, 0, 0), (await bench.JobAsync(id)).RowCounts());
            var documents = await DocumentsAsync(bench);
            Assert.Equal(250, documents.Select(document => document.ExternalId).Distinct().Count());
            Assert.All(documents, document => Assert.Equal(1, document.Upload));
            if (stored == 250)
            {
                break;
            }

            Assert.Equal(0, stored % 100);
        }
    }

    // Whether it died at all.
    private async Task<bool> DieAsync(int survives, bool tellsChanges)
    {
        var (bench, table) = await NewAsync();
        var storage = app.Services.GetRequiredService<IDocumentStore>();
        table.Most = 4;
        for (var i = 0; i < 10; i++)
        {
            table.Rows[$"r{i}"] = (tellsChanges ? LongAgo : null, null, $"text {i}");
        }

        var (kept, left) = (await bench.Tenant.NewCollectionAsync(), await bench.Tenant.NewCollectionAsync());
        await LinkAsync(bench, tellsChanges, kept, left);
        Assert.True(await SyncAttempt.RunAsync(bench, (await bench.AskAsync()).Text("id"), storage));
        Assert.Equal(20, (await DocumentsAsync(bench)).Count);

        // Rows come, change and go; the second collection is taken out, and the schema changes.
        table.Rows["r3"] = ("2020-01-02T00:00:00Z", null, "changed");
        table.Rows.Remove("r2");
        table.Rows.Remove("r5");
        table.Rows["n1"] = (LongAgo, null, "new");
        table.Rows["n8"] = (LongAgo, null, "new");
        table.Rows["n9"] = (LongAgo, null, null);
        await LinkAsync(bench, tellsChanges, kept);
        bench.Database.Tables = [.. bench.Database.Tables, ScriptedTable.Table("others")];

        var id = (await bench.AskAsync()).Text("id");
        var hasDied = !await SyncAttempt.RunAsync(bench, id, new DyingStore(storage, survives, isStored: true));
        Assert.True(survives > MomentsBefore || (await bench.JobAsync(id)).Text("phase") is "commit" or "index");
        if (hasDied && (await bench.JobAsync(id)).Text("status") != "completed")
        {
            Assert.True(await SyncAttempt.RunAsync(bench, id, storage));
        }

        var job = await bench.JobAsync(id);
        Assert.Equal(("completed", new RowCounts(2, 1, 7, 12, 1)), (job.Text("status"), job.RowCounts()));
        Assert.Equal(2, await bench.Git.CountAsync());
        var documents = await DocumentsAsync(bench);
        Assert.Equal(
            ["n1", "n8", "r0", "r1", "r3", "r4", "r6", "r7", "r8", "r9"], documents.Select(document => document.Metadata.ToElement().Text("id")).Order(StringComparer.Ordinal));
        Assert.All(documents, document => Assert.Equal(kept, document.CollectionId));
        Assert.All(documents, document => Assert.Equal(document.ExternalId!.EndsWith(":r3", StringComparison.Ordinal) ? 2 : 1, document.Upload));
        Assert.Equal(11, (await app.Store.For(bench.Tenant.ClientId).ListAsync(Query.Of<IndexedRow>(), Ct)).Count);
        Assert.Equal(0, (await bench.Tenant.CountsAsync(left)).Read().Documents);
        Assert.Equal(10, (await bench.Tenant.CountsAsync(kept)).Read().Documents);
        return hasDied;
    }

    private async Task<(SyncBench Bench, ScriptedTable Table)> NewAsync()
    {
        var bench = await SyncBench.NewAsync(app);
        var table = new ScriptedTable();
        bench.Database.Tables = [ScriptedTable.Table("articles")];
        bench.Database.Rows["articles"] = table;
        return (bench, table);
    }

    private static Task LinkAsync(SyncBench bench, params string[] collections) => LinkAsync(bench, tellsChanges: false, collections);

    private static async Task LinkAsync(SyncBench bench, bool tellsChanges, params string[] collections) => await (await bench.Tenant.Http.PatchJsonAsync(
        bench.Link,
        new
        {
            documents = collections.Select(collection => new
            {
                table = "articles",
                text_columns = new[] { "body" },
                id_column = "id",
                updated_column = tellsChanges ? "changed" : null,
                collection_id = collection,
            }),
        })).ExpectAsync(200);

    private Task<IReadOnlyList<KnowledgeDocument>> DocumentsAsync(SyncBench bench) =>
        app.Store.For(bench.Tenant.ClientId).ListAsync(Query.Of<KnowledgeDocument>().Ascending(), Ct);
}
