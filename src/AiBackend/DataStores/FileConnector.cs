using System.Data.Common;

namespace AiBackend.DataStores;

/// <summary>What the connectors to files share. Their engines work on the caller's thread, so it is one that may wait.</summary>
internal abstract class FileConnector(DataGuard guard, DataOptions options) : SqlConnector(options)
{
    protected sealed override TimeSpan Grace => TimeSpan.Zero;

    protected sealed override Task<T> AskAsync<T>(
        ConnectionTarget target, Func<DbConnection, CancellationToken, Task<T>> ask, CancellationToken ct) =>
        Task.Run(() => base.AskAsync(target, ask, ct), ct);

    protected sealed override async Task<DbConnection> ConnectAsync(ConnectionTarget target, CancellationToken ct)
    {
        var path = target.IsOperators ? Path.GetFullPath(target.Path ?? string.Empty) : guard.RequirePath(target.Path ?? string.Empty);
        if (!File.Exists(path))
        {
            throw ConnectionProblem.FileMissing(inner: null);
        }

        var connection = Connect(path);
        try
        {
            await connection.OpenAsync(ct);
            await PrepareAsync(connection, ct);
            return connection;
        }
        catch (Exception)
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>What is to be set before anything is asked.</summary>
    protected virtual Task PrepareAsync(DbConnection connection, CancellationToken ct) => Task.CompletedTask;

    /// <summary>A connection to a file that is there and may be used; not open yet.</summary>
    protected abstract DbConnection Connect(string path);
}
