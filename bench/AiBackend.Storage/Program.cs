using System.Diagnostics;
using System.Globalization;
using AiBackend.Documents;
using AiBackend.Documents.Sqlite;
using AiBackend.Storage;

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

    foreach (var committers in new[] { 1, 32, 64 })
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
        var counts = await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            var count = 0;
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                await act(worker + (workers * count++));
            }

            return count;
        })));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        var total = counts.Sum();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-24} {total / elapsed.TotalSeconds,9:0}/s {elapsed.TotalMicroseconds * workers / total,9:0.0} us each, {used.TotalMicroseconds / total,6:0.0} us processor time"));
    }
}
