using System.Collections.Concurrent;

namespace AiBackend.Documents.Sqlite;

/// <summary>Connections for reading: each is used by one thread at a time and sees only what is committed.</summary>
internal sealed class ReaderPool(string path) : IDisposable
{
    private static readonly int MaxIdle = Math.Max(4, 2 * Environment.ProcessorCount);

    private readonly ConcurrentStack<Connection> idle = new();
    private bool isClosed;

    public TResult Read<TResult>(Func<Connection, TResult> read)
    {
        ObjectDisposedException.ThrowIf(isClosed, this);
        var connection = idle.TryPop(out var pooled) ? pooled : Connection.OpenReader(path);
        var isSound = true;
        try
        {
            return read(connection);
        }
        catch (StoreUnavailableException)
        {
            isSound = false;
            throw;
        }
        finally
        {
            if (isSound && !isClosed && idle.Count < MaxIdle)
            {
                idle.Push(connection);
            }
            else
            {
                connection.Dispose();
            }
        }
    }

    public void Dispose()
    {
        isClosed = true;
        while (idle.TryPop(out var connection))
        {
            connection.Dispose();
        }
    }
}
