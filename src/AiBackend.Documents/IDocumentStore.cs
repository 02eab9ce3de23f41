namespace AiBackend.Documents;

/// <summary>
/// A database, as an adapter gives it. It crosses tenants: features read and write through
/// <see cref="DocumentStore"/>, which binds a client. Conflicts come as <see cref="VersionConflictException"/> and
/// <see cref="DuplicateKeyException"/>, never as a driver's exception.
/// </summary>
public interface IDocumentStore
{
    /// <summary>Makes what is missing of collections and indexes. Called once, before anything else; safe to repeat.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot serve; the message says what to do.</exception>
    Task InitializeAsync(CancellationToken ct);

    /// <summary>Whether the database answers now, written to as well as read.</summary>
    Task<bool> IsReadyAsync(CancellationToken ct);

    /// <summary>The document, or null.</summary>
    Task<T?> FindAsync<T>(string id, CancellationToken ct)
        where T : Document;

    /// <summary>All that the query finds, in its order; give it a limit unless the result is small by nature.</summary>
    Task<IReadOnlyList<T>> ListAsync<T>(Query<T> query, CancellationToken ct)
        where T : Document;

    /// <summary>
    /// As <see cref="ListAsync{T}(Query{T}, CancellationToken)"/>, reading only the fields that <typeparamref name="TView"/> has; its properties are named
    /// and typed as those of the document.
    /// </summary>
    Task<IReadOnlyList<TView>> ListAsync<T, TView>(Query<T> query, CancellationToken ct)
        where T : Document;

    /// <summary>
    /// One page by keyset: it stays right while documents come and go. The query's limit is not used.
    /// </summary>
    /// <exception cref="InvalidCursorException">The cursor does not belong to a query of this order.</exception>
    Task<Page<T>> PageAsync<T>(Query<T> query, string? cursor, int limit, CancellationToken ct)
        where T : Document;

    /// <summary>How many documents the query finds; order and limit do not count.</summary>
    Task<long> CountAsync<T>(Query<T> query, CancellationToken ct)
        where T : Document;

    /// <summary>
    /// Does <paramref name="work"/> and stores what it wrote, all or nothing; durable when this returns. The work may run
    /// more than once (after a conflict with another commit), so it has no effect but through its transaction, and it awaits
    /// nothing but the transaction's operations. What it throws aborts the commit and comes out of here.
    /// </summary>
    Task<TResult> CommitAsync<TResult>(Func<ITransaction, ValueTask<TResult>> work, CancellationToken ct);

    /// <summary>
    /// Atomically takes the first document that the query finds: lease owner and due time are set, attempts and version count
    /// up. No two callers get the same one. Null when there is none.
    /// </summary>
    /// <returns>The document as it is now stored.</returns>
    Task<T?> ClaimAsync<T>(Query<T> query, Lease lease, CancellationToken ct)
        where T : LeasedDocument;

    /// <summary>Removes documents whose expiry time has passed, in batches.</summary>
    /// <returns>How many were removed.</returns>
    Task<int> RemoveExpiredAsync(DateTimeOffset now, CancellationToken ct);

    /// <summary>
    /// Takes what was removed or replaced before this call out of the database's own files too, as far as the adapter can: the embedded
    /// database keeps nothing of it, MongoDB keeps it for a while in ways that only its operator bounds. Waits for readers as long as need be.
    /// </summary>
    Task ForgetRemovedAsync(CancellationToken ct);

    /// <summary>Where transactions announce that they were committed.</summary>
    CommitSignals Signals { get; }
}

/// <summary>One commit in the making. Reads see its own writes. Writers of one document wait for each other.</summary>
public interface ITransaction
{
    /// <summary>The document, or null.</summary>
    ValueTask<T?> FindAsync<T>(string id)
        where T : Document;

    /// <summary>What the query finds.</summary>
    ValueTask<IReadOnlyList<T>> ListAsync<T>(Query<T> query)
        where T : Document;

    /// <summary>Adds a document; it is stored with version 1.</summary>
    /// <exception cref="DuplicateKeyException">The id or a unique key is taken. May come from a later operation or the commit.</exception>
    ValueTask InsertAsync<T>(T document)
        where T : Document;

    /// <summary>
    /// Reads the document as it is now, under its lock, and stores what <paramref name="change"/> makes of it. Returning the
    /// same instance stores nothing. What must be counted or ordered without gaps goes through this.
    /// </summary>
    /// <returns>The document as stored, or null when there is none.</returns>
    ValueTask<T?> UpdateAsync<T>(string id, Func<T, T> change)
        where T : Document;

    /// <summary>Stores the document in place of the one with the same id and version.</summary>
    /// <returns>The document with its new version.</returns>
    /// <exception cref="VersionConflictException">It was changed or deleted since it was read.</exception>
    ValueTask<T> ReplaceAsync<T>(T document)
        where T : Document;

    /// <summary>Removes the document; false when there was none.</summary>
    ValueTask<bool> DeleteAsync<T>(string id)
        where T : Document;

    /// <summary>Removes all that the query finds.</summary>
    /// <returns>How many.</returns>
    ValueTask<int> DeleteAllAsync<T>(Query<T> query)
        where T : Document;

    /// <summary>Raises the topic once the commit is durable. See <see cref="CommitSignals"/>.</summary>
    void Signal(string topic);
}
