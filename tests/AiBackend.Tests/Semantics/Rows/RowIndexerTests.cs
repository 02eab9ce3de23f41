using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Knowledge;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Rows;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>Rows that come, change and go. There are no workers in the service, so documents stay queued.</summary>
public sealed class RowIndexerTests(WorkerlessFixture app) : IClassFixture<WorkerlessFixture>
{
    private const string LongAgo = "2020-01-01T00:00:00Z";

    private readonly ScriptedTable table = new();
    private readonly List<string> lines = [];
    private readonly RowDocuments settings = new() { Table = "articles", IdColumn = "id", TextColumns = ["body"], TitleColumn = "title", CollectionId = string.Empty };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private RowIndexer Indexer => app.Services.GetRequiredService<RowIndexer>();

    [Fact]
    public async Task New_changed_and_gone_rows_are_told_apart()
    {
        var (tenant, link) = await GivenLinkAsync(settings);
        Fill(3, changed: null);
        Assert.Equal(new RowCounts(3, 0, 0, 0, 0), await RunAsync(link, "syn_1"));

        table.Rows["r1"] = (null, "T", "another text");
        table.Rows.Remove("r2");
        table.Rows["r9"] = (null, "T", "new text");
        table.Rows["r8"] = (null, "T", "  ");

        Assert.Equal(new RowCounts(1, 1, 1, 1, 1), await RunAsync(link, "syn_2"));
        var documents = await DocumentsAsync(tenant);
        Assert.Equal(["r0", "r1", "r9"], documents.Select(document => document.Metadata.ToElement().GetProperty("id").GetString()!).Order());
        Assert.All(documents, document => Assert.Equal($"dst_x:articles:{document.Metadata.ToElement().GetProperty("id").GetString()}", document.ExternalId));
        Assert.Equal((2, 1), (documents.Single(document => document.ExternalId == "dst_x:articles:r1").Upload, documents.Single(document => document.ExternalId == "dst_x:articles:r0").Upload));
    }

