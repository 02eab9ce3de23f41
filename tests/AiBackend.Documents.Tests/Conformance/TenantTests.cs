namespace AiBackend.Documents.Tests.Conformance;

/// <summary>For one client another client's documents are not there.</summary>
public abstract class TenantTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task Another_client_s_documents_are_not_read()
    {
        var item = await InsertAsync(NewItem() with { Label = "secret", Tags = ["t"] });
        var other = NewClient();

        Assert.Null(await other.FindAsync<Item>(item.Id, Ct));
        Assert.Empty(await other.ListAsync(Query.Of<Item>(), Ct));
        Assert.Empty(await other.ListAsync<Item, ItemView>(Query.Of<Item>(), Ct));
        Assert.Empty(await other.ListAsync(Query.Of<Item>().Equal(i => i.Label, "secret"), Ct));
        Assert.Empty(await other.ListAsync(Query.Of<Item>().Contains(i => i.Tags, "t"), Ct));
        Assert.Empty(await other.ListAsync(Query.Of<Item>().Equal(i => i.ClientId, Client.ClientId), Ct));
        Assert.Empty(await other.ListAsync(
            Query.Of<Item>().AnyOf(Query.Of<Item>().Equal(i => i.ClientId, Client.ClientId), Query.Of<Item>()), Ct));
        Assert.Empty((await other.PageAsync(Query.Of<Item>(), null, 10, Ct)).Items);
        Assert.Equal(0, await other.CountAsync(Query.Of<Item>(), Ct));
    }

    [Fact]
    public async Task Another_client_s_documents_are_not_touched()
    {
        var item = await InsertAsync(NewItem() with { Label = "mine" });

        await NewClient().CommitAsync(
            async transaction =>
            {
                Assert.Null(await transaction.FindAsync<Item>(item.Id));
                Assert.Empty(await transaction.ListAsync(Query.Of<Item>()));
                Assert.Null(await transaction.UpdateAsync<Item>(item.Id, found => found with { Label = "theirs" }));
                Assert.False(await transaction.DeleteAsync<Item>(item.Id));
                Assert.Equal(0, await transaction.DeleteAllAsync(Query.Of<Item>()));
            },
            Ct);

        Assert.Equal(item, await Client.FindAsync<Item>(item.Id, Ct));
    }

    [Fact]
    public async Task A_document_of_another_client_is_not_written()
    {
        var item = await InsertAsync(NewItem());
        var other = NewClient();

        await Assert.ThrowsAsync<InvalidOperationException>(() => other.CommitAsync(transaction => transaction.InsertAsync(NewItem()), Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            other.CommitAsync(async transaction => await transaction.ReplaceAsync(item with { Label = "theirs" }), Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Client.CommitAsync(
            async transaction => await transaction.UpdateAsync<Item>(item.Id, found => found with { ClientId = other.ClientId }), Ct));

        Assert.Equal([item], await Client.ListAsync(Query.Of<Item>(), Ct));
        Assert.Empty(await other.ListAsync(Query.Of<Item>(), Ct));
    }

    [Fact]
    public void A_client_must_be_named() =>
        Assert.Throws<ArgumentException>(() => new DocumentStore(Store).For(string.Empty));

    [Fact]
    public async Task Across_tenants_all_are_read()
    {
        var mine = await InsertAsync(NewItem());
        var other = NewClient();
        var theirs = NewItem() with { ClientId = other.ClientId };
        await other.CommitAsync(transaction => transaction.InsertAsync(theirs), Ct);

        var found = await Store.ListAsync(Query.Of<Item>().In(i => i.Id, [mine.Id, theirs.Id]), Ct);

        Assert.Equal(2, found.Count);
    }
}
