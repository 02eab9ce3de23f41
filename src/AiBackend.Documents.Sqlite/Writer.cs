using System.Diagnostics;

namespace AiBackend.Documents.Sqlite;

/// <summary>
/// The one writer: a thread that takes waiting commits, does their work one after another in one transaction, each in a
/// savepoint, and acknowledges them after one sync to disk.
/// </summary>
internal sealed class Writer
{
    private const int MaxBatch = 256;
    private static readonly TimeSpan MaxBatchTime = TimeSpan.FromMilliseconds(10);

    private readonly Queue<Commit> waiting = [];
    private readonly List<Commit> batch = new(MaxBatch);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Connection connection;
    private readonly DocumentTables tables;
    private readonly CommitSignals signals;
    private bool isClosed;

    public Writer(Connection connection, DocumentTables tables, CommitSignals signals)
    {
        this.connection = connection;
        this.tables = tables;
        this.signals = signals;
        new Thread(Run) { IsBackground = true, Name = "SQLite writer" }.Start();
    }

    public Task<TResult> CommitAsync<TResult>(Func<SqliteTransaction, ValueTask<TResult>> work, CancellationToken ct)
    {
        var commit = new Commit<TResult>(work, ct);
        lock (waiting)
        {
            if (isClosed)
            {
                return Task.FromException<TResult>(new StoreUnavailableException("The store is closed."));
            }

            waiting.Enqueue(commit);
            Monitor.Pulse(waiting);
        }

        return commit.Completion;
    }

    /// <summary>Does what waits, then ends the thread and closes the connection.</summary>
    public Task CloseAsync()
    {
        lock (waiting)
        {
            isClosed = true;
            Monitor.Pulse(waiting);
        }

        return ended.Task;
    }

    private void Run()
    {
        while (WaitForNext() is { } first)
        {
            CommitBatch(first);
        }

        connection.Dispose();
        ended.SetResult();
    }

    private Commit? WaitForNext()
    {
        lock (waiting)
        {
            while (waiting.Count == 0 && !isClosed)
            {
                Monitor.Wait(waiting);
            }

            return waiting.TryDequeue(out var commit) ? commit : null;
        }
    }

    private Commit? Next()
    {
        lock (waiting)
        {
            return waiting.TryDequeue(out var commit) ? commit : null;
        }
    }

    private void CommitBatch(Commit first)
    {
        batch.Clear();
        try
        {
            connection.Execute("BEGIN IMMEDIATE");
            var start = Stopwatch.GetTimestamp();
            for (var next = first; next is not null; next = HasRoom(start) ? Next() : null)
            {
                batch.Add(next);
                RunInSavepoint(next);
            }

            connection.Execute("COMMIT");
        }
        catch (Exception error)
        {
            connection.Rollback();
            Fail(first, error as StoreUnavailableException ?? new StoreUnavailableException("The SQLite database failed to commit.", error));
            return;
        }

        foreach (var commit in batch)
        {
            commit.Acknowledge(signals);
        }
    }

    private bool HasRoom(long start) => batch.Count < MaxBatch && Stopwatch.GetElapsedTime(start) < MaxBatchTime;

    private void RunInSavepoint(Commit commit)
    {
        if (commit.CancelIfRequested())
        {
            return;
        }

        connection.Execute("SAVEPOINT work");
        try
        {
            commit.Run(connection, tables);
        }
        catch (Exception error)
        {
            commit.Fail(error);
            if (connection.IsAutocommit)
            {
                // SQLite has undone the whole transaction (disk full, I/O error): nothing of the batch is stored.
                throw;
            }

            connection.Execute("ROLLBACK TO work");
        }

        connection.Execute("RELEASE work");
    }

    private void Fail(Commit first, StoreUnavailableException error)
    {
        first.Fail(error);
        foreach (var commit in batch)
        {
            commit.Fail(error);
        }
    }
}
