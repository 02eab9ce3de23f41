using SQLitePCL;

namespace AiBackend.Documents.Sqlite;

/// <summary>
/// The embedded database: one file. Writes go through one writer that commits waiting commits together; reads are done at
/// once on the calling thread.
/// </summary>
public sealed class SqliteDocumentStore(DocumentCatalog catalog, SqliteDocumentOptions options) : IDocumentStore, IAsyncDisposable
{
    private const int ExpiryBatch = 500;
    private static readonly TimeSpan PauseBetweenTries = TimeSpan.FromMilliseconds(50);

    private readonly DocumentTables tables = new(catalog, options.RequireServedQueries);
    private readonly ReaderPool readers = new(options.Path);
    private Writer? writer;

    /// <inheritdoc />
    public CommitSignals Signals { get; } = new();

    private Writer Started => writer ?? throw new StoreUnavailableException("The store was not initialised.");

    /// <inheritdoc />
    public Task InitializeAsync(CancellationToken ct)
    {
        if (writer is not null)
        {
            return Task.CompletedTask;
        }

        Batteries_V2.Init();
        MakeFolder();
        var connection = Connection.OpenWriter(options.Path);
        try
        {
            Schema.Apply(connection, tables.All);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        writer = new Writer(connection, new Checkpoints(Connection.OpenWriter(options.Path)), tables, Signals);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        try
        {
            return writer is not null && await writer.CommitAsync(
                static transaction =>
                {
                    transaction.Check();
                    return ValueTask.FromResult(true);
                },
                ct);
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public Task<T?> FindAsync<T>(string id, CancellationToken ct)
        where T : Document =>
        Read(connection => tables.Find<T>(connection, id), ct);

    /// <inheritdoc />
    public Task<IReadOnlyList<T>> ListAsync<T>(Query<T> query, CancellationToken ct)
        where T : Document =>
        ListAsync<T, T>(query, ct);

    /// <inheritdoc />
    public Task<IReadOnlyList<TView>> ListAsync<T, TView>(Query<T> query, CancellationToken ct)
        where T : Document =>
        Read<IReadOnlyList<TView>>(connection => tables.List<T, TView>(connection, query), ct);

    /// <inheritdoc />
    public Task<Page<T>> PageAsync<T>(Query<T> query, string? cursor, int limit, CancellationToken ct)
        where T : Document =>
        Read(connection => tables.Page(connection, query, cursor, limit), ct);

    /// <inheritdoc />
    public Task<long> CountAsync<T>(Query<T> query, CancellationToken ct)
        where T : Document =>
        Read(connection => tables.Count(connection, query), ct);

    /// <inheritdoc />
    public Task<TResult> CommitAsync<TResult>(Func<ITransaction, ValueTask<TResult>> work, CancellationToken ct) =>
        Started.CommitAsync(work, ct);

    /// <inheritdoc />
    public async Task<T?> ClaimAsync<T>(Query<T> query, Lease lease, CancellationToken ct)
        where T : LeasedDocument
    {
        // Most looks find nothing; those need not wait for the writer.
        var due = await ListAsync<T, Found>(query.Take(1), ct);
        return due.Count == 0
            ? null
            : await Started.CommitAsync(transaction => ValueTask.FromResult(transaction.Claim(query, lease)), ct);
    }

    /// <inheritdoc />
    public async Task<int> RemoveExpiredAsync(DateTimeOffset now, CancellationToken ct)
    {
        var total = 0;
        foreach (var table in tables.All.Where(table => table.Set.ExpiryField is not null))
        {
            int removed;
            do
            {
                removed = await Started.CommitAsync(
                    transaction => ValueTask.FromResult(transaction.RemoveExpired(table, now, ExpiryBatch)), ct);
                total += removed;
            }
            while (removed == ExpiryBatch);
        }

        return total;
    }

    /// <inheritdoc />
    /// <remarks>
    /// What is removed is overwritten with zeros in its place (<c>secure_delete</c>), but not the copies that SQLite leaves in the unused part of
    /// pages when it splits and merges them, nor the pages in the log as they were. So the file is written anew, while commits wait, and the
    /// log is emptied.
    /// </remarks>
    public async Task ForgetRemovedAsync(CancellationToken ct)
    {
        await Started.RunAloneAsync(() => Connection.Rewrite(options.Path)).WaitAsync(ct);
        using var connection = Connection.OpenWriter(options.Path);
        while (!connection.TryEmptyLog())
        {
            await Task.Delay(PauseBetweenTries, TimeProvider.System, ct);
        }
    }

    /// <summary>Does the commits that wait, refuses later ones, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (writer is not null)
        {
            await writer.CloseAsync();
        }

        readers.Dispose();
    }

    private void MakeFolder()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Path))!);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException(
                $"The folder of the SQLite database {options.Path} cannot be made: {error.Message}", error);
        }
    }

    private Task<TResult> Read<TResult>(Func<Connection, TResult> read, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return Task.FromCanceled<TResult>(ct);
        }

        try
        {
            return Task.FromResult(readers.Read(read));
        }
        catch (Exception error)
        {
            return Task.FromException<TResult>(error);
        }
    }

    private sealed record Found(string Id);
}
