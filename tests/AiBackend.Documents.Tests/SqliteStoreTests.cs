using AiBackend.Documents.Sqlite;
using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

/// <summary>What only the embedded database does.</summary>
public sealed class SqliteStoreTests : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aibackend-sqlite-").FullName;
    private readonly List<SqliteDocumentStore> opened = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string DatabasePath => Path.Combine(folder, "made", "when missing", "store.db");

    public async ValueTask DisposeAsync()
    {
        foreach (var store in opened)
        {
            await store.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Work_that_awaits_something_else_is_refused_and_undone()
    {
        var store = await OpenAsync();
        var elsewhere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = new TaskCompletionSource<Exception?>();

        await Assert.ThrowsAsync<InvalidOperationException>(() => store.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(NewCounter("before"));
                await elsewhere.Task;
                late.SetResult(await Record.ExceptionAsync(async () => await transaction.InsertAsync(NewCounter("after"))));
                return true;
            },
            Ct));
        elsewhere.SetResult();

        Assert.IsType<InvalidOperationException>(await late.Task);
        Assert.Null(await store.FindAsync<Counter>("before", Ct));
        Assert.Null(await store.FindAsync<Counter>("after", Ct));
    }

    [Fact]
    public async Task Another_thread_may_not_use_the_transaction_while_the_work_runs()
    {
        var store = await OpenAsync();
        Exception? thrown = null;

        await store.CommitAsync(
            transaction =>
            {
                var other = new Thread(() => thrown = Record.Exception(() => transaction.Signal("other")));
                other.Start();
                other.Join();
                return ValueTask.FromResult(true);
            },
            Ct);

        Assert.IsType<InvalidOperationException>(thrown);
    }

    [Fact]
    public async Task A_commit_within_a_commit_is_refused()
    {
        var store = await OpenAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => store.CommitAsync(
            async _ => await store.CommitAsync(transaction => ValueTask.FromResult(transaction is null), Ct), Ct));
    }

    [Fact]
    public async Task Commits_that_wait_are_done_before_the_store_closes_and_later_ones_refused()
    {
        var store = await OpenAsync();
        var commits = Enumerable.Range(0, 500).Select(n => InsertAsync(store, $"c{n}")).ToArray();

        await store.DisposeAsync();

        await Task.WhenAll(commits);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => InsertAsync(store, "late"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.FindAsync<Counter>("c1", Ct));
        Assert.False(await store.IsReadyAsync(Ct));
        Assert.NotNull(await (await OpenAsync()).FindAsync<Counter>("c499", Ct));
    }

    [Fact]
    public async Task A_store_that_was_not_initialised_says_so()
    {
        var store = Make(DatabasePath);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => InsertAsync(store, "c"));
        Assert.False(await store.IsReadyAsync(Ct));
    }

    [Fact]
    public async Task A_path_that_is_a_folder_is_refused_with_what_to_do()
    {
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Make(folder).InitializeAsync(Ct));

        Assert.Contains(folder, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused_with_its_path()
    {
        var file = Path.Combine(folder, "file");
        await File.WriteAllTextAsync(file, "x", Ct);
        var path = Path.Combine(file, "store.db");

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Make(path).InitializeAsync(Ct));

        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_kept()
    {
        var path = Path.Combine(folder, "notes.txt");
        await File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("not a database\n", 500)), Ct);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Make(path).InitializeAsync(Ct));

        Assert.StartsWith("not a database", await File.ReadAllTextAsync(path, Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_later_format_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        using (var connection = Connection.OpenWriter(DatabasePath))
        {
            connection.Execute("PRAGMA user_version = 2");
        }

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Make(DatabasePath).InitializeAsync(Ct));

        Assert.Contains("format 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expressions_over_declared_fields_use_their_index_without_sorting()
    {
        await OpenAsync();
        using var connection = Connection.OpenReader(DatabasePath);
        var table = new DocumentTables(Items.Catalog, requireServedQueries: true).Of<Item>();
        var mine = Query.Of<Item>().Equal(i => i.ClientId, "cli_1");
        (Query<Item> Query, string Index)[] queries =
        [
            (mine, "by_client"),
            (mine.Descending(i => i.At), "by_time"),
            (mine.Greater(i => i.At, Items.Start).Ascending(i => i.At), "by_time"),
            (mine.Equal(i => i.Kind, Kind.Odd).Descending(i => i.At), "by_kind"),
            (mine.Exists(i => i.ReviewedAt).Ascending(i => i.ReviewedAt), "reviewed"),
            (mine.Equal(i => i.ExternalId, "ext"), "by_external_id"),
            (mine.Ascending(i => i.Label, i => i.Weight), "by_label"),
        ];
        foreach (var (query, index) in queries)
        {
            QuerySql[] read = [QuerySql.Select(table, "body", query, 10), .. QuerySql.Segments(table, "body", query, AfterFirst(query), 10)];
            foreach (var sql in read)
            {
                var plan = Plan(connection, sql);
                Assert.DoesNotContain("SCAN", plan, StringComparison.Ordinal);
                Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
            }

            Assert.Contains($"items.{index}", Plan(connection, read[0]), StringComparison.Ordinal);
        }
    }

    private static IReadOnlyList<object?> AfterFirst(Query<Item> query) =>
        [.. PageCursor.OrderOf(query).Select(_ => (object?)"value")];

    private static string Plan(Connection connection, QuerySql sql)
    {
        using var statement = connection.Use($"EXPLAIN QUERY PLAN {sql}");
        List<string> steps = [];
        while (statement.Step())
        {
            steps.Add(statement.Text(3));
        }

        return string.Join("; ", steps);
    }

    private static Counter NewCounter(string id) => new() { Id = id };

    private static Task<bool> InsertAsync(SqliteDocumentStore store, string id) => store.CommitAsync(
        async transaction =>
        {
            await transaction.InsertAsync(NewCounter(id));
            return true;
        },
        Ct);

    private static SqliteDocumentStore Make(string path) =>
        new(Items.Catalog, new SqliteDocumentOptions { Path = path, RequireServedQueries = true });

    private async Task<SqliteDocumentStore> OpenAsync()
    {
        var store = Make(DatabasePath);
        opened.Add(store);
        await store.InitializeAsync(Ct);
        return store;
    }
}
