using System.Diagnostics;

namespace AiBackend.Documents.Sqlite;

/// <summary>
/// The one writer: a thread that takes waiting commits, does their work one after another in one transaction, and
/// acknowledges them after one sync to disk.
/// </summary>
internal sealed class Writer
{
    private const int MaxBatch = 256;
    private static readonly TimeSpan MaxBatchTime = TimeSpan.FromMilliseconds(10);

    private readonly Queue<Commit> waiting = [];
    private readonly List<Commit> batch = new(MaxBatch);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Connection connection;
    private readonly Checkpoints checkpoints;
    private readonly DocumentTables tables;
    private readonly CommitSignals signals;
    private Upkeep? upkeep;
    private bool isClosed;

    public Writer(Connection connection, Checkpoints checkpoints, DocumentTables tables, CommitSignals signals)
    {
        this.connection = connection;
        this.checkpoints = checkpoints;
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

    /// <summary>
    /// Does something to the database as a whole, between two batches: commits wait as long as it takes. Whoever asks before it has begun
    /// shares it.
    /// </summary>
    public Task RunAloneAsync(Action work)
    {
        lock (waiting)
        {
            if (isClosed)
            {
                return Task.FromException(new StoreUnavailableException("The store is closed."));
            }

            upkeep ??= new Upkeep(work);
            Monitor.Pulse(waiting);
            return upkeep.Completion;
        }
    }

    /// <summary>Does what waits, then ends the thread and closes the connections.</summary>
    public async Task CloseAsync()
    {
        lock (waiting)
        {
            isClosed = true;
            Monitor.Pulse(waiting);
        }

        await ended.Task;
        await checkpoints.CloseAsync();
    }

    private void Run()
    {
        while (WaitForNext(out var first, out var alone))
        {
            alone?.Run();
            if (first is not null)
            {
                CommitBatch(first);
            }

            checkpoints.Consider(connection);
        }

        connection.Dispose();
        ended.SetResult();
    }

    /// <summary>Waits for a commit, or for what is to be done alone, or both.</summary>
    /// <returns>False when the writer was closed and nothing is left.</returns>
    private bool WaitForNext(out Commit? commit, out Upkeep? alone)
    {
        lock (waiting)
        {
            while (waiting.Count == 0 && upkeep is null && !isClosed)
            {
                Monitor.Wait(waiting);
            }

            waiting.TryDequeue(out commit);
            (alone, upkeep) = (upkeep, null);
            return commit is not null || alone is not null;
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
        batch.Add(first);
        try
        {
            connection.Execute("BEGIN IMMEDIATE");
            if (!RunBatch())
            {
                RunAgain();
            }

            connection.Execute("COMMIT");
        }
        catch (Exception error)
        {
            connection.Rollback();
            var unavailable = error as StoreUnavailableException ?? new StoreUnavailableException("The SQLite database failed to commit.", error);
            batch.ForEach(commit => commit.Error = unavailable);
        }

        batch.ForEach(commit => commit.Settle(signals));
    }

    /// <summary>Runs the first commit of the batch, and adds and runs those that wait, as long as there is room.</summary>
    /// <returns>False when the last one failed after it had written.</returns>
    private bool RunBatch()
    {
        var start = Stopwatch.GetTimestamp();
        while (TryRun(batch[^1]))
        {
            if (batch.Count == MaxBatch || Stopwatch.GetElapsedTime(start) > MaxBatchTime || Next() is not { } next)
            {
                return true;
            }

            batch.Add(next);
        }

        return false;
    }

    /// <summary>
    /// Undoes the batch and runs what has not failed of it again, each in a savepoint. Savepoints cost an eighth of the
    /// writer's time, and work seldom fails after it has written, so the first run goes without.
    /// </summary>
    private void RunAgain()
    {
        connection.Execute("ROLLBACK");
        connection.Execute("BEGIN IMMEDIATE");
        foreach (var commit in batch.Where(commit => commit.Error is null))
        {
            connection.Execute("SAVEPOINT work");
            if (!TryRun(commit))
            {
                connection.Execute("ROLLBACK TO work");
            }

            connection.Execute("RELEASE work");
        }
    }

    /// <summary>Runs the work and keeps what it throws.</summary>
    /// <returns>False when it failed after it had written: what it wrote is to be undone.</returns>
    private bool TryRun(Commit commit)
    {
        var before = connection.TotalChanges;
        try
        {
            commit.Run(connection, tables);
        }
        catch (Exception error)
        {
            commit.Error = error;
            if (connection.IsAutocommit)
            {
                // SQLite has undone the whole transaction (disk full, I/O error): nothing of the batch is stored.
                throw;
            }
        }

        return commit.Error is null || connection.TotalChanges == before;
    }

    private sealed class Upkeep(Action work)
    {
        private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Completion => completion.Task;

        public void Run()
        {
            try
            {
                work();
                completion.SetResult();
            }
            catch (Exception error)
            {
                completion.SetException(error);
            }
        }
    }
}
