using AiBackend.Documents.Mongo;
using MongoDB.Bson;

namespace AiBackend.Documents.Tests;

/// <summary>Fail points hold for a whole server, so these tests run alone.</summary>
[CollectionDefinition(nameof(MongoFaultTests), DisableParallelization = true)]
[Collection(nameof(MongoFaultTests))]
public sealed class MongoFaultTests(FaultyServer server) : IClassFixture<FaultyServer>
{
    private static readonly MongoOptions Hasty = new()
    {
        Uri = string.Empty,
        RequireServedQueries = true,
        CommitLimit = TimeSpan.FromSeconds(1),
        OperationLimit = TimeSpan.FromSeconds(1),
        ServerSelectionLimit = TimeSpan.FromSeconds(1),
    };

    /// <summary>What the server does, and how often.</summary>
    public static TheoryData<string, int, string> Survived => new()
    {
        { "{failCommands: ['commitTransaction'], closeConnection: true}", 1, "the driver asks again" },
        { "{failCommands: ['commitTransaction'], closeConnection: true}", 6, "the store asks again" },
        { "{failCommands: ['commitTransaction'], writeConcernError: {code: 91, errmsg: 'stops'}, errorLabels: ['RetryableWriteError']}", 5, "stored, and said so late" },
        { "{failCommands: ['commitTransaction'], writeConcernError: {code: 64, errmsg: 'too slow'}}", 3, "stored, not yet by a majority" },
        { "{failCommands: ['commitTransaction'], errorCode: 50}", 3, "out of time" },
        { "{failCommands: ['commitTransaction'], errorCode: 251, errorLabels: ['TransientTransactionError']}", 3, "the server forgot it" },
        { "{failCommands: ['commitTransaction'], errorCode: 10107}", 3, "no longer primary" },
        { "{failCommands: ['insert'], errorCode: 112, errorLabels: ['TransientTransactionError']}", 4, "another writes" },
        { "{failCommands: ['insert'], closeConnection: true}", 3, "cut while inserting" },
        { "{failCommands: ['findAndModify'], closeConnection: true}", 3, "cut while locking" },
        { "{failCommands: ['findAndModify'], errorCode: 112, errorLabels: ['TransientTransactionError']}", 4, "another holds it" },
        { "{failCommands: ['update'], closeConnection: true}", 3, "cut while replacing" },
        { "{failCommands: ['insert', 'update', 'findAndModify', 'commitTransaction', 'abortTransaction'], closeConnection: true}", 5, "cut anywhere" },
        { "{failCommands: ['insert', 'update', 'findAndModify', 'commitTransaction'], blockConnection: true, blockTimeMS: 40}", 8, "slow" },
    };

