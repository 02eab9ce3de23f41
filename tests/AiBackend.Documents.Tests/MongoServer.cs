using AiBackend.Documents.Mongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.Documents.Tests;

/// <summary>The server that <c>TEST_MONGODB_URI</c> names; without it tests are skipped, and fail in CI.</summary>
internal static class MongoServer
{
    private const string Missing = "TEST_MONGODB_URI is not set (eng/mongo dotnet test sets it).";

    /// <summary>Whether a missing server is a failure.</summary>
    public static bool IsRequired => Environment.GetEnvironmentVariable("CI") == "true";

    public static string? Uri => Environment.GetEnvironmentVariable("TEST_MONGODB_URI") is { Length: > 0 } uri ? uri : null;

    public static string UriOrSkip()
    {
        if (Uri is { } uri)
        {
            return uri;
        }

        Assert.SkipUnless(IsRequired, Missing);
        throw new InvalidOperationException(Missing);
    }

    /// <summary>A database that nobody has used; also the name by which the server knows its client.</summary>
    public static string NewDatabase(string uri, out string name)
    {
        name = $"test_{Guid.NewGuid():n}";
        return new MongoUrlBuilder(uri) { DatabaseName = name, ApplicationName = name }.ToString();
    }
}

/// <summary>A store with a database of its own, which goes with it.</summary>
internal sealed class MongoTestStore : IAsyncDisposable
{
    private readonly MongoClient client;
    private readonly string name;

    private readonly bool isShared;

    private MongoTestStore(string uri, MongoOptions options, DocumentCatalog catalog, bool isShared)
    {
        this.isShared = isShared;
        Uri = MongoServer.NewDatabase(uri, out name);
        Store = new MongoDocumentStore(catalog, options with { Uri = Uri });
        client = new MongoClient(uri);
    }

    public string Uri { get; }

    public MongoDocumentStore Store { get; }

    /// <summary>The database, as another program sees it.</summary>
    public IMongoDatabase Raw => client.GetDatabase(name);

    public MongoClient RawClient => client;

    public static Task<MongoTestStore> OpenAsync(MongoOptions? options = null, DocumentCatalog? catalog = null) =>
        OpenAsync(MongoServer.UriOrSkip(), options, catalog, isShared: true);

    /// <summary>On a server of the test's own, which takes its databases with it.</summary>
    public static Task<MongoTestStore> OpenAsync(MongoStandIn server, DocumentCatalog? catalog = null) =>
        OpenAsync(server.Uri, null, catalog, isShared: false);

    /// <summary>On a server that fails what it is told to.</summary>
    public static Task<MongoTestStore> OpenAsync(FaultyServer server, MongoOptions? options = null) =>
        OpenAsync(server.Uri, options, null, isShared: true);

    /// <summary>Makes the server fail commands of this store, until the result is disposed.</summary>
    public async Task<IAsyncDisposable> FailAsync(BsonValue mode, BsonDocument data)
    {
        data.Add("appName", name);
        try
        {
            await Admin(new BsonDocument { { "configureFailPoint", "failCommand" }, { "mode", mode }, { "data", data } });
        }
        catch (MongoCommandException refused) when (refused.CodeName == "CommandNotFound")
        {
            Assert.Skip("The server takes no fail points: start mongod with --setParameter enableTestCommands=1.");
        }

        return new Reset(this, new BsonDocument { { "configureFailPoint", "failCommand" }, { "mode", "off" } });
    }

    /// <summary>How long the server keeps a transaction that nobody ends, until the result is disposed.</summary>
    public async Task<IAsyncDisposable> LimitTransactionsAsync(int seconds)
    {
        await Admin(new BsonDocument { { "setParameter", 1 }, { "transactionLifetimeLimitSeconds", seconds } });
        return new Reset(this, new BsonDocument { { "setParameter", 1 }, { "transactionLifetimeLimitSeconds", 60 } });
    }

    public async ValueTask DisposeAsync()
    {
        if (isShared)
        {
            await client.DropDatabaseAsync(name);
        }

        await Store.DisposeAsync();
        client.Dispose();
    }

    private static async Task<MongoTestStore> OpenAsync(string uri, MongoOptions? options, DocumentCatalog? catalog, bool isShared)
    {
        options ??= new MongoOptions { Uri = uri, RequireServedQueries = true };
        var opened = new MongoTestStore(uri, options, catalog ?? Ledger.Catalog, isShared);
        await opened.Store.InitializeAsync(TestContext.Current.CancellationToken);
        return opened;
    }

    private Task<BsonDocument> Admin(BsonDocument command) => client.GetDatabase("admin").RunCommandAsync<BsonDocument>(command);

    private sealed class Reset(MongoTestStore store, BsonDocument command) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await store.Admin(command);
    }
}

/// <summary>
/// A server for tests that make it fail. The stand-in fails the commands of all its clients, those of other test programs too, so it is
/// one of their own; a real server keeps to the client that is named.
/// </summary>
public sealed class FaultyServer : IAsyncLifetime
{
    private MongoStandIn? own;

    public string Uri => own?.Uri ?? MongoServer.UriOrSkip();

    public async ValueTask InitializeAsync()
    {
        if (MongoServer.Uri is not null && MongoStandIn.IsThere)
        {
            own = await MongoStandIn.StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (own is not null)
        {
            await own.DisposeAsync();
        }
    }
}
