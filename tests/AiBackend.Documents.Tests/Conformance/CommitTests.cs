namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Commits: all or nothing, versions, signals.</summary>
public abstract class CommitTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task A_commit_over_several_sets_is_stored_as_a_whole_and_answers_what_its_work_returned()
    {
        var (item, counter, errand) = (NewItem(), Ids.New("cnt"), Ids.New("err"));

        var answer = await Store.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(item);
                await transaction.InsertAsync(new Counter { Id = counter });
                await transaction.InsertAsync(new Errand { Id = errand, ClientId = Client.ClientId });
                return "done";
            },
            Ct);

        Assert.Equal("done", answer);
        Assert.NotNull(await Store.FindAsync<Item>(item.Id, Ct));
        Assert.NotNull(await Store.FindAsync<Counter>(counter, Ct));
        Assert.NotNull(await Store.FindAsync<Errand>(errand, Ct));
    }

    [Fact]
    public async Task What_the_work_throws_undoes_everything_and_comes_out()
    {
        var kept = await InsertAsync(NewItem() with { Label = "kept", Tags = ["t"] });
        var deleted = await InsertAsync(NewItem() with { Label = "not deleted" });
        var (item, counter) = (NewItem(), Ids.New("cnt"));

        var thrown = await Assert.ThrowsAsync<FormatException>(() => Client.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(item);
                await transaction.UpdateAsync<Item>(kept.Id, found => found with { Label = "changed", Tags = ["u"] });
                await transaction.DeleteAsync<Item>(deleted.Id);
                await transaction.AcrossTenants.InsertAsync(new Counter { Id = counter });
                throw new FormatException("late");
            },
            Ct));

        Assert.Equal("late", thrown.Message);
        Assert.Null(await Client.FindAsync<Item>(item.Id, Ct));
        Assert.Null(await Store.FindAsync<Counter>(counter, Ct));
        Assert.Equal("kept", (await Client.FindAsync<Item>(kept.Id, Ct))!.Label);
        Assert.Equal(deleted, await Client.FindAsync<Item>(deleted.Id, Ct));
        Assert.Single(await Client.ListAsync(Query.Of<Item>().Contains(i => i.Tags, "t"), Ct));
    }

    [Fact]
    public async Task The_work_runs_in_the_trace_of_its_caller()
    {
        using var activity = new System.Diagnostics.Activity("caller").Start();

        var seen = await Store.CommitAsync(_ => ValueTask.FromResult(System.Diagnostics.Activity.Current), Ct);

        Assert.Same(activity, seen);
    }

    [Fact]
    public async Task A_duplicate_in_the_middle_undoes_everything()
    {
        await InsertAsync(NewItem() with { ExternalId = "ext" });
        Item[] items = [NewItem(), NewItem() with { ExternalId = "ext" }, NewItem()];

        await Assert.ThrowsAsync<DuplicateKeyException>(() => InsertAllAsync(items));

        Assert.Equal(1, await Client.CountAsync(Query.Of<Item>(), Ct));
    }

    [Fact]
    public async Task A_commit_that_fails_takes_no_other_with_it()
    {
        Item[] items = [.. Enumerable.Range(0, 40).Select(n => NewItem() with { Size = n })];

        var commits = items.Select(item => Client.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(item);
                if (item.Size % 4 == 1)
                {
                    throw new FormatException();
                }
            },
            Ct)).ToArray();

        foreach (var (item, commit) in items.Zip(commits))
        {
            var thrown = await Record.ExceptionAsync(() => commit);
            Assert.Equal(item.Size % 4 == 1, thrown is FormatException);
            Assert.Equal(item.Size % 4 == 1, await Client.FindAsync<Item>(item.Id, Ct) is null);
        }
    }

    [Fact]
    public async Task A_transaction_reads_its_own_writes_and_nobody_else_does()
    {
        var (first, second) = (await InsertAsync(NewItem() with { Label = "a" }), NewItem() with { Label = "b" });

        await Client.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(second);
                Assert.Equal(second with { Version = 1 }, await transaction.FindAsync<Item>(second.Id));
                Assert.Null(await ReadElsewhereAsync(second.Id));

                await transaction.UpdateAsync<Item>(first.Id, item => item with { Label = "c" });
                var listed = await transaction.ListAsync(Query.Of<Item>().Greater(i => i.Label, "").Ascending(i => i.Label, i => i.Weight));
                Assert.Equal(["b", "c"], listed.Select(item => item.Label));
                Assert.Equal("a", (await ReadElsewhereAsync(first.Id))!.Label);

                Assert.True(await transaction.DeleteAsync<Item>(first.Id));
                Assert.Null(await transaction.FindAsync<Item>(first.Id));
                Assert.Null(await transaction.UpdateAsync<Item>(first.Id, item => item with { Label = "d" }));
                Assert.False(await transaction.DeleteAsync<Item>(first.Id));
            },
            Ct);

        Assert.Null(await Client.FindAsync<Item>(first.Id, Ct));

        // Another thread stands for another caller. The work must not await it, so it is waited for without an await.
        Item? ReadElsewhere(string id)
        {
            Item? read = null;
            var reader = new Thread(() => read = Client.FindAsync<Item>(id, CancellationToken.None).GetAwaiter().GetResult());
            reader.Start();
            reader.Join();
            return read;
        }

        Task<Item?> ReadElsewhereAsync(string id) => Task.FromResult(ReadElsewhere(id));
    }

    [Fact]
    public async Task Each_write_counts_the_version()
    {
        var item = await InsertAsync(NewItem() with { Version = 17 });
        Assert.Equal(1, (await Client.FindAsync<Item>(item.Id, Ct))!.Version);

        var updated = await UpdateAsync(item.Id, found => found with { Label = "a", Version = 99 });
        var replaced = await ReplaceAsync(updated! with { Label = "b" });

        Assert.Equal((2, 3), (updated!.Version, replaced.Version));
        Assert.Equal(replaced, await Client.FindAsync<Item>(item.Id, Ct));
    }

    [Fact]
    public async Task A_change_that_returns_the_same_instance_writes_nothing()
    {
        var item = await InsertAsync(NewItem());

        var updated = await UpdateAsync(item.Id, found => found);

        Assert.Equal(1, updated!.Version);
        Assert.Equal(1, (await Client.FindAsync<Item>(item.Id, Ct))!.Version);
    }

    [Fact]
    public async Task A_replacement_of_an_older_version_is_a_conflict()
    {
        var item = await InsertAsync(NewItem());
        await UpdateAsync(item.Id, found => found with { Label = "theirs" });

        var conflict = await Assert.ThrowsAsync<VersionConflictException>(() => ReplaceAsync(item with { Label = "mine" }));

        Assert.Equal(("items", item.Id), (conflict.Collection, conflict.Id));
        Assert.Equal("theirs", (await Client.FindAsync<Item>(item.Id, Ct))!.Label);
    }

    [Fact]
    public async Task A_replacement_of_what_was_deleted_or_never_was_is_a_conflict()
    {
        var item = await InsertAsync(NewItem());
        await Client.CommitAsync(async transaction => await transaction.DeleteAsync<Item>(item.Id), Ct);

        await Assert.ThrowsAsync<VersionConflictException>(() => ReplaceAsync(item));
        await Assert.ThrowsAsync<VersionConflictException>(() => ReplaceAsync(NewItem()));
    }

    [Fact]
    public async Task A_change_may_not_give_a_document_another_id()
    {
        var item = await InsertAsync(NewItem());

        await Assert.ThrowsAsync<InvalidOperationException>(() => UpdateAsync(item.Id, found => found with { Id = Ids.New("itm") }));
    }

    [Fact]
    public async Task All_that_a_query_finds_is_deleted_and_no_more()
    {
        await InsertAllAsync(Enumerable.Range(0, 10).Select(n => NewItem() with { Size = n, Tags = ["t"] }));

        var removed = await Client.CommitAsync(transaction => transaction.DeleteAllAsync(Query.Of<Item>().AtLeast(i => i.Size, 7)), Ct);
        var limited = await Client.CommitAsync(
            transaction => transaction.DeleteAllAsync(Query.Of<Item>().Descending(i => i.Size).Take(2)), Ct);

        Assert.Equal((3, 2), (removed, limited));
        var rest = await Client.ListAsync(Query.Of<Item>().Ascending(i => i.Size), Ct);
        Assert.Equal([0, 1, 2, 3, 4], rest.Select(item => item.Size));
        Assert.Equal(5, await Client.CountAsync(Query.Of<Item>().Contains(i => i.Tags, "t"), Ct));
    }

    [Fact]
    public async Task A_signal_is_raised_after_the_commit_and_finds_its_writes()
    {
        using var signal = Store.Signals.Subscribe(Client.ClientId);
        var item = NewItem();

        var commit = Client.CommitAsync(
            async transaction =>
            {
                transaction.Signal(Client.ClientId);
                await transaction.InsertAsync(item);
            },
            Ct);
        Assert.True(await signal.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Ct));

        Assert.NotNull(await Client.FindAsync<Item>(item.Id, Ct));
        await commit;
    }

    [Fact]
    public async Task An_aborted_commit_raises_no_signal()
    {
        using var signal = Store.Signals.Subscribe(Client.ClientId);

        await Assert.ThrowsAsync<FormatException>(() => Client.CommitAsync(
            transaction =>
            {
                transaction.Signal(Client.ClientId);
                throw new FormatException();
            },
            Ct));
        await InsertAsync(NewItem());

        Assert.False(await signal.WaitAsync(TimeSpan.Zero, TimeProvider.System, Ct));
    }

    private Task<Item?> UpdateAsync(string id, Func<Item, Item> change) =>
        Client.CommitAsync(transaction => transaction.UpdateAsync(id, change), Ct);

    private Task<Item> ReplaceAsync(Item item) => Client.CommitAsync(transaction => transaction.ReplaceAsync(item), Ct);
}
