namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Many at once.</summary>
public abstract class ConcurrencyTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Theory]
    [InlineData(64, 8, 1)]
    [InlineData(64, 4, 10)]
    public async Task A_counter_gives_every_commit_its_own_number_without_a_gap(int committers, int commitsEach, int counters)
    {
        string[] ids = [.. Enumerable.Range(0, counters).Select(_ => Ids.New("cnt"))];
        await Store.CommitAsync(
            async transaction =>
            {
                foreach (var id in ids)
                {
                    await transaction.InsertAsync(new Counter { Id = id });
                }

                return true;
            },
            Ct);

        await Task.WhenAll(Enumerable.Range(0, committers).Select(committer => Task.Run(
            async () =>
            {
                for (var i = 0; i < commitsEach; i++)
                {
                    await TakeAsync(ids[(committer + i) % counters]);
                }
            },
            Ct)));

        var total = 0;
        foreach (var id in ids)
        {
            var counter = (await Store.FindAsync<Counter>(id, Ct))!;
            var tickets = await Store.ListAsync(Query.Of<Ticket>().Equal(t => t.CounterId, id).Ascending(t => t.Number), Ct);
            Assert.Equal(Enumerable.Range(1, tickets.Count).Select(n => (long)n), tickets.Select(ticket => ticket.Number));
            Assert.Equal((tickets.Count, tickets.Count + 1), (counter.Value, counter.Version));
            total += tickets.Count;
        }

        Assert.Equal(committers * commitsEach, total);
    }

    [Fact]
    public async Task Readers_see_a_commit_as_a_whole_or_not_at_all()
    {
        var (one, other) = (await InsertAsync(NewItem() with { Size = 0 }), await InsertAsync(NewItem() with { Size = 0 }));
        var query = Query.Of<Item>().AtLeast(i => i.Size, 0);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                var seen = 0L;
                while (!done.IsCancellationRequested)
                {
                    var items = await Client.ListAsync(query, Ct);
                    Assert.Equal(2, items.Count);
                    Assert.Equal(items[0].Size, items[1].Size);
                    Assert.True(items[0].Size >= seen);
                    seen = items[0].Size;
                }

                return seen;
            },
            Ct)).ToArray();
        for (var i = 1; i <= 100; i++)
        {
            await Client.CommitAsync(
                async transaction =>
                {
                    await transaction.UpdateAsync<Item>(one.Id, item => item with { Size = i });
                    await transaction.UpdateAsync<Item>(other.Id, item => item with { Size = i });
                },
                Ct);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task Of_writers_that_read_one_version_one_replaces_it()
    {
        var item = await InsertAsync(NewItem());

        var attempts = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Task.Run(
            async () => await Record.ExceptionAsync(() =>
                Client.CommitAsync(async transaction => await transaction.ReplaceAsync(item with { Size = n }), Ct)),
            Ct)));

        Assert.Single(attempts, attempt => attempt is null);
        Assert.All(attempts.OfType<Exception>(), attempt => Assert.IsType<VersionConflictException>(attempt));
        Assert.Equal(2, (await Client.FindAsync<Item>(item.Id, Ct))!.Version);
    }

    [Fact]
    public async Task Of_writers_of_one_key_one_gets_it()
    {
        var attempts = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(
            async () => await Record.ExceptionAsync(() => InsertAsync(NewItem() with { ExternalId = "ext" })), Ct)));

        Assert.Single(attempts, attempt => attempt is null);
        Assert.All(attempts.OfType<Exception>(), attempt => Assert.IsType<DuplicateKeyException>(attempt));
        Assert.Equal(1, await Client.CountAsync(Query.Of<Item>(), Ct));
    }

    [Fact]
    public async Task A_rule_that_is_read_before_it_is_written_holds_when_its_document_is_updated_first()
    {
        // At most one open item: the counter is updated first, so that commits of one counter come one after another.
        var counter = Ids.New("cnt");
        await Store.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(new Counter { Id = counter });
                return true;
            },
            Ct);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(
            () => Client.CommitAsync(
                async transaction =>
                {
                    await transaction.AcrossTenants.UpdateAsync<Counter>(counter, found => found with { Value = found.Value + 1 });
                    var open = await transaction.ListAsync(Query.Of<Item>().Equal(i => i.IsOpen, true));
                    await transaction.InsertAsync(NewItem() with { IsOpen = open.Count == 0 });
                },
                Ct),
            Ct)));

        Assert.Equal(1, await Client.CountAsync(Query.Of<Item>().Equal(i => i.IsOpen, true), Ct));
        Assert.Equal(15, await Client.CountAsync(Query.Of<Item>().Equal(i => i.IsOpen, false), Ct));
    }

    private Task TakeAsync(string counterId) => Client.CommitAsync(
        async transaction =>
        {
            var counter = await transaction.AcrossTenants.UpdateAsync<Counter>(counterId, found => found with { Value = found.Value + 1 });
            await transaction.InsertAsync(new Ticket
            {
                Id = Ids.New("tkt"),
                ClientId = Client.ClientId,
                CounterId = counterId,
                Number = counter!.Value,
            });
        },
        Ct);
}
