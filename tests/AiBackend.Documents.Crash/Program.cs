using AiBackend.Documents;
using AiBackend.Documents.Crash;
using AiBackend.Documents.Sqlite;

// Commits pairs without end, eight at a time, and prints the id of each after its commit was acknowledged. Ends by being killed.
var store = new SqliteDocumentStore(Pairs.Catalog, new SqliteDocumentOptions { Path = args[0] });
await store.InitializeAsync(CancellationToken.None);
if (await store.FindAsync<Tally>(Tally.TheId, CancellationToken.None) is null)
{
    await store.CommitAsync(
        async transaction =>
        {
            await transaction.InsertAsync(new Tally { Id = Tally.TheId });
            return true;
        },
        CancellationToken.None);
}

var ids = new Ids(TimeProvider.System);
await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
{
    while (true)
    {
        var id = ids.New("pair");
        await store.CommitAsync(
            async transaction =>
            {
                var tally = (await transaction.UpdateAsync<Tally>(Tally.TheId, found => found with { Pairs = found.Pairs + 1 }))!;
                await transaction.InsertAsync(new Left { Id = id, Number = tally.Pairs, Padding = new string('.', (int)(tally.Pairs % 9_000)) });
                await transaction.InsertAsync(new Right { Id = id, Number = tally.Pairs });
                return true;
            },
            CancellationToken.None);
        Console.WriteLine(id);
    }
})));
