namespace AiBackend.Documents;

/// <summary>The documents of one client: another client's are not there.</summary>
public sealed class TenantDocuments
{
    private readonly IDocumentStore adapter;

    internal TenantDocuments(IDocumentStore adapter, string clientId)
    {
        ArgumentException.ThrowIfNullOrEmpty(clientId);
        this.adapter = adapter;
        ClientId = clientId;
    }

    /// <summary>The client (<c>cli_…</c>).</summary>
    public string ClientId { get; }

    /// <inheritdoc cref="IDocumentStore.FindAsync" />
    public async Task<T?> FindAsync<T>(string id, CancellationToken ct)
        where T : TenantDocument =>
        await adapter.FindAsync<T>(id, ct) is { } found && found.ClientId == ClientId ? found : null;

    /// <inheritdoc cref="IDocumentStore.ListAsync{T}(Query{T}, CancellationToken)" />
    public Task<IReadOnlyList<T>> ListAsync<T>(Query<T> query, CancellationToken ct)
        where T : TenantDocument =>
        adapter.ListAsync(Bound(query), ct);

    /// <inheritdoc cref="IDocumentStore.ListAsync{T, TView}(Query{T}, CancellationToken)" />
    public Task<IReadOnlyList<TView>> ListAsync<T, TView>(Query<T> query, CancellationToken ct)
        where T : TenantDocument =>
        adapter.ListAsync<T, TView>(Bound(query), ct);

    /// <inheritdoc cref="IDocumentStore.PageAsync" />
    public Task<Page<T>> PageAsync<T>(Query<T> query, string? cursor, int limit, CancellationToken ct)
        where T : TenantDocument =>
        adapter.PageAsync(Bound(query), cursor, limit, ct);

    /// <inheritdoc cref="IDocumentStore.CountAsync" />
    public Task<long> CountAsync<T>(Query<T> query, CancellationToken ct)
        where T : TenantDocument =>
        adapter.CountAsync(Bound(query), ct);

    /// <inheritdoc cref="IDocumentStore.CommitAsync" />
    public Task<TResult> CommitAsync<TResult>(Func<TenantTransaction, ValueTask<TResult>> work, CancellationToken ct) =>
        adapter.CommitAsync(transaction => work(new TenantTransaction(transaction, ClientId)), ct);

    /// <inheritdoc cref="IDocumentStore.CommitAsync" />
    public Task CommitAsync(Func<TenantTransaction, ValueTask> work, CancellationToken ct) =>
        adapter.CommitAsync(
            async transaction =>
            {
                await work(new TenantTransaction(transaction, ClientId));
                return true;
            },
            ct);

    internal static Query<T> Bound<T>(Query<T> query, string clientId)
        where T : TenantDocument =>
        query.With(new Condition.Compare(FieldPath.ClientId, Comparison.Equal, clientId));

    private Query<T> Bound<T>(Query<T> query)
        where T : TenantDocument => Bound(query, ClientId);
}

/// <summary>One commit over one client's documents. See <see cref="ITransaction"/>.</summary>
public sealed class TenantTransaction
{
    internal TenantTransaction(ITransaction across, string clientId)
    {
        AcrossTenants = across;
        ClientId = clientId;
    }

    /// <summary>The client (<c>cli_…</c>).</summary>
    public string ClientId { get; }

    /// <summary>The same commit without the tenant's bound, for documents that belong to no client.</summary>
    public ITransaction AcrossTenants { get; }

    /// <inheritdoc cref="ITransaction.FindAsync" />
    public async ValueTask<T?> FindAsync<T>(string id)
        where T : TenantDocument =>
        await AcrossTenants.FindAsync<T>(id) is { } found && found.ClientId == ClientId ? found : null;

    /// <inheritdoc cref="ITransaction.ListAsync" />
    public ValueTask<IReadOnlyList<T>> ListAsync<T>(Query<T> query)
        where T : TenantDocument =>
        AcrossTenants.ListAsync(TenantDocuments.Bound(query, ClientId));

    /// <inheritdoc cref="ITransaction.InsertAsync" />
    public ValueTask InsertAsync<T>(T document)
        where T : TenantDocument
    {
        RequireOwn(document);
        return AcrossTenants.InsertAsync(document);
    }

    /// <inheritdoc cref="ITransaction.UpdateAsync" />
    public async ValueTask<T?> UpdateAsync<T>(string id, Func<T, T> change)
        where T : TenantDocument
    {
        var updated = await AcrossTenants.UpdateAsync<T>(id, found =>
        {
            if (found.ClientId != ClientId)
            {
                return found;
            }

            var changed = change(found);
            RequireOwn(changed);
            return changed;
        });
        return updated?.ClientId == ClientId ? updated : null;
    }

    /// <inheritdoc cref="ITransaction.ReplaceAsync" />
    public ValueTask<T> ReplaceAsync<T>(T document)
        where T : TenantDocument
    {
        RequireOwn(document);
        return AcrossTenants.ReplaceAsync(document);
    }

    /// <inheritdoc cref="ITransaction.DeleteAsync" />
    public async ValueTask<bool> DeleteAsync<T>(string id)
        where T : TenantDocument =>
        await FindAsync<T>(id) is not null && await AcrossTenants.DeleteAsync<T>(id);

    /// <inheritdoc cref="ITransaction.DeleteAllAsync" />
    public ValueTask<int> DeleteAllAsync<T>(Query<T> query)
        where T : TenantDocument =>
        AcrossTenants.DeleteAllAsync(TenantDocuments.Bound(query, ClientId));

    /// <inheritdoc cref="ITransaction.Signal" />
    public void Signal(string topic) => AcrossTenants.Signal(topic);

    private void RequireOwn(TenantDocument document)
    {
        if (document.ClientId != ClientId)
        {
            throw new InvalidOperationException($"The document {document.Id} belongs to another client.");
        }
    }
}
