namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Ids and unique indexes.</summary>
public abstract class UniqueTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task An_id_is_taken_once()
    {
        var item = await InsertAsync(NewItem() with { Label = "first" });

        var refused = await Assert.ThrowsAsync<DuplicateKeyException>(() => InsertAsync(item with { Label = "second" }));

        Assert.Equal(("items", "id"), (refused.Collection, refused.Index));
        Assert.Equal(item, await Client.FindAsync<Item>(item.Id, Ct));
    }

    [Fact]
    public async Task An_id_of_another_client_is_taken_too()
    {
        var item = await InsertAsync(NewItem());
        var other = NewClient();

        await Assert.ThrowsAsync<DuplicateKeyException>(() =>
            other.CommitAsync(transaction => transaction.InsertAsync(item with { ClientId = other.ClientId }), Ct));
    }

    [Fact]
    public async Task A_unique_key_is_taken_once_and_the_exception_names_the_index()
    {
        await InsertAsync(NewItem() with { ExternalId = "ext" });

        var refused = await Assert.ThrowsAsync<DuplicateKeyException>(() => InsertAsync(NewItem() with { ExternalId = "ext" }));

        Assert.Equal(("items", "by_external_id"), (refused.Collection, refused.Index));
    }

    [Fact]
    public async Task A_key_with_other_letters_or_of_another_client_is_another_key()
    {
        await InsertAsync(NewItem() with { ExternalId = "ext" });
        await InsertAsync(NewItem() with { ExternalId = "Ext" });
        var other = NewClient();

        await other.CommitAsync(transaction => transaction.InsertAsync(NewItem() with { ClientId = other.ClientId, ExternalId = "ext" }), Ct);

        Assert.Equal(2, await Client.CountAsync(Query.Of<Item>().In(i => i.ExternalId, ["ext", "Ext"]), Ct));
    }

    [Fact]
    public async Task Documents_without_the_key_do_not_collide()
    {
        await InsertAllAsync([NewItem(), NewItem(), NewItem()]);

        Assert.Equal(3, await Client.CountAsync(Query.Of<Item>(), Ct));
    }

    [Fact]
    public async Task A_change_may_not_take_a_key_and_may_take_one_that_was_given_up()
    {
        var holder = await InsertAsync(NewItem() with { ExternalId = "ext" });
        var other = await InsertAsync(NewItem());

        var refused = await Assert.ThrowsAsync<DuplicateKeyException>(() => TakeAsync());
        await Client.CommitAsync(
            async transaction => await transaction.UpdateAsync<Item>(holder.Id, item => item with { ExternalId = null }), Ct);
        await TakeAsync();

        Assert.Equal("by_external_id", refused.Index);
        Assert.Equal("ext", (await Client.FindAsync<Item>(other.Id, Ct))!.ExternalId);

        Task TakeAsync() => Client.CommitAsync(
            async transaction => await transaction.UpdateAsync<Item>(other.Id, item => item with { ExternalId = "ext" }), Ct);
    }

    [Fact]
    public async Task A_replacement_may_not_take_a_key()
    {
        await InsertAsync(NewItem() with { ExternalId = "ext" });
        var other = await InsertAsync(NewItem());

        await Assert.ThrowsAsync<DuplicateKeyException>(() =>
            Client.CommitAsync(async transaction => await transaction.ReplaceAsync(other with { ExternalId = "ext" }), Ct));

        Assert.Equal(other, await Client.FindAsync<Item>(other.Id, Ct));
    }

    [Fact]
    public async Task A_deleted_document_gives_up_its_key_and_its_id()
    {
        var item = await InsertAsync(NewItem() with { ExternalId = "ext" });

        await Client.CommitAsync(
            async transaction =>
            {
                await transaction.DeleteAsync<Item>(item.Id);
                await transaction.InsertAsync(item with { Label = "again" });
            },
            Ct);

        Assert.Equal(item with { Label = "again" }, await Client.FindAsync<Item>(item.Id, Ct));
    }

    [Fact]
    public async Task A_partial_index_serves_only_what_has_the_field()
    {
        var reviewed = await InsertAsync(NewItem() with { ReviewedAt = Items.Start });
        var unreviewed = await InsertAsync(NewItem());
        var query = Query.Of<Item>().Exists(i => i.ReviewedAt).Ascending(i => i.ReviewedAt);

        Assert.Equal([reviewed], await Client.ListAsync(query, Ct));
        await Client.CommitAsync(
            async transaction =>
            {
                await transaction.UpdateAsync<Item>(reviewed.Id, item => item with { ReviewedAt = null });
                await transaction.UpdateAsync<Item>(unreviewed.Id, item => item with { ReviewedAt = Items.Start });
            },
            Ct);

        Assert.Equal([unreviewed.Id], (await Client.ListAsync(query, Ct)).Select(item => item.Id));
    }
}
