using AiBackend.Documents;

namespace AiBackend.Tests.Semantics.Sync;

/// <summary>The process is no more.</summary>
internal sealed class DiedException : Exception;

/// <summary>Stores a number of commits; then the process dies, before or after the next one.</summary>
internal sealed class DyingStore(IDocumentStore inner, int survives, bool isStored) : IDocumentStore
{
    private int left = survives;

    public CommitSignals Signals => inner.Signals;

    public async Task<TResult> CommitAsync<TResult>(Func<ITransaction, ValueTask<TResult>> work, CancellationToken ct)
    {
        if (left-- > 0)
        {
            return await inner.CommitAsync(work, ct);
        }

        if (isStored && left == -1)
        {
            await inner.CommitAsync(work, ct);
        }

        throw new DiedException();
    }

    public Task InitializeAsync(CancellationToken ct) => inner.InitializeAsync(ct);

    public Task<bool> IsReadyAsync(CancellationToken ct) => inner.IsReadyAsync(ct);

    public Task<T?> FindAsync<T>(string id, CancellationToken ct)
        where T : Document => inner.FindAsync<T>(id, ct);

    public Task<IReadOnlyList<T>> ListAsync<T>(Query<T> query, CancellationToken ct)
        where T : Document => inner.ListAsync(query, ct);

    public Task<IReadOnlyList<TView>> ListAsync<T, TView>(Query<T> query, CancellationToken ct)
        where T : Document => inner.ListAsync<T, TView>(query, ct);

    public Task<Page<T>> PageAsync<T>(Query<T> query, string? cursor, int limit, CancellationToken ct)
        where T : Document => inner.PageAsync(query, cursor, limit, ct);

    public Task<long> CountAsync<T>(Query<T> query, CancellationToken ct)
        where T : Document => inner.CountAsync(query, ct);

    public Task<T?> ClaimAsync<T>(Query<T> query, Lease lease, CancellationToken ct)
        where T : LeasedDocument => inner.ClaimAsync(query, lease, ct);

    public Task<int> RemoveExpiredAsync(DateTimeOffset now, CancellationToken ct) => inner.RemoveExpiredAsync(now, ct);

    public Task ForgetRemovedAsync(CancellationToken ct) => inner.ForgetRemovedAsync(ct);
}
