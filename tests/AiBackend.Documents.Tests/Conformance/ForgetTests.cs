namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Taking what was removed out of the database's files changes nothing of what is there.</summary>
public abstract class ForgetTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task What_is_there_stays_and_what_was_removed_is_gone()
    {
        var (kept, removed) = (await InsertAsync(NewItem() with { Label = "kept" }), await InsertAsync(NewItem() with { Label = "removed" }));
        await Client.CommitAsync(async transaction => await transaction.DeleteAsync<Item>(removed.Id), Ct);

        await Store.ForgetRemovedAsync(Ct);
        await Store.ForgetRemovedAsync(Ct);

        Assert.Equal(kept, await Client.FindAsync<Item>(kept.Id, Ct));
        Assert.Null(await Client.FindAsync<Item>(removed.Id, Ct));
        var later = await InsertAsync(NewItem());
        Assert.Equal([kept.Id, later.Id], (await Client.ListAsync(Query.Of<Item>(), Ct)).Select(item => item.Id));
    }

    [Fact]
    public async Task Readers_and_writers_go_on_meanwhile()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var written = 0;
        var writing = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await InsertAsync(NewItem());
                    written++;
                }
            },
            Ct);
        var reading = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await Client.ListAsync(Query.Of<Item>(), Ct);
                }
            },
            Ct);

        for (var i = 0; i < 20; i++)
        {
            await Store.ForgetRemovedAsync(Ct);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing, reading);
        Assert.Equal(written, await Client.CountAsync(Query.Of<Item>(), Ct));
    }
}
