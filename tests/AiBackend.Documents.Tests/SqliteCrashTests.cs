using System.Diagnostics;
using AiBackend.Documents.Crash;
using AiBackend.Documents.Sqlite;

namespace AiBackend.Documents.Tests;

/// <summary>A process that is killed in the middle of commits.</summary>
public sealed class SqliteCrashTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aibackend-crash-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string DatabasePath => Path.Combine(folder, "crash.db");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Twenty_kills_lose_no_acknowledged_commit_and_leave_none_half_done()
    {
        var random = new Random(20);
        HashSet<string> acknowledged = [];
        for (var kill = 0; kill < 20; kill++)
        {
            acknowledged.UnionWith(await CommitUntilKilledAsync(after: random.Next(1, 250)));

            await using var store = new SqliteDocumentStore(Pairs.Catalog, new SqliteDocumentOptions { Path = DatabasePath });
            await store.InitializeAsync(Ct);
            var lefts = await store.ListAsync(Query.Of<Left>().Ascending(l => l.Number), Ct);
            var rights = await store.ListAsync(Query.Of<Right>().Ascending(r => r.Number), Ct);
            var tally = await store.FindAsync<Tally>(Tally.TheId, Ct);

            Assert.Empty(acknowledged.Except(lefts.Select(left => left.Id)));
            Assert.Equal(lefts.Select(left => (left.Id, left.Number)), rights.Select(right => (right.Id, right.Number)));
            Assert.Equal(Enumerable.Range(1, lefts.Count).Select(n => (long)n), lefts.Select(left => left.Number));
            Assert.Equal(lefts.Count, tally!.Pairs);
        }
    }

    /// <summary>Kills the process (SIGKILL) once it has acknowledged so many commits, with more under way.</summary>
    /// <returns>The ids that it acknowledged until it died.</returns>
    private async Task<List<string>> CommitUntilKilledAsync(int after)
    {
        using var process = Process.Start(new ProcessStartInfo
        {
            FileName = "dotnet",
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "AiBackend.Documents.Crash.dll"), DatabasePath },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        List<string> ids = [];
        try
        {
            while (ids.Count < after && await process.StandardOutput.ReadLineAsync(Ct) is { } id)
            {
                ids.Add(id);
            }
        }
        finally
        {
            process.Kill();
        }

        var errors = process.StandardError.ReadToEndAsync(Ct);
        ids.AddRange((await process.StandardOutput.ReadToEndAsync(Ct)).Split('\n').SkipLast(1));
        await process.WaitForExitAsync(Ct);
        Assert.Equal(string.Empty, await errors);
        Assert.True(ids.Count >= after, "The process ended before it was killed.");
        return ids;
    }
}
