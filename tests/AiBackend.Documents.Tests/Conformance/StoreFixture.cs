namespace AiBackend.Documents.Tests.Conformance;

/// <summary>A database of one adapter, shared by the tests of one suite; each test has a client of its own.</summary>
public abstract class StoreFixture : IAsyncLifetime
{
    private readonly List<IDocumentStore> opened = [];

    /// <summary>The adapter that is tested.</summary>
    public abstract Type StoreType { get; }

    /// <summary>Serves <see cref="Items.Catalog"/>; unserved queries throw.</summary>
    public IDocumentStore Store => opened[0];

    public virtual async ValueTask InitializeAsync() => await OpenAsync(Items.Catalog);

    /// <summary>Another store over the same database, as a later version of the program or another process opens it. Initialised.</summary>
    public async Task<IDocumentStore> OpenAsync(DocumentCatalog catalog, bool requireServedQueries = true)
    {
        var store = Make(catalog, requireServedQueries);
        opened.Add(store);
        await store.InitializeAsync(TestContext.Current.CancellationToken);
        return store;
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var store in opened.OfType<IAsyncDisposable>())
        {
            await store.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    protected abstract IDocumentStore Make(DocumentCatalog catalog, bool requireServedQueries);
}

/// <summary>What every suite has. A suite is an abstract class; each adapter has a subclass of it (see <see cref="ConformanceMetaTests"/>).</summary>
public abstract class StoreTests(StoreFixture fixture)
{
    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected StoreFixture Fixture => fixture;

    protected IDocumentStore Store => fixture.Store;

    protected Ids Ids { get; } = new(TimeProvider.System);

    /// <summary>This test's client.</summary>
    protected TenantDocuments Client { get; } = new DocumentStore(fixture.Store).For(new Ids(TimeProvider.System).New("cli"));

    protected TenantDocuments NewClient() => new DocumentStore(Store).For(Ids.New("cli"));

    /// <summary>An item of this test's client, every field that may be null being null.</summary>
    internal Item NewItem() => new() { Id = Ids.New("itm"), ClientId = Client.ClientId, At = Items.Start, Size = 1, Kind = Kind.Plain };

    internal async Task<Item> InsertAsync(Item item)
    {
        await Client.CommitAsync(transaction => transaction.InsertAsync(item), Ct);
        return item with { Version = 1 };
    }

    internal Task InsertAllAsync(IEnumerable<Item> items) => Client.CommitAsync(
        async transaction =>
        {
            foreach (var item in items)
            {
                await transaction.InsertAsync(item);
            }
        },
        Ct);
}
