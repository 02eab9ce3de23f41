using System.Collections.Concurrent;
using AiBackend.Documents.Mongo;
using MongoDB.Bson;

namespace AiBackend.Documents.Tests;

/// <summary>Commits that meet each other, or another program's.</summary>
public sealed class MongoRaceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writers_of_one_document_queue_and_none_is_overtaken_again_and_again()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        await opened.Store.OpenAccountAsync("acc");
        var tries = new ConcurrentDictionary<string, int>();

        await Task.WhenAll(Enumerable.Range(0, 48).Select(async writer =>
        {
            for (var n = 0; n < 6; n++)
            {
                var id = $"ent_{writer}_{n}";
                await opened.Store.CommitAsync(
                    async transaction =>
                    {
                        tries.AddOrUpdate(id, 1, (_, before) => before + 1);
                        var account = await transaction.UpdateAsync<Account>("acc", found => found with { Entries = found.Entries + 1 });
                        await transaction.InsertAsync(new Entry { Id = id, ClientId = Ledger.Client, AccountId = "acc", Number = account!.Entries });
                        return true;
                    },
                    Ct);
            }
        }));

        Assert.Equal(48 * 6, (await opened.Store.EntriesAsync("acc")).Count);

        // Refused when all begin at once, turned away to the queue, then in turn; overtaken ones need ten and more.
        Assert.InRange(tries.Values.Max(), 1, 5);
    }

    [Fact]
    public async Task Processes_that_write_one_document_lose_and_double_nothing()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        await using var other = new MongoDocumentStore(Ledger.Catalog, new MongoOptions { Uri = opened.Uri });
        await opened.Store.OpenAccountAsync("acc");

        var numbers = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => (n % 2 == 0 ? opened.Store : other).EnterAsync("acc", $"ent_{n}")));

        Assert.Equal(Enumerable.Range(1, 40), numbers.Order());
        Assert.Equal(40, (await other.EntriesAsync("acc")).Count);
    }

    [Fact]
    public async Task Commits_that_write_two_documents_in_either_order_all_end()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        await opened.Store.OpenAccountAsync("one");
        await opened.Store.OpenAccountAsync("two");

        await Task.WhenAll(Enumerable.Range(0, 32).Select(n => opened.Store.CommitAsync(
            async transaction =>
            {
                foreach (var id in n % 2 == 0 ? ["one", "two"] : new[] { "two", "one" })
                {
                    await transaction.UpdateAsync<Account>(id, found => found with { Entries = found.Entries + 1 });
                }

                return true;
            },
            Ct)));

        Assert.Equal(32, (await opened.Store.FindAsync<Account>("one", Ct))!.Entries);
        Assert.Equal(32, (await opened.Store.FindAsync<Account>("two", Ct))!.Entries);
    }

    [Fact]
    public async Task A_commit_waits_until_another_program_s_transaction_lets_go_of_the_document()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        await opened.Store.OpenAccountAsync("acc");
        using var session = await opened.RawClient.StartSessionAsync(cancellationToken: Ct);
        session.StartTransaction();
        await opened.Raw.GetCollection<BsonDocument>("accounts").UpdateOneAsync(
            session, new BsonDocument("_id", "acc"), new BsonDocument("$set", new BsonDocument("held", true)), cancellationToken: Ct);
        var refused = new TaskCompletionSource();
        var tries = 0;

        var commit = opened.Store.CommitAsync(
            async transaction =>
            {
                if (++tries == 4)
                {
                    refused.SetResult();
                }

                var account = await transaction.UpdateAsync<Account>("acc", found => found with { Entries = 10 });
                return account!.Entries;
            },
            Ct);
        await refused.Task.WaitAsync(Ct);
        Assert.False(commit.IsCompleted);
        await session.AbortTransactionAsync(Ct);

        Assert.Equal(10, await commit);
    }

    [Fact]
    public async Task A_document_that_another_program_never_lets_go_makes_the_commit_fail_in_time()
    {
        await using var opened = await MongoTestStore.OpenAsync(new MongoOptions { Uri = string.Empty, CommitLimit = TimeSpan.FromMilliseconds(500) });
        await opened.Store.OpenAccountAsync("acc");
        using var session = await opened.RawClient.StartSessionAsync(cancellationToken: Ct);
        session.StartTransaction();
        await opened.Raw.GetCollection<BsonDocument>("accounts").DeleteOneAsync(session, new BsonDocument("_id", "acc"), cancellationToken: Ct);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => opened.Store.EnterAsync("acc", "ent"));
        await session.AbortTransactionAsync(Ct);

        Assert.Empty(await opened.Store.EntriesAsync("acc"));
    }

    [Fact]
    public async Task A_failure_that_the_work_hides_still_fails_the_commit()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        await opened.Store.OpenAccountAsync("acc");

        var refused = await Assert.ThrowsAsync<DuplicateKeyException>(() => opened.Store.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(new Account { Id = "other", ClientId = Ledger.Client });
                await transaction.InsertAsync(new Account { Id = "acc", ClientId = Ledger.Client });
                try
                {
                    await transaction.FindAsync<Account>("acc");
                }
                catch (DuplicateKeyException)
                {
                    // Hidden on purpose.
                }

                return true;
            },
            Ct));

        Assert.Equal("id", refused.Index);
        Assert.Null(await opened.Store.FindAsync<Account>("other", Ct));
    }

    [Fact]
    public async Task What_the_work_makes_of_a_failure_comes_out()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        await opened.Store.OpenAccountAsync("acc");

        var thrown = await Assert.ThrowsAsync<ArgumentException>(() => opened.Store.CommitAsync<bool>(
            async transaction =>
            {
                await transaction.InsertAsync(new Account { Id = "acc", ClientId = Ledger.Client });
                try
                {
                    await transaction.FindAsync<Account>("acc");
                    return true;
                }
                catch (DuplicateKeyException taken)
                {
                    throw new ArgumentException("taken", taken);
                }
            },
            Ct));

        Assert.Equal("taken", thrown.Message);
    }

    [Fact]
    public async Task A_work_that_throws_a_time_out_of_its_own_is_not_mistaken_for_the_database()
    {
        await using var opened = await MongoTestStore.OpenAsync();

        await Assert.ThrowsAsync<TimeoutException>(() => opened.Store.CommitAsync<bool>(_ => throw new TimeoutException("the work's own"), Ct));
    }

    [Fact]
    public async Task A_document_cannot_take_another_id()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        await opened.Store.OpenAccountAsync("acc");

        await Assert.ThrowsAsync<InvalidOperationException>(() => opened.Store.CommitAsync(
            transaction => transaction.UpdateAsync<Account>("acc", found => found with { Id = "other" }), Ct));

        Assert.Equal(1, (await opened.Store.FindAsync<Account>("acc", Ct))!.Version);
    }

    [Fact]
    public async Task A_document_larger_than_the_server_takes_is_refused_and_one_of_nearly_that_size_is_not()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        Entry Sized(int bytes) => new() { Id = "ent", ClientId = Ledger.Client, AccountId = new string('x', bytes), Number = 1 };

        await Assert.ThrowsAsync<InvalidOperationException>(() => InsertAsync(Sized(16 << 20)));
        await InsertAsync(Sized((16 << 20) - 1_000));

        Assert.Equal((16 << 20) - 1_000, (await opened.Store.FindAsync<Entry>("ent", Ct))!.AccountId.Length);

        Task InsertAsync(Entry entry) => opened.Store.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(entry);
                return true;
            },
            Ct);
    }

    [Fact]
    public async Task A_limit_of_none_finds_none()
    {
        await using var opened = await MongoTestStore.OpenAsync();
        await opened.Store.OpenAccountAsync("acc");

        Assert.Empty(await opened.Store.ListAsync(Query.Of<Account>().Take(0), Ct));
        Assert.Equal(0, await opened.Store.CommitAsync(transaction => transaction.DeleteAllAsync(Query.Of<Account>().Take(0)), Ct));
    }
}
