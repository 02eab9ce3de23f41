using AiBackend.DataStores;
using AiBackend.Semantics.Rows;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>How much is read and held at once, and what happens to a table meanwhile.</summary>
public sealed class RowPagesTests(WorkerlessFixture app) : IClassFixture<WorkerlessFixture>
{
    private const string LongAgo = "2020-01-01T00:00:00Z";

    [Fact]
    public async Task Pages_are_read_one_after_the_other_and_one_is_held_at_a_time()
    {
        var bench = await RowWorkbench.NewAsync(app);
        bench.Table.Most = 20;
        for (var i = 0; i < 300; i++)
        {
            bench.Table.Rows[$"r{i}"] = (null, null, $"text {i}");
        }

        var given = new List<WeakReference>();
        var (reading, atOnce, held) = (0, 0, 0);
        bench.Table.Given = page =>
        {
            given.AddRange(page.Rows.Select(row => new WeakReference(row)));
            reading--;
        };
        bench.Table.Before = _ =>
        {
            atOnce = Math.Max(atOnce, ++reading);
            GC.Collect();
            held = Math.Max(held, given.Count(row => row.IsAlive));
            return Task.CompletedTask;
        };

        Assert.Equal(300, (await bench.RunAsync("syn_1")).Added);

        // What a page made may still be on its way out while the next one is asked for.
        Assert.Equal((300, 15, 1), (given.Count, bench.Table.Requests.Count, atOnce));
        Assert.InRange(held, 0, 40);
        Assert.Equal(Enumerable.Range(1, 15).Select(page => page * 20L), bench.Progress);
    }

    [Fact]
    public async Task Fewer_rows_are_asked_for_where_they_are_long()
    {
        var bench = await RowWorkbench.NewAsync(app);
        var text = new string('x', 399_000);
        for (var i = 0; i < 45; i++)
        {
            bench.Table.Rows[$"r{i}"] = (null, null, text);
        }

        bench.Table.Most = 15;
        await bench.RunAsync("syn_1");

        // Eight million characters are twenty of them.
        Assert.Equal([500, 20, 20], bench.Table.Requests.Select(request => request.Limit));
    }

    [Fact]
    public async Task Long_texts_are_stored_a_few_at_a_time()
    {
        var bench = await RowWorkbench.NewAsync(app);
        foreach (var name in new[] { "a", "b", "c" })
        {
            bench.Table.Rows[name] = (null, null, new string('x', 1_000_000));
        }

        // The third one is another commit, which is refused.
        await (await app.Admin.PatchJsonAsync($"/api/v1/clients/{bench.Tenant.ClientId}", new { settings = new { quotas = new { documents = 2 } } })).ExpectAsync(200);
        var refused = await Assert.ThrowsAsync<RowsException>(() => bench.RunAsync("syn_1"));

        Assert.Equal(("quota_exceeded", 2), (refused.Code, (await bench.DocumentsAsync()).Count));
    }

    [Fact]
    public async Task A_text_of_a_million_characters_is_whole_and_a_longer_one_is_cut_and_told()
    {
        var bench = await RowWorkbench.NewAsync(app);
        bench.Table.Rows["fits"] = (null, null, new string('x', RowSource.MaxText));
        Assert.Equal(1, (await bench.RunAsync("syn_1")).Added);
        Assert.DoesNotContain(bench.Lines, line => line.StartsWith('*'));

        // The pair at the end does not fit, and is not torn apart.
        bench.Table.Rows["long"] = (null, null, new string('x', RowSource.MaxText - 1) + "😀");
        Assert.Equal(new RowCounts(1, 0, 1, 0, 0), await bench.RunAsync("syn_2"));
        Assert.Contains("*articles: the texts of 1 rows are longer than 1000000 characters and were cut there.", bench.Lines);
        Assert.Equal(
            [RowSource.MaxText - 1, RowSource.MaxText], (await bench.DocumentsAsync()).Select(document => (int)document.Bytes).Order());
        Assert.Equal(new RowCounts(0, 0, 2, 0, 0), await bench.RunAsync("syn_3"));
        Assert.Equal(2, bench.Lines.Count(line => line.StartsWith('*')));
    }

    [Fact]
    public async Task What_a_job_removed_counts_although_it_begins_anew_with_other_settings()
    {
        var bench = await RowWorkbench.NewAsync(app);
        bench.Table.Rows["a"] = (null, "Title", "text");
        bench.Table.Rows["b"] = (null, "Title", "text");
        await bench.RunAsync("syn_1");
        bench.Table.Rows["a"] = (null, "Title", null);
        bench.Table.Most = 1;
        bench.Table.Requests.Clear();
        bench.Table.Before = request => request == 2 ? throw new IOException("gone") : Task.CompletedTask;
        await Assert.ThrowsAsync<IOException>(() => bench.RunAsync("syn_2"));

        Assert.Equal(
            new RowCounts(0, 1, 0, 1, 1), await bench.RunAsync("syn_2", bench.Link with { Documents = [bench.Settings with { TitleColumn = null }] }));
    }

    [Fact]
    public async Task A_row_that_changes_comes_or_goes_between_keys_and_texts_is_taken_as_it_is_then()
    {
        var bench = await RowWorkbench.NewAsync(app, "changed");
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            bench.Table.Rows[name] = (LongAgo, null, name);
        }

        await bench.RunAsync("syn_1");
        bench.Table.Rows["a"] = ("2020-01-02T00:00:00Z", null, "a, changed");
        bench.Table.Requests.Clear();
        bench.Table.Before = request =>
        {
            if (request == 2)
            {
                bench.Table.Rows["a"] = ("2020-01-03T00:00:00Z", null, "a, changed while it was read");
                bench.Table.Rows["b"] = ("2020-01-03T00:00:00Z", null, "b, changed while it was read");
                bench.Table.Rows["e"] = (LongAgo, null, "e");
                bench.Table.Rows.Remove("d");
            }

            return Task.CompletedTask;
        };

