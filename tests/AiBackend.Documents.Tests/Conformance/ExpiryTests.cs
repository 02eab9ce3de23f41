namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Documents that are removed when their time has passed.</summary>
public abstract class ExpiryTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task What_has_passed_is_removed_and_the_rest_stays()
    {
        var (passed, ends, later, never) = (NewItem() with { ExpiresAt = At(-1), Tags = ["t"] }, NewItem() with { ExpiresAt = At(0) },
            NewItem() with { ExpiresAt = At(1) }, NewItem());
        await InsertAllAsync([passed, ends, later, never]);

        var removed = await Store.RemoveExpiredAsync(Items.Start, Ct);

        Assert.Equal(2, removed);
        Assert.Equal([later.Id, never.Id], (await Client.ListAsync(Query.Of<Item>(), Ct)).Select(item => item.Id));
        Assert.Empty(await Client.ListAsync(Query.Of<Item>().Contains(i => i.Tags, "t"), Ct));
        Assert.Equal(0, await Store.RemoveExpiredAsync(Items.Start, Ct));
        Assert.Equal(1, await Store.RemoveExpiredAsync(At(1), Ct));
    }

    [Fact]
    public async Task More_than_a_batch_is_removed_of_all_clients()
    {
        var other = NewClient().ClientId;
        await InsertAllAsync(Enumerable.Range(0, 700).Select(_ => NewItem() with { ExpiresAt = At(-1) }));
        await Store.CommitAsync(
            async transaction =>
            {
                for (var i = 0; i < 400; i++)
                {
                    await transaction.InsertAsync(NewItem() with { ClientId = other, ExpiresAt = At(-1) });
                }

                return true;
            },
            Ct);

        Assert.Equal(1_100, await Store.RemoveExpiredAsync(Items.Start, Ct));
        Assert.Equal(0, await Client.CountAsync(Query.Of<Item>(), Ct));
    }

    [Fact]
    public async Task A_document_whose_time_was_put_off_stays()
    {
        var item = await InsertAsync(NewItem() with { ExpiresAt = At(-1) });
        await Client.CommitAsync(async transaction => await transaction.UpdateAsync<Item>(item.Id, found => found with { ExpiresAt = At(60) }), Ct);

        Assert.Equal(0, await Store.RemoveExpiredAsync(Items.Start, Ct));
        Assert.NotNull(await Client.FindAsync<Item>(item.Id, Ct));
        await Client.CommitAsync(async transaction => await transaction.DeleteAsync<Item>(item.Id), Ct);
    }

    private static DateTimeOffset At(int seconds) => Items.Start.AddSeconds(seconds);
}
