using System.Diagnostics;
using AiBackend.Documents;
using AiBackend.Knowledge;
using AiBackend.Semantics.Rows;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Semantics.Sync;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>A sync that is cancelled while it reads rows.</summary>
public sealed class RowCancelTests(SyncApp app) : IClassFixture<SyncApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_ends_although_the_database_hangs_and_a_later_try_does_the_rest()
    {
        var (bench, table) = await NewAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        table.Before = request =>
        {
            if (request < 3)
            {
                return Task.CompletedTask;
            }

            reached.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Ct);
        };
        var id = (await bench.AskAsync()).Text("id");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        var clock = Stopwatch.StartNew();
        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{id}/cancel")).ExpectAsync(200);
        var cancelled = await bench.EndOfAsync(id);
        TestContext.Current.SendDiagnosticMessage($"Cancelled within {clock.ElapsedMilliseconds} ms");

        Assert.Equal(("cancelled", "index"), (cancelled.Text("status"), cancelled.Text("phase")));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
        Assert.Equal(20, await CountAsync(bench));

        table.Before = _ => Task.CompletedTask;
        table.Requests.Clear();
        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{id}/requeue")).ExpectAsync(200);
        var done = await bench.EndOfAsync(id);

        Assert.Equal(("completed", new RowCounts(50, 0, 0, 0, 0)), (done.Text("status"), done.RowCounts()));
        Assert.Contains(done.GetProperty("logs").EnumerateArray(), line => line.Text("text") == "Going on with phase index, attempt 2.");
        Assert.Equal((3, 50, 1), (table.Requests.Count, await CountAsync(bench), await bench.Git.CountAsync()));
    }

    [Fact]
    public async Task It_ends_at_the_next_page_while_rows_keep_coming()
    {
        var (bench, table) = await NewAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        table.Before = request =>
        {
            // A table that grows faster than it is read.
            for (var i = 0; i < 10; i++)
            {
                table.Rows[new string([.. $"z{request:d6}{i}".Reverse()])] = (null, null, "more");
            }

            if (request == 4)
            {
                reached.TrySetResult();
            }

            return Task.CompletedTask;
        };
        var id = (await bench.AskAsync()).Text("id");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{id}/cancel")).ExpectAsync(200);

        var cancelled = await bench.EndOfAsync(id);
        Assert.Equal(("cancelled", "index"), (cancelled.Text("status"), cancelled.Text("phase")));
    }

    private async Task<(SyncBench Bench, ScriptedTable Table)> NewAsync()
    {
        var bench = await SyncBench.NewAsync(app);
        var table = new ScriptedTable { Most = 10 };
        for (var i = 0; i < 50; i++)
        {
            table.Rows[$"r{i}"] = (null, null, $"text {i}");
        }

        bench.Database.Tables = [ScriptedTable.Table("articles")];
        bench.Database.Rows["articles"] = table;
        var collection = await bench.Tenant.NewCollectionAsync();
        await (await bench.Tenant.Http.PatchJsonAsync(
            bench.Link, new { documents = new[] { new { table = "articles", text_columns = new[] { "body" }, id_column = "id", collection_id = collection } } })).ExpectAsync(200);
        return (bench, table);
    }

    private async Task<int> CountAsync(SyncBench bench) =>
        (await app.Store.For(bench.Tenant.ClientId).ListAsync(Query.Of<KnowledgeDocument>(), Ct)).Count;
}