        Assert.Equal(new RowCounts(1, 2, 1, 1, 0), await bench.RunAsync("syn_2"));
        Assert.Equal(4, (await bench.DocumentsAsync()).Count);
        Assert.Equal(new RowCounts(0, 0, 4, 0, 0), await bench.RunAsync("syn_3"));
    }

    [Fact]
    public async Task A_row_that_changes_or_goes_behind_the_reading_is_found_the_next_time()
    {
        var bench = await RowWorkbench.NewAsync(app, "changed");
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            bench.Table.Rows[name] = (LongAgo, null, name);
        }

        await bench.RunAsync("syn_1");
        bench.Table.Most = 2;
        bench.Table.Requests.Clear();
        bench.Table.Before = request =>
        {
            if (request == 2)
            {
                bench.Table.Rows["a"] = ("2020-01-02T00:00:00Z", null, "changed");
                bench.Table.Rows["0"] = (LongAgo, null, "new");
                bench.Table.Rows.Remove("b");
            }

            return Task.CompletedTask;
        };

        Assert.Equal(new RowCounts(0, 0, 4, 0, 0), await bench.RunAsync("syn_2"));
        Assert.Equal(new RowCounts(1, 1, 2, 1, 0), await bench.RunAsync("syn_3"));
    }

    [Fact]
    public async Task A_row_that_says_another_time_and_is_the_same_is_read_once()
    {
        var bench = await RowWorkbench.NewAsync(app, "changed");
        bench.Table.Rows["a"] = (LongAgo, null, "text");
        await bench.RunAsync("syn_1");
        bench.Table.Rows["a"] = ("2020-01-02T00:00:00Z", null, "text");

        Assert.Equal(new RowCounts(0, 0, 1, 0, 0), await bench.RunAsync("syn_2"));
        Assert.Equal(2, bench.Table.WholePages);
        Assert.Equal(new RowCounts(0, 0, 1, 0, 0), await bench.RunAsync("syn_3"));
        Assert.Equal(2, bench.Table.WholePages);
    }

    [Fact]
    public async Task Other_settings_hold_for_all_rows_although_the_first_job_with_them_broke_off()
    {
        var bench = await RowWorkbench.NewAsync(app, "changed");
        for (var i = 0; i < 6; i++)
        {
            bench.Table.Rows[$"r{i}"] = (LongAgo, "Title", $"text {i}");
        }

        bench.Table.Most = 2;
        await bench.RunAsync("syn_1");
        var untitled = bench.Link with { Documents = [bench.Settings with { TitleColumn = null }] };
        bench.Table.Requests.Clear();
        bench.Table.Before = request => request == 2 ? throw new IOException("gone") : Task.CompletedTask;
        await Assert.ThrowsAsync<IOException>(() => bench.RunAsync("syn_2", untitled));
        Assert.Equal(4, (await bench.DocumentsAsync()).Count(document => document.Title == "Title"));

        Assert.Equal(new RowCounts(0, 4, 2, 0, 0), await bench.RunAsync("syn_3", untitled));
        Assert.All(await bench.DocumentsAsync(), document => Assert.Null(document.Title));
    }

    [Fact]
    public async Task A_row_that_loses_its_text_loses_its_document_and_gets_it_back()
    {
        var bench = await RowWorkbench.NewAsync(app, "changed");
        bench.Table.Rows["a"] = (LongAgo, "Title", "text");
        await bench.RunAsync("syn_1");

        bench.Table.Rows["a"] = ("2020-01-02T00:00:00Z", "Title", null);
        Assert.Equal(new RowCounts(0, 0, 0, 1, 1), await bench.RunAsync("syn_2"));
        Assert.Empty(await bench.DocumentsAsync());
        Assert.Equal(new RowCounts(0, 0, 0, 0, 1), await bench.RunAsync("syn_3"));

        bench.Table.Rows["a"] = ("2020-01-03T00:00:00Z", "Title", "text");
        Assert.Equal(new RowCounts(1, 0, 0, 0, 0), await bench.RunAsync("syn_4"));
    }

    [Fact]
    public async Task A_document_that_was_deleted_already_is_not_counted_as_removed_when_its_row_loses_its_text()
    {
        var bench = await RowWorkbench.NewAsync(app);
        bench.Table.Rows["a"] = (null, null, "text");
        await bench.RunAsync("syn_1");
        var document = Assert.Single(await bench.DocumentsAsync());
        await (await bench.Tenant.Http.DeleteAsync($"/api/v1/documents/{document.Id}", TestContext.Current.CancellationToken)).ExpectAsync(204);
        bench.Table.Rows["a"] = (null, null, null);

        Assert.Equal(new RowCounts(0, 0, 0, 0, 1), await bench.RunAsync("syn_2"));
    }

    [Fact]
    public async Task A_table_that_changes_its_columns_while_it_is_read_is_told_and_loses_nothing()
    {
        var bench = await RowWorkbench.NewAsync(app);
        bench.Table.Rows["a"] = (null, null, "text");
        await bench.RunAsync("syn_1");
        bench.Table.Before = _ => throw ConnectionProblem.Changed("the table articles has no column body.");

        await Assert.ThrowsAsync<ConnectionException>(() => bench.RunAsync("syn_2"));

        Assert.Single(await bench.DocumentsAsync());
        bench.Table.Before = _ => Task.CompletedTask;
        Assert.Equal(new RowCounts(0, 0, 1, 0, 0), await bench.RunAsync("syn_2"));
    }
}
