using System.Collections.Concurrent;
using AiBackend.Documents.Mongo;

namespace AiBackend.Documents.Tests;

/// <summary>Commits and claims while the server drops all connections again and again. Each test has a server of its own.</summary>
public sealed class MongoLossTests
{
    private const int Writers = 6;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("before")]
    [InlineData("after")]
    public async Task What_was_acknowledged_is_stored_once_and_what_failed_is_not(string mode)
    {
        await using var server = await MongoStandIn.StartAsync("--fail-after", "70", "--fail-repeat", "--fail-mode", mode);
        await using var opened = await MongoTestStore.OpenAsync(server);
        await opened.Store.OpenAccountAsync("acc");
        var (acknowledged, doubtful) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var n = 0; n < 20; n++)
            {
                var id = $"ent_{writer}_{n}";
                try
                {
                    await opened.Store.EnterAsync("acc", id);
                    acknowledged.Add(id);
                }
                catch (StoreUnavailableException)
                {
                    doubtful.Add(id);
                }
            }
        }));

        var stored = await opened.Store.EntriesAsync("acc");
        TestContext.Current.TestOutputHelper!.WriteLine($"{acknowledged.Count} acknowledged, {doubtful.Count} not");
        Assert.Empty(acknowledged.Except(stored));
        Assert.Empty(stored.Except(acknowledged).Except(doubtful));
        Assert.True(acknowledged.Count > Writers * 20 / 2);
    }

    [Fact]
    public async Task A_commit_waits_for_a_server_that_comes_back()
    {
        _ = MongoServer.UriOrSkip();
        var port = LoopbackPort.Free();
        await using var store = new MongoDocumentStore(
            Ledger.Catalog,
            new MongoOptions { Uri = $"mongodb://127.0.0.1:{port}/?replicaSet=rs0", ServerSelectionLimit = TimeSpan.FromMilliseconds(200) });
        var (tries, twice) = (0, new TaskCompletionSource());

        var commit = store.CommitAsync(
            async transaction =>
            {
                if (++tries == 2)
                {
                    twice.SetResult();
                }

                await transaction.InsertAsync(new Account { Id = "acc", ClientId = Ledger.Client });
                return true;
            },
            Ct);
        await twice.Task.WaitAsync(Ct);
        await using var server = await MongoStandIn.StartAsync("--port", $"{port}");

        Assert.True(await commit);
        Assert.NotNull(await store.FindAsync<Account>("acc", Ct));
    }

    [Fact]
    public async Task No_claim_is_made_twice_when_replies_are_lost()
    {
        await using var server = await MongoStandIn.StartAsync("--fail-after", "60", "--fail-repeat", "--fail-mode", "after");
        await using var opened = await MongoTestStore.OpenAsync(server, Conformance.Items.Catalog);
        var now = Conformance.Items.Start;
        await opened.Store.CommitAsync(
            async transaction =>
            {
                for (var n = 0; n < 100; n++)
                {
                    await transaction.InsertAsync(new Conformance.Errand { Id = $"err_{n:d3}", ClientId = Ledger.Client, DueAt = now });
                }

                return true;
            },
            Ct);
        var due = Query.Of<Conformance.Errand>().AtMost(e => e.DueAt, now).Ascending(e => e.DueAt);
        var claimed = new ConcurrentDictionary<string, string>();
        var doubtful = 0;

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async worker =>
        {
            var owner = $"worker_{worker}";
            var isMore = true;
            while (isMore)
            {
                try
                {
                    var errand = await opened.Store.ClaimAsync(due, new Lease(owner, now.AddMinutes(1)), Ct);
                    Assert.True(errand is null || (claimed.TryAdd(errand.Id, owner) && errand.LeaseOwner == owner && errand.Attempts == 1));
                    isMore = errand is not null;
                }
                catch (StoreUnavailableException)
                {
                    // Both the reply and that to the driver's second try were lost; the lease runs out some day.
                    Interlocked.Increment(ref doubtful);
                }
            }
        }));

        var errands = await opened.Store.ListAsync(Query.Of<Conformance.Errand>(), Ct);
        Assert.All(errands, errand => Assert.Equal((1, 2L), (errand.Attempts, errand.Version)));
        Assert.All(claimed, claim => Assert.Equal(claim.Value, errands.Single(errand => errand.Id == claim.Key).LeaseOwner));
        Assert.InRange(claimed.Count, 100 - doubtful, 100);
        Assert.InRange(doubtful, 0, 20);
    }
}
