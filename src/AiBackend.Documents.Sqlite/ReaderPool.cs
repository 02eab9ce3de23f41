using System.Collections.Concurrent;

namespace AiBackend.Documents.Sqlite;

/// <summary>Connections for reading: each is used by one thread at a time and sees only what is committed.</summary>
internal sealed class ReaderPool(string path) : IDisposable
{
    private static readonly int MaxIdle = Math.Max(4, 2 * Environment.ProcessorCount);

    private readonly ConcurrentStack<Connection> idle = new();
    private volatile bool isClosed;

    public TResult Read<TResult>(Func<Connection, TResult> read)
    {
        if (isClosed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }

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
            if (isSound && idle.Count < MaxIdle)
            {
                idle.Push(connection);
            }
            else
            {
                connection.Dispose();
            }

            if (isClosed)
            {
                Dispose();
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
