using System.Diagnostics;
using System.Globalization;
using AiBackend.Documents;
using AiBackend.Documents.Sqlite;
using AiBackend.Storage;

// usage: AiBackend.Storage [seconds of each measurement] [numbers of concurrent committers, 0 for none]
const int Sessions = 100;
var seconds = TimeSpan.FromSeconds(args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 5);
var folder = Directory.CreateTempSubdirectory("aibackend-storage-").FullName;
var ids = new Ids(TimeProvider.System);
try
{
    await using var adapter = new SqliteDocumentStore(Sets.Catalog, new SqliteDocumentOptions { Path = Path.Combine(folder, "bench.db") });
    await adapter.InitializeAsync(CancellationToken.None);
    var store = new DocumentStore(adapter);
    var client = store.For("cli_0000000000000000000000bench");
    var now = TimeProvider.System.GetUtcNow();
    var sessions = Enumerable.Range(0, Sessions).Select(_ => ids.New("ses")).ToArray();
    await client.CommitAsync(
        async transaction =>
        {
            foreach (var id in sessions)
            {
                await transaction.InsertAsync(new Session
                {
                    Id = id,
                    ClientId = client.ClientId,
                    Status = "open",
                    Messages = 0,
                    EventSequence = 0,
                    CreatedAt = now,
                    ActiveAt = now,
                });
            }
        },
        CancellationToken.None);

    // Unmeasured, so that the code is compiled.
    await Task.WhenAll(Enumerable.Range(0, 5_000).Select(i => Commits.MessageAsync(client, ids, sessions[i % Sessions])));
    int[] all = args.Length > 1 ? [.. args[1..].Select(count => int.Parse(count, CultureInfo.InvariantCulture))] : [1, 32, 64];
    foreach (var committers in all.Where(count => count > 0))
    {
        await Measure.RunAsync($"commits, {committers} committers", committers, seconds, i => Commits.MessageAsync(client, ids, sessions[i % Sessions]));
    }

    var some = (await client.PageAsync(Query.Of<Message>().Descending(m => m.CreatedAt), null, 1000, CancellationToken.None)).Items;
    await Measure.RunAsync("find one", 1, seconds, i => client.FindAsync<Message>(some[i % some.Count].Id, CancellationToken.None));
    var newest = Query.Of<Message>();
    await Measure.RunAsync("page of 50", 1, seconds, i => client.PageAsync(
        newest.Equal(m => m.SessionId, sessions[i % Sessions]).Descending(m => m.Position), null, 50, CancellationToken.None));
    await Measure.RunAsync("find one, 4 readers", 4, seconds, i => client.FindAsync<Message>(some[i % some.Count].Id, CancellationToken.None));
}
finally
{
    Console.WriteLine($"database: {new FileInfo(Path.Combine(folder, "bench.db")).Length / 1_000_000} MB");
    Directory.Delete(folder, recursive: true);
}

internal static class Commits
{
    private static readonly string Words = string.Join(' ', Enumerable.Repeat("What does the return policy say?", 12));
    private static readonly RawJson Metadata = RawJson.Parse("""{"page":"/checkout","locale":"en"}""");

    /// <summary>What a message costs without a reply: the message, its session's counters, its event.</summary>
    public static Task MessageAsync(TenantDocuments client, Ids ids, string sessionId) => client.CommitAsync(
        async transaction =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var session = (await transaction.UpdateAsync<Session>(
                sessionId,
                found => found with { Messages = found.Messages + 1, EventSequence = found.EventSequence + 1, ActiveAt = now }))!;
            var message = new Message
            {
                Id = ids.New("msg"),
                ClientId = client.ClientId,
                SessionId = sessionId,
                Position = session.Messages,
                Sender = new Sender("user", "usr_01"),
                Text = Words,
                CreatedAt = now,
                Metadata = Metadata,
            };
            await transaction.InsertAsync(message);
            await transaction.InsertAsync(new Raised
            {
                Id = ids.New("evt"),
                ClientId = client.ClientId,
                Type = "chat.message.created",
                EntityId = message.Id,
                SessionId = sessionId,
                Sequence = session.EventSequence,
                CreatedAt = now,
                Data = RawJson.Of(message, DocumentJson.Options),
            });
            transaction.Signal(sessionId);
        },
        CancellationToken.None);
}

internal static class Measure
{
    public static async Task RunAsync(string name, int workers, TimeSpan time, Func<int, Task> act)
    {
        var start = Stopwatch.GetTimestamp();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var writing = WriterTime();
        var latencies = await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            List<TimeSpan> mine = [];
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                var begin = Stopwatch.GetTimestamp();
                await act(worker + (workers * mine.Count));
                mine.Add(Stopwatch.GetElapsedTime(begin));
            }

            return mine;
        })));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var all = latencies.SelectMany(mine => mine).Order().ToArray();
        var writer = WriterTime() - writing;
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        var total = all.Length;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-24} {total / elapsed.TotalSeconds,9:0}/s p50 {all[total / 2].TotalMilliseconds,7:0.000} ms, p99 {all[total * 99 / 100].TotalMilliseconds,7:0.000} ms, {used.TotalMicroseconds / total,6:0.0} us processor time, {writer.TotalMicroseconds / total,6:0.0} us of it the writer's"));
    }

    /// <summary>The processor time of the thread that writes, as Linux counts it; zero elsewhere.</summary>
    private static TimeSpan WriterTime()
    {
        foreach (var thread in Directory.Exists("/proc/self/task") ? Directory.GetDirectories("/proc/self/task") : [])
        {
            if (File.ReadAllText(Path.Combine(thread, "comm")).StartsWith("SQLite writer", StringComparison.Ordinal))
            {
                var nanoseconds = File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0];
                return TimeSpan.FromMicroseconds(double.Parse(nanoseconds, CultureInfo.InvariantCulture) / 1_000);
            }
        }

        return TimeSpan.Zero;
    }
}
