namespace AiBackend.DataStores.VectorStores;

/// <summary>The clients' vector stores, to be tested and searched.</summary>
internal sealed class VectorSearch(IEnumerable<IVectorStore> kinds, DataStoreDirectory directory)
{
    /// <inheritdoc cref="IVectorStore.TestAsync" />
    public Task<ConnectionReport> TestAsync(DataStore store, CancellationToken ct) => OfKind(store).TestAsync(Open(store), ct);

    /// <inheritdoc cref="IVectorStore.SearchAsync" />
    public Task<IReadOnlyList<VectorHit>> SearchAsync(DataStore store, VectorQuery query, CancellationToken ct) =>
        OfKind(store).SearchAsync(Open(store), query, ct);

    private IVectorStore OfKind(DataStore store) => kinds.First(kind => kind.Kind == store.Kind);

    private VectorTarget Open(DataStore store) =>
        new(store.Config.Url!, directory.SecretOf(store), store.Config.Collection!, store.Config.TextField!);
}
