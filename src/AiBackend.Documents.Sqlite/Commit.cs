namespace AiBackend.Documents.Sqlite;

/// <summary>A commit that waits for the writer. It is settled once: acknowledged, failed or cancelled.</summary>
internal abstract class Commit
{
    /// <summary>Does the work in the transaction; throws what the work throws.</summary>
    public abstract void Run(Connection connection, DocumentTables tables);

    /// <summary>Tells the caller, and whoever listens, that the commit is durable. Does nothing when it failed.</summary>
    public abstract void Acknowledge(CommitSignals signals);

    /// <summary>Gives the caller the error unless it has one already.</summary>
    public abstract void Fail(Exception error);

    /// <summary>Settles a commit whose caller has gone away before its turn.</summary>
    public abstract bool CancelIfRequested();
}

/// <inheritdoc />
internal sealed class Commit<TResult>(Func<SqliteTransaction, ValueTask<TResult>> work, CancellationToken ct) : Commit
{
    private readonly TaskCompletionSource<TResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<string> topics = [];
    private TResult? result;

    public Task<TResult> Completion => completion.Task;

    public override void Run(Connection connection, DocumentTables tables)
    {
        var transaction = new SqliteTransaction(connection, tables);
        try
        {
            var task = work(transaction);
            if (!task.IsCompleted)
            {
                throw new InvalidOperationException(
                    "A commit's work must await nothing but its transaction's operations. This one did; it was undone.");
            }

            result = task.GetAwaiter().GetResult();
            topics = transaction.Signals;
        }
        finally
        {
            transaction.End();
        }
    }

    public override void Acknowledge(CommitSignals signals)
    {
        if (completion.TrySetResult(result!))
        {
            foreach (var topic in topics)
            {
                signals.Raise(topic);
            }
        }
    }

    public override void Fail(Exception error) => completion.TrySetException(error);

    public override bool CancelIfRequested() => ct.IsCancellationRequested && completion.TrySetCanceled(ct);
}
