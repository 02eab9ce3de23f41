using AiBackend.Documents.Mongo;
using AiBackend.Documents.Tests.Conformance;
using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.Documents.Tests;

/// <summary>What the store makes of a server at its start.</summary>
public sealed class MongoSetupTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Indexes_are_made_as_declared()
    {
        await using var opened = await MongoTestStore.OpenAsync(catalog: Items.Catalog);

        Assert.Equal(
            [
                "_expiry: { 'expires_at' : 1 } if { 'expires_at' : { '$exists' : true } }",
                "_id_: { '_id' : 1 }",
                "by_client: { 'client_id' : 1, '_id' : 1 }",
                "by_external_id: { 'client_id' : 1, 'external_id' : 1 } unique if { 'external_id' : { '$exists' : true } }",
                "by_kind: { 'client_id' : 1, 'kind' : 1, 'at' : 1, '_id' : 1 }",
                "by_label: { 'client_id' : 1, 'label' : 1, 'weight' : 1, '_id' : 1 }",
                "by_open: { 'client_id' : 1, 'is_open' : 1, 'size' : 1, '_id' : 1 }",
                "by_owner: { 'client_id' : 1, 'owner.id' : 1, '_id' : 1 }",
                "by_size: { 'client_id' : 1, 'size' : 1, '_id' : 1 }",
                "by_tag: { 'tags' : 1, 'client_id' : 1, '_id' : 1 }",
                "by_time: { 'client_id' : 1, 'at' : 1, '_id' : 1 }",
                "by_weight: { 'client_id' : 1, 'weight' : 1, '_id' : 1 }",
                "reviewed: { 'client_id' : 1, 'reviewed_at' : 1, '_id' : 1 } if { 'reviewed_at' : { '$exists' : true } }",
            ],
            await IndexesAsync(opened, "items"));
    }

    [Fact]
    public async Task An_index_that_changed_is_made_anew_and_one_that_is_gone_is_dropped()
    {
        var before = new DocumentCatalog(
        [
            new DocumentSet<Entry>("entries").Index("kept", e => e.ClientId).Index("changed", e => e.Number).Index("gone", e => e.AccountId),
        ]);
        await using var opened = await MongoTestStore.OpenAsync(catalog: before);
        await opened.Store.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(new Entry { Id = "ent", ClientId = Ledger.Client, AccountId = "acc", Number = 1 });
                return true;
            },
            Ct);
        var after = new DocumentCatalog(
        [
            new DocumentSet<Entry>("entries").Index("kept", e => e.ClientId).Unique("changed", e => e.Number).Index("renamed", e => e.AccountId),
        ]);

        await using var later = new MongoDocumentStore(after, new MongoOptions { Uri = opened.Uri });
        await later.InitializeAsync(Ct);

        Assert.Equal(
            [
                "_id_: { '_id' : 1 }",
                "changed: { 'number' : 1 } unique",
                "kept: { 'client_id' : 1, '_id' : 1 }",
                "renamed: { 'account_id' : 1, '_id' : 1 }",
            ],
            await IndexesAsync(opened, "entries"));
        Assert.NotNull(await later.FindAsync<Entry>("ent", Ct));
    }

    [Fact]
    public async Task A_unique_index_over_documents_that_break_it_is_refused_with_its_name()
    {
        await using var opened = await MongoTestStore.OpenAsync(catalog: new DocumentCatalog([new DocumentSet<Entry>("entries")]));
        await opened.Raw.GetCollection<BsonDocument>("entries").InsertManyAsync(
            [new BsonDocument("account_id", "same").Add("number", 1), new BsonDocument("account_id", "same").Add("number", 1)], cancellationToken: Ct);
        await using var later = new MongoDocumentStore(Ledger.Catalog, new MongoOptions { Uri = opened.Uri });

        var refused = await Assert.ThrowsAsync<DuplicateKeyException>(() => later.InitializeAsync(Ct));

        Assert.Equal(("entries", "number"), (refused.Collection, refused.Index));
    }

    [Fact]
    public async Task Processes_that_start_at_once_do_not_disturb_each_other()
    {
        await using var opened = await MongoTestStore.OpenAsync(catalog: new DocumentCatalog([new DocumentSet<Entry>("entries").Index("gone", e => e.AccountId)]));
        MongoDocumentStore[] stores = [.. Enumerable.Range(0, 6).Select(_ => new MongoDocumentStore(Items.Catalog, new MongoOptions { Uri = opened.Uri }))];

        await Task.WhenAll(stores.Select(store => store.InitializeAsync(Ct)));

        Assert.Equal(13, (await IndexesAsync(opened, "items")).Count);
        await Task.WhenAll(stores.Select(store => store.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_server_without_a_replica_set_is_refused_with_what_to_do()
    {
        await using var server = await MongoStandIn.StartAsync("--standalone");

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => MongoTestStore.OpenAsync(server));

        Assert.Contains("mongod --replSet rs0", refused.Message, StringComparison.Ordinal);
        Assert.Contains("rs.initiate()", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_replica_set_than_the_connection_string_names_is_refused_with_what_to_do()
    {
        var uri = new MongoUrlBuilder(MongoServer.UriOrSkip()) { ReplicaSetName = "other" }.ToString();
        await using var store = new MongoDocumentStore(
            Ledger.Catalog, new MongoOptions { Uri = uri, ServerSelectionLimit = TimeSpan.FromMilliseconds(600) });

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.InitializeAsync(Ct));

        Assert.Contains("rs.initiate()", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_reported_by_every_operation()
    {
        await using var store = new MongoDocumentStore(
            Ledger.Catalog,
            new MongoOptions
            {
                Uri = "mongodb://127.0.0.1:1/?replicaSet=rs0",
                ServerSelectionLimit = TimeSpan.FromMilliseconds(300),
                CommitLimit = TimeSpan.FromSeconds(2),
            });

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.InitializeAsync(Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.FindAsync<Account>("acc", Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ListAsync(Query.Of<Account>(), Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CountAsync(Query.Of<Account>(), Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.EnterAsync("acc", "ent"));
        Assert.False(await store.IsReadyAsync(Ct));
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost:27017")]
    [InlineData("mongodb://localhost/?replicaSet=rs0&connectTimeoutMS=soon")]
    public void A_connection_string_that_cannot_be_read_is_an_argument_error(string uri) =>
        Assert.Throws<ArgumentException>(() => new MongoDocumentStore(Ledger.Catalog, new MongoOptions { Uri = uri }));

    private static async Task<List<string>> IndexesAsync(MongoTestStore opened, string collection)
    {
        using var cursor = await opened.Raw.GetCollection<BsonDocument>(collection).Indexes.ListAsync(Ct);
        return [.. (await cursor.ToListAsync(Ct)).Select(Text).Order(StringComparer.Ordinal)];
    }

    private static string Text(BsonDocument index)
    {
        var unique = index.GetValue("unique", false).ToBoolean() ? " unique" : string.Empty;
        var partial = index.Contains("partialFilterExpression") ? $" if {index["partialFilterExpression"]}" : string.Empty;
        return $"{index["name"]}: {index["key"]}{unique}{partial}".Replace('"', '\'');
    }
}
