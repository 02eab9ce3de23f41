using System.Text;
using AiBackend.Documents.Sqlite;
using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

/// <summary>The files of the embedded database keep nothing of what was removed.</summary>
public sealed class SqliteFileTests : IAsyncDisposable
{
    private const string Mark = "Kennwort-Zebra";

    private readonly string folder = Directory.CreateTempSubdirectory("aibackend-files-").FullName;
    private readonly Random random = new(20261122);
    private readonly SqliteDocumentStore store;
    private int made;

    public SqliteFileTests() =>
        store = new SqliteDocumentStore(Items.Catalog, new SqliteDocumentOptions { Path = Path.Combine(folder, "store.db") });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Texts_that_were_removed_or_replaced_are_in_no_file()
    {
        await store.InitializeAsync(Ct);
        var (kept, marked) = (new List<string>(), new List<string>());
        for (var round = 0; round < 40; round++)
        {
            await CommitAsync(async transaction =>
            {
                for (var i = 0; i < 20; i++)
                {
                    kept.Add(await InsertAsync(transaction, "other"));
                    marked.Add(await InsertAsync(transaction, Mark));
                }
            });
            await CommitAsync(async transaction =>
            {
                // Pages are split and merged: documents grow, shrink and go in no order.
                foreach (var id in marked.Concat(kept).Order().Where(_ => random.Next(8) == 0).ToList())
                {
                    await transaction.UpdateAsync<Item>(id, found => Filled(found, marked.Contains(id) ? Mark : "other"));
                }

                foreach (var id in kept.Where(_ => random.Next(10) == 0).ToList())
                {
                    await transaction.DeleteAsync<Item>(id);
                    kept.Remove(id);
                }
            });
        }

        Assert.True(Count() > 1_000, "The scan does not find what is there.");
        foreach (var batch in marked.OrderBy(_ => random.Next()).Chunk(50))
        {
            await CommitAsync(async transaction =>
            {
                foreach (var id in batch)
                {
                    _ = random.Next(2) == 0
                        ? await transaction.DeleteAsync<Item>(id)
                        : await transaction.UpdateAsync<Item>(id, found => found with { Label = null, Owner = null, ExternalId = null, Tags = null, Data = null }) is null;
                }
            });
        }

        await store.ForgetRemovedAsync(Ct);

        Assert.Equal(0, Count());
        Assert.Equal(kept.Count, (await store.ListAsync(Query.Of<Item>(), Ct)).Count(item => item.Data is not null));
    }

    private async ValueTask<string> InsertAsync(ITransaction transaction, string text)
    {
        // Ids in no order, so that pages are split in their middle.
        var item = Filled(
            new Item { Id = $"{random.Next():x8}{made++}", ClientId = "cli_1", At = Items.Start, Size = 1, Kind = Kind.Plain }, text);
        await transaction.InsertAsync(item);
        return item.Id;
    }

    private Item Filled(Item item, string text)
    {
        var length = random.Next(4) switch { 0 => random.Next(30), 1 => random.Next(300), 2 => random.Next(3_000), _ => random.Next(60_000) };
        var data = new StringBuilder("{\"text\":\"");
        for (var i = 0; data.Length < length; i++)
        {
            data.Append(text).Append(i).Append(' ');
        }

        return item with
        {
            Label = $"{text} {item.Id}",
            Owner = new Owner($"{text} {item.Id} {length}"),
            ExternalId = $"{text}:{item.Id}:{length}",
            Tags = [$"{text} {length}", $"{text} {item.Id}"],
            Data = RawJson.Parse(data.Append("\"}").ToString()),
        };
    }

    private Task<bool> CommitAsync(Func<ITransaction, ValueTask> work) => store.CommitAsync(
        async transaction =>
        {
            await work(transaction);
            return true;
        },
        Ct);

    private int Count()
    {
        var count = 0;
        foreach (var file in Directory.GetFiles(folder))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            var bytes = copy.ToArray().AsSpan();
            var mark = Encoding.UTF8.GetBytes(Mark);
            for (var at = bytes.IndexOf(mark); at >= 0; at = bytes.IndexOf(mark))
            {
                count++;
                bytes = bytes[(at + mark.Length)..];
            }
        }

        return count;
    }
}
