namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Queries that no index serves: found out in tests, answered all the same in production.</summary>
public abstract class ServedQueryTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task A_query_that_no_index_serves_throws_wherever_it_is_asked()
    {
        var query = Query.Of<Item>().Equal(i => i.Price, 1m);

        var thrown = await Assert.ThrowsAsync<UnservedQueryException>(() => Client.ListAsync(query, Ct));
        await Assert.ThrowsAsync<UnservedQueryException>(() => Client.ListAsync<Item, ItemView>(query, Ct));
        await Assert.ThrowsAsync<UnservedQueryException>(() => Client.PageAsync(query, null, 1, Ct));
        await Assert.ThrowsAsync<UnservedQueryException>(() => Client.CountAsync(query, Ct));
        await Assert.ThrowsAsync<UnservedQueryException>(() => Client.CommitAsync(transaction => transaction.ListAsync(query), Ct));
        await Assert.ThrowsAsync<UnservedQueryException>(() => Client.CommitAsync(transaction => transaction.DeleteAllAsync(query), Ct));
        await Assert.ThrowsAsync<UnservedQueryException>(() => Store.ClaimAsync(
            Query.Of<Errand>().Equal(e => e.Note, "milk"), new Lease("worker", Items.Start), Ct));

        Assert.Contains("items", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("price =, client_id =, order id", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_check_any_field_may_be_asked_for()
    {
        Item[] items = [NewItem() with { Price = 1.5m, Tags = ["t"] }, NewItem() with { Price = 2 }, NewItem()];
        await InsertAllAsync(items);
        var lenient = new DocumentStore(await Fixture.OpenAsync(Items.Catalog, requireServedQueries: false)).For(Client.ClientId);

        Assert.Equal([items[0].Id], await IdsAsync(lenient, Query.Of<Item>().Equal(i => i.Price, 1.5m)));
        Assert.Equal([items[1].Id], await IdsAsync(lenient, Query.Of<Item>().Greater(i => i.Price, 1.5m)));
        Assert.Equal([items[2].Id], await IdsAsync(lenient, Query.Of<Item>().Equal(i => i.Price, null)));
        Assert.Equal([items[2].Id, items[0].Id, items[1].Id], await IdsAsync(lenient, Query.Of<Item>().Ascending(i => i.Price)));
        Assert.Equal([items[1].Id], await IdsAsync(lenient, Query.Of<Item>().Equal(i => i.Size, 1).Greater(i => i.Price, 1.5m).Ascending(i => i.At)));
    }

    private static async Task<IEnumerable<string>> IdsAsync(TenantDocuments documents, Query<Item> query) =>
        (await documents.ListAsync(query, Ct)).Select(item => item.Id);
}