    /// <summary>What the server does for as long as anyone tries, and whether the work may have been stored.</summary>
    public static TheoryData<string, bool> Lasting => new()
    {
        { "{failCommands: ['commitTransaction'], closeConnection: true}", false },
        { "{failCommands: ['commitTransaction'], writeConcernError: {code: 64, errmsg: 'too slow'}}", true },
        { "{failCommands: ['commitTransaction'], blockConnection: true, blockTimeMS: 3000}", true },
        { "{failCommands: ['commitTransaction'], errorCode: 8}", false },
        { "{failCommands: ['insert'], closeConnection: true}", false },
        { "{failCommands: ['insert'], errorCode: 112, errorLabels: ['TransientTransactionError']}", false },
        { "{failCommands: ['findAndModify'], errorCode: 8}", false },
        { "{failCommands: ['findAndModify'], blockConnection: true, blockTimeMS: 3000}", false },
        { "{failCommands: ['findAndModify', 'abortTransaction'], blockConnection: true, blockTimeMS: 4000}", false },
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Survived))]
    public async Task A_commit_outlives_a_fault_and_is_stored_once(string fault, int times, string meaning)
    {
        TestContext.Current.TestOutputHelper!.WriteLine(meaning);
        await using var opened = await MongoTestStore.OpenAsync(server);
        await opened.Store.OpenAccountAsync("acc");
        await using (await opened.FailAsync(new BsonDocument("times", times), BsonDocument.Parse(fault)))
        {
            Assert.Equal(1, await opened.Store.EnterAsync("acc", "first"));
            Assert.Equal(2, await opened.Store.EnterAsync("acc", "second"));
        }

        Assert.Equal(["first", "second"], await opened.Store.EntriesAsync("acc"));
    }

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task A_commit_that_cannot_be_made_sure_of_is_reported_and_stored_once_at_most(string fault, bool mayBeStored)
    {
        await using var opened = await MongoTestStore.OpenAsync(server, Hasty);
        await using var patient = new MongoDocumentStore(Ledger.Catalog, new MongoOptions { Uri = opened.Uri });
        await using var limit = await opened.LimitTransactionsAsync(seconds: 1);
        await opened.Store.OpenAccountAsync("acc");
        await using (await opened.FailAsync("alwaysOn", BsonDocument.Parse(fault)))
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => opened.Store.EnterAsync("acc", "doubtful"));
        }

        // Waits for the server to give up a transaction of which it has heard no end.
        await patient.EnterAsync("acc", "after");

        var stored = await opened.Store.EntriesAsync("acc");
        Assert.True(stored is ["after"] || (mayBeStored && stored is ["doubtful", "after"]), $"stored: {string.Join(", ", stored)}");
    }

    [Fact]
    public async Task A_caller_who_leaves_when_only_the_commit_remains_still_learns_that_it_was_stored()
    {
        await using var opened = await MongoTestStore.OpenAsync(server);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        var isStored = await opened.Store.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(new Account { Id = "acc", ClientId = Ledger.Client });
                Assert.NotNull(await transaction.FindAsync<Account>("acc"));
                await leaving.CancelAsync();
                return true;
            },
            leaving.Token);

        Assert.True(isStored);
        Assert.NotNull(await opened.Store.FindAsync<Account>("acc", Ct));
    }

    [Theory]
    [InlineData("{failCommands: ['find'], closeConnection: true}")]
    [InlineData("{failCommands: ['find'], errorCode: 11600}")]
    public async Task A_read_is_asked_again_once_and_then_fails_as_unavailable(string fault)
    {
        await using var opened = await MongoTestStore.OpenAsync(server, Hasty);
        await opened.Store.OpenAccountAsync("acc");
        await using (await opened.FailAsync(new BsonDocument("times", 1), BsonDocument.Parse(fault)))
        {
            Assert.NotNull(await opened.Store.FindAsync<Account>("acc", Ct));
        }

        await using (await opened.FailAsync("alwaysOn", BsonDocument.Parse(fault)))
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => opened.Store.FindAsync<Account>("acc", Ct));
        }
    }

    [Fact]
    public async Task A_read_that_is_not_answered_in_time_fails_as_unavailable()
    {
        await using var opened = await MongoTestStore.OpenAsync(server, Hasty);
        await using var fault = await opened.FailAsync("alwaysOn", BsonDocument.Parse(
            "{failCommands: ['find'], blockConnection: true, blockTimeMS: 10000}"));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => opened.Store.FindAsync<Account>("acc", Ct));
    }

    [Fact]
    public async Task A_store_that_takes_no_writes_is_not_ready()
    {
        await using var opened = await MongoTestStore.OpenAsync(server, Hasty);
        Assert.True(await opened.Store.IsReadyAsync(Ct));
        await using (await opened.FailAsync("alwaysOn", BsonDocument.Parse("{failCommands: ['update'], errorCode: 10107}")))
        {
            Assert.False(await opened.Store.IsReadyAsync(Ct));
        }

        Assert.True(await opened.Store.IsReadyAsync(Ct));
    }
}