    [Fact]
    public async Task Only_pages_with_something_new_are_read_whole_and_pages_bound_what_is_read_at_once()
    {
        var (_, link) = await GivenLinkAsync(settings with { UpdatedColumn = "changed" });
        Fill(1_200, LongAgo);
        await RunAsync(link, "syn_1");
        Assert.Equal((3, 3), (table.Requests.Count, table.WholePages));
        table.Requests.Clear();

        // All rows have one and the same time: what is new is found by key, with whatever time it comes.
        table.Rows["r5"] = ("2020-01-02T00:00:00Z", "T", "changed text");
        table.Rows["late"] = ("1999-01-01T00:00:00Z", "T", "committed late");
        var counts = await RunAsync(link, "syn_2");

        Assert.Equal(new RowCounts(1, 1, 1_199, 0, 0), counts);
        Assert.InRange(table.WholePages, 1, 2);
        Assert.All(table.Requests, request => Assert.True(request.Limit <= 500));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2026-03-14T09:26:53Z")]
    [InlineData("2026-03-15T09:26:53Z")]
    [InlineData("infinity")]
    public async Task A_row_without_a_time_or_with_a_recent_one_is_read_again(string? changed)
    {
        var (_, link) = await GivenLinkAsync(settings with { UpdatedColumn = "changed" });
        table.Rows["a"] = (changed, "T", "one");
        await RunAsync(link, "syn_1");

        table.Rows["a"] = (changed, "T", "one again");

        Assert.Equal(new RowCounts(0, 1, 0, 0, 0), await RunAsync(link, "syn_2"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_pass_that_breaks_off_goes_on_where_it_was(int breaks)
    {
        var (tenant, link) = await GivenLinkAsync(settings);
        Fill(1_200, changed: null);
        await RunAsync(link, "syn_1");
        table.Rows.Remove("r7");
        table.Rows["new"] = (null, "T", "new");
        table.Rows["r8"] = (null, "T", "changed");
        table.Requests.Clear();
        table.Before = request => request == breaks ? throw new IOException("gone") : Task.CompletedTask;
        await Assert.ThrowsAsync<IOException>(() => RunAsync(link, "syn_2"));

        Assert.Equal(new RowCounts(1, 1, 1_198, 1, 0), await RunAsync(link, "syn_2"));

        // Three pages of rows and three of keys, and none twice but the one that failed.
        Assert.Equal(7, table.Requests.Count);
        Assert.Equal(1_200, (await DocumentsAsync(tenant)).Count);
    }

    [Fact]
    public async Task Of_two_processes_one_goes_on()
    {
        var (_, link) = await GivenLinkAsync(settings);
        Fill(600, changed: null);
        var isFirst = true;
        table.Before = async request =>
        {
            if (request == 2 && isFirst)
            {
                isFirst = false;
                await RunAsync(link, "syn_1");
            }
        };

        await Assert.ThrowsAsync<LeaseLostException>(() => RunAsync(link, "syn_1"));
    }

    [Fact]
    public async Task Other_settings_have_every_row_read_again_but_only_other_texts_stored()
    {
        var (_, link) = await GivenLinkAsync(settings with { UpdatedColumn = "changed" });
        Fill(2, LongAgo);
        table.Rows["untitled"] = (LongAgo, null, "body");
        await RunAsync(link, "syn_1");

        var counts = await RunAsync(link with { Documents = [link.Documents[0] with { TitleColumn = null }] }, "syn_2");

        Assert.Equal(new RowCounts(0, 2, 1, 0, 0), counts);
    }

    [Fact]
    public async Task A_table_that_is_taken_out_loses_its_documents_and_one_that_is_not_there_keeps_them()
    {
        var (tenant, link) = await GivenLinkAsync(settings);
        Fill(150, changed: null);
        await RunAsync(link, "syn_1");

        var gone = await Assert.ThrowsAsync<RowsException>(() => RunAsync(link, "syn_2", new DatabaseSchema([])));
        Assert.Equal(("table_not_found", 150), (gone.Code, (await DocumentsAsync(tenant)).Count));
        Assert.StartsWith("There is no table articles", gone.Message, StringComparison.Ordinal);

        Assert.Equal(new RowCounts(0, 0, 0, 150, 0), await RunAsync(link with { Documents = [] }, "syn_3"));
        Assert.Empty(await DocumentsAsync(tenant));
        Assert.Equal(RowCounts.None, await RunAsync(link with { Documents = [] }, "syn_4"));
        Assert.Empty(await app.Store.For(tenant.ClientId).ListAsync(Query.Of<RowEntry>(), Ct));
        Assert.Single(lines, line => line.StartsWith("articles: 150 documents removed", StringComparison.Ordinal));
        Assert.Equal(new RowCounts(150, 0, 0, 0, 0), await RunAsync(link, "syn_5"));
    }

    [Fact]
    public async Task A_deleted_document_comes_back()
    {
        var (tenant, link) = await GivenLinkAsync(settings with { UpdatedColumn = "changed" });
        Fill(2, LongAgo);
        await RunAsync(link, "syn_1");
        await app.Services.GetRequiredService<KnowledgeDocuments>().DeleteAsync(tenant.ClientId, (await DocumentsAsync(tenant))[0].Id, _ => { }, Ct);

        Assert.Equal(new RowCounts(1, 0, 1, 0, 0), await RunAsync(link, "syn_2"));
    }

    [Fact]
    public async Task What_cannot_be_done_is_told_in_words()
    {
        var (tenant, link) = await GivenLinkAsync(settings);
        var (_, others) = await GivenLinkAsync(settings);

        var column = await Assert.ThrowsAsync<RowsException>(() => RunAsync(link with { Documents = [settings with { TextColumns = ["text"], CollectionId = link.Documents[0].CollectionId }] }, "syn_1"));
        Assert.Equal(("column_not_found", "The table articles has no column text, which is its text_columns in documents."), (column.Code, column.Message));
        var foreign = await Assert.ThrowsAsync<RowsException>(() => RunAsync(link with { Documents = others.Documents }, "syn_1"));
        Assert.Equal("collection_not_found", foreign.Code);
        Fill(3, changed: null);
        await (await app.Admin.PatchJsonAsync($"/api/v1/clients/{tenant.ClientId}", new { settings = new { quotas = new { documents = 2 } } })).ExpectAsync(200);
        var quota = await Assert.ThrowsAsync<RowsException>(() => RunAsync(link, "syn_1"));
        Assert.Equal("quota_exceeded", quota.Code);
        Assert.Empty(await DocumentsAsync(tenant));
    }

    [Fact]
    public async Task A_link_that_is_deleted_leaves_its_documents_to_background_work()
    {
        var (tenant, link) = await GivenLinkAsync(settings);
        Fill(3, changed: null);
        await RunAsync(link, "syn_1");
        var removal = app.Services.GetRequiredService<RowRemoval>();
        await app.Store.For(tenant.ClientId).CommitAsync(transaction => removal.RemoveLaterAsync(transaction, link), Ct);

        var entry = Assert.Single(await app.Store.For(tenant.ClientId).ListAsync(Query.Of<RowEntry>(), Ct));
        Assert.Null(entry.Link);
        Assert.Equal(app.Clock.GetUtcNow(), entry.DueAt);
        await removal.HandleAsync(entry, Ct);

        Assert.Empty(await DocumentsAsync(tenant));
        Assert.Empty(await app.Store.For(tenant.ClientId).ListAsync(Query.Of<IndexedRow>(), Ct));
    }

    private void Fill(int count, string? changed)
    {
        for (var i = 0; i < count; i++)
        {
            table.Rows[$"r{i}"] = (changed, "T", $"text {i}");
        }
    }

    private async Task<(Tenant Tenant, LayerStore Link)> GivenLinkAsync(RowDocuments rows)
    {
        var tenant = await app.NewTenantAsync();
        var link = new LayerStore
        {
            Id = LayerStore.IdFor($"lay_{tenant.ClientId}", "dst_x"),
            ClientId = tenant.ClientId,
            LayerId = "lay_x",
            DataStoreId = "dst_x",
            Documents = [rows with { CollectionId = await tenant.NewCollectionAsync() }],
            CreatedAt = app.Clock.GetUtcNow(),
            UpdatedAt = app.Clock.GetUtcNow(),
        };
        await app.Store.For(tenant.ClientId).CommitAsync(transaction => transaction.InsertAsync(link), Ct);
        return (tenant, link);
    }

    private Task<RowCounts> RunAsync(LayerStore link, string jobId, DatabaseSchema? schema = null) => Indexer.RunAsync(
        new RowSync { JobId = jobId, Link = link, Schema = schema ?? ScriptedTable.Schema, Target = new ConnectionTarget { Kind = StoreKind.Sqlite }, Connector = table },
        new RowReport((_, _, _) => Task.CompletedTask, (text, _, _) =>
        {
            lines.Add(text);
            return Task.CompletedTask;
        }),
        Ct);

    private Task<IReadOnlyList<KnowledgeDocument>> DocumentsAsync(Tenant tenant) =>
        app.Store.For(tenant.ClientId).ListAsync(Query.Of<KnowledgeDocument>().Ascending(), Ct);
}
