namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Leases: one holder at a time.</summary>
public abstract class ClaimTests(StoreFixture fixture) : StoreTests(fixture)
{
    private static readonly DateTimeOffset Now = Items.Start;

    [Fact]
    public async Task A_claim_stamps_the_document_and_answers_it_as_stored()
    {
        var errand = await GivenErrandAsync(Now.AddSeconds(-1), note: "milk");

        var claimed = await ClaimAsync(Now, "worker-1", TimeSpan.FromSeconds(30));

        Assert.Equal(
            errand with { LeaseOwner = "worker-1", DueAt = Now.AddSeconds(30), Attempts = 1, Version = 2 }, claimed);
        Assert.Equal(claimed, await Client.FindAsync<Errand>(errand.Id, Ct));
    }

    [Fact]
    public async Task The_first_in_the_query_s_order_is_claimed()
    {
        var later = await GivenErrandAsync(Now.AddSeconds(-1));
        var first = await GivenErrandAsync(Now.AddSeconds(-9));
        var last = await GivenErrandAsync(Now);

        string?[] claimed = [(await ClaimAsync(Now))!.Id, (await ClaimAsync(Now))!.Id, (await ClaimAsync(Now))!.Id];

        Assert.Equal([first.Id, later.Id, last.Id], claimed);
        Assert.Null(await ClaimAsync(Now));
    }

    [Fact]
    public async Task What_is_not_due_or_done_is_not_claimed()
    {
        await GivenErrandAsync(Now.AddMilliseconds(1));
        await GivenErrandAsync(null);

        Assert.Null(await ClaimAsync(Now));
        Assert.NotNull(await ClaimAsync(Now.AddMilliseconds(1)));
    }

    [Fact]
    public async Task A_lease_that_has_run_out_is_taken_by_another_and_counted()
    {
        var errand = await GivenErrandAsync(Now);
        await ClaimAsync(Now, "worker-1", TimeSpan.FromSeconds(30));

        Assert.Null(await ClaimAsync(Now.AddSeconds(29.999), "worker-2"));
        var taken = await ClaimAsync(Now.AddSeconds(30), "worker-2");

        Assert.Equal((errand.Id, "worker-2", 2), (taken!.Id, taken.LeaseOwner, taken.Attempts));
    }

    [Fact]
    public async Task A_lease_that_its_holder_extends_is_not_taken()
    {
        await GivenErrandAsync(Now);
        var held = await ClaimAsync(Now, "worker-1", TimeSpan.FromSeconds(30));
        await Client.CommitAsync(
            async transaction => await transaction.UpdateAsync<Errand>(held!.Id, found => found with { DueAt = Now.AddSeconds(60) }), Ct);

        Assert.Null(await ClaimAsync(Now.AddSeconds(59), "worker-2"));
        Assert.NotNull(await ClaimAsync(Now.AddSeconds(60), "worker-2"));
    }

    [Fact]
    public async Task Another_client_s_work_is_not_in_the_claim_of_a_client()
    {
        await GivenErrandAsync(Now);
        var other = NewClient().ClientId;
        var query = Query.Of<Errand>().Equal(e => e.ClientId, other).AtMost(e => e.DueAt, Now).Ascending(e => e.DueAt);

        Assert.Null(await Store.ClaimAsync(query, new Lease("worker", Now.AddSeconds(1)), Ct));
    }

    [Fact]
    public async Task Claimers_over_all_clients_take_the_oldest_first()
    {
        var others = NewClient();
        var far = new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var errand = new Errand { Id = Ids.New("err"), ClientId = others.ClientId, DueAt = far };
        await others.CommitAsync(transaction => transaction.InsertAsync(errand), Ct);
        await GivenErrandAsync(Now);

        var claimed = await Store.ClaimAsync(
            Query.Of<Errand>().AtMost(e => e.DueAt, Now).Ascending(e => e.DueAt), new Lease("worker", Now.AddSeconds(1)), Ct);

        Assert.Equal(errand.Id, claimed!.Id);
    }

    [Fact]
    public async Task Thirty_two_claimers_take_five_hundred_documents_each_once()
    {
        await Client.CommitAsync(
            async transaction =>
            {
                for (var i = 0; i < 500; i++)
                {
                    await transaction.InsertAsync(new Errand { Id = Ids.New("err"), ClientId = Client.ClientId, DueAt = Now.AddSeconds(-i) });
                }
            },
            Ct);

        var claimed = await Task.WhenAll(Enumerable.Range(0, 32).Select(worker => Task.Run(
            async () =>
            {
                List<Errand> mine = [];
                while (await ClaimAsync(Now, $"worker-{worker}", TimeSpan.FromMinutes(1)) is { } errand)
                {
                    mine.Add(errand);
                }

                Assert.All(mine, errand => Assert.Equal($"worker-{worker}", errand.LeaseOwner));
                return mine;
            },
            Ct)));

        var all = claimed.SelectMany(mine => mine).ToList();
        Assert.Equal(500, all.Count);
        Assert.Equal(500, all.Select(errand => errand.Id).Distinct().Count());
        Assert.All(all, errand => Assert.Equal((1, 2), (errand.Attempts, errand.Version)));
    }

    private Task<Errand?> ClaimAsync(DateTimeOffset now, string owner = "worker", TimeSpan? lease = null) => Store.ClaimAsync(
        Query.Of<Errand>().Equal(e => e.ClientId, Client.ClientId).AtMost(e => e.DueAt, now).Ascending(e => e.DueAt),
        new Lease(owner, now + (lease ?? TimeSpan.FromMinutes(1))),
        Ct);

    private async Task<Errand> GivenErrandAsync(DateTimeOffset? dueAt, string? note = null)
    {
        var errand = new Errand { Id = Ids.New("err"), ClientId = Client.ClientId, DueAt = dueAt, Note = note };
        await Client.CommitAsync(transaction => transaction.InsertAsync(errand), Ct);
        return errand with { Version = 1 };
    }
}
