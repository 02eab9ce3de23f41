using AiBackend.Documents.Mongo;
using AiBackend.Documents.Tests.Conformance;
using MongoDB.Driver;

namespace AiBackend.Documents.Tests;

/// <summary>A database of its own on the server that <c>TEST_MONGODB_URI</c> names. Nothing is opened without a server.</summary>
public sealed class MongoFixture : StoreFixture
{
    private readonly string? uri;
    private readonly string database = string.Empty;
    private bool isOpened;

    public MongoFixture()
    {
        if (MongoServer.Uri is { } server)
        {
            uri = MongoServer.NewDatabase(server, out database);
        }
    }

    public override Type StoreType => typeof(MongoDocumentStore);

    /// <summary>This, or the test is skipped for want of a server.</summary>
    public MongoFixture OrSkip()
    {
        _ = MongoServer.UriOrSkip();
        return this;
    }

    public override async ValueTask InitializeAsync()
    {
        if (uri is not null)
        {
            isOpened = true;
            await base.InitializeAsync();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (isOpened)
        {
            using var client = new MongoClient(uri);
            await client.DropDatabaseAsync(database);
        }

        await base.DisposeAsync();
    }

    // A server that keeps others waiting for long, on a busy machine, is not what these tests are about.
    protected override IDocumentStore Make(DocumentCatalog catalog, bool requireServedQueries) => new MongoDocumentStore(
        catalog,
        new MongoOptions
        {
            Uri = uri!,
            RequireServedQueries = requireServedQueries,
            OperationLimit = TimeSpan.FromMinutes(1),
            CommitLimit = TimeSpan.FromMinutes(2),
        });
}
