using AiBackend.Documents.Sqlite;
using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

/// <summary>What shares a transaction does not share its fate.</summary>
public sealed class SqliteWriterTests(SqliteFixture fixture) : IClassFixture<SqliteFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_that_cannot_be_stored_fails_as_a_whole_and_the_next_one_is_stored()
    {
        var tables = new DocumentTables(Items.Catalog, requireServedQueries: true);
        var connection = Connection.OpenWriter(fixture.Path);
        connection.Execute("PRAGMA max_page_count = 1");
        var writer = new Writer(connection, new Checkpoints(Connection.OpenWriter(fixture.Path)), tables, new CommitSignals());

        var commits = Enumerable.Range(0, 50).Select(n => InsertLargeAsync(writer, $"c{n}", 20_000)).ToArray();
        foreach (var commit in commits)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => commit);
        }

        await writer.CommitAsync(
            transaction =>
            {
                connection.Execute("PRAGMA max_page_count = 100000");
                return ValueTask.FromResult(true);
            },
            Ct);
        await InsertLargeAsync(writer, "stored", 20_000);
        await writer.CloseAsync();

        Assert.NotNull(await fixture.Store.FindAsync<Errand>("stored", Ct));
        Assert.Empty(await fixture.Store.ListAsync(Query.Of<Errand>().In(e => e.Id, Enumerable.Range(0, 50).Select(n => $"c{n}")), Ct));
    }

    [Fact]
    public async Task Work_that_fails_after_writing_is_undone_alone_wherever_it_is_in_the_batch()
    {
        using var start = new ManualResetEventSlim();
        var runs = new int[30];

        // The first commit holds the writer until the others wait, so that they share a batch with it.
        var first = fixture.Store.CommitAsync(
            transaction =>
            {
                start.Wait();
                return ValueTask.FromResult(true);
            },
            Ct);
        var commits = Enumerable.Range(0, 30).Select(n => fixture.Store.CommitAsync(
            async transaction =>
            {
                runs[n]++;
                await transaction.InsertAsync(NewCounter($"c{n}"));
                return n % 10 == 9 ? throw new FormatException() : n;
            },
            Ct)).ToArray();
        start.Set();
        await first;

        for (var n = 0; n < 30; n++)
        {
            Assert.Equal(n % 10 == 9, await Record.ExceptionAsync(() => commits[n]) is FormatException);
            Assert.Equal(n % 10 == 9, await fixture.Store.FindAsync<Counter>($"c{n}", Ct) is null);
        }

        Assert.Equal(2, runs.Max());
    }

    [Fact]
    public async Task A_caller_that_leaves_before_its_turn_gets_nothing_stored()
    {
        using var start = new ManualResetEventSlim();
        using var gone = new CancellationTokenSource();
        var first = fixture.Store.CommitAsync(
            transaction =>
            {
                start.Wait();
                return ValueTask.FromResult(true);
            },
            Ct);

        var left = fixture.Store.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(NewCounter("left"));
                return true;
            },
            gone.Token);
        await gone.CancelAsync();
        start.Set();

        await first;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Null(await fixture.Store.FindAsync<Counter>("left", Ct));
    }

    [Fact]
    public async Task The_log_begins_anew_while_commits_go_on_however_slow_the_disk_is()
    {
        const long MostPages = 16_000;
        const long PageBytes = 4_096;
        const long LargestBatchBytes = 256 * 24_000;
        var log = new FileInfo($"{fixture.Path}-wal");
        var largest = 0L;

        for (var i = 0; i < 60; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(n => fixture.Store.CommitAsync(
                async transaction =>
                {
                    await transaction.InsertAsync(new Errand { Id = $"log-{i}-{n}", ClientId = "cli_1", Note = new string('.', 20_000) });
                    return true;
                },
                Ct)));
            log.Refresh();
            largest = Math.Max(largest, log.Length);
        }

        Assert.InRange(largest, 16_000_000, (MostPages * PageBytes) + LargestBatchBytes);
        Assert.True(new FileInfo(fixture.Path).Length > 40_000_000);
    }

    private static Counter NewCounter(string id) => new() { Id = id };

    private static Task<bool> InsertLargeAsync(Writer writer, string id, int length) => writer.CommitAsync(
        async transaction =>
        {
            await transaction.InsertAsync(new Errand { Id = id, ClientId = "cli_1", Note = new string('.', length) });
            return true;
        },
        Ct);
}
