namespace AiBackend.Documents.Sqlite;

/// <summary>A commit that waits for the writer, and its caller for it.</summary>
internal abstract class Commit
{
    /// <summary>What the work threw, or why it was not done. The caller learns it when the batch is settled.</summary>
    public Exception? Error { get; set; }

    /// <summary>Does the work in the transaction; throws what the work throws.</summary>
    public abstract void Run(Connection connection, DocumentTables tables);

    /// <summary>Tells the caller how it went; after a success, whoever listens, that the commit is durable.</summary>
    public abstract void Settle(CommitSignals signals);
}

/// <inheritdoc />
internal sealed class Commit<TResult>(Func<SqliteTransaction, ValueTask<TResult>> work, CancellationToken ct) : Commit
{
    private readonly TaskCompletionSource<TResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The work runs on the writer's thread as if on its caller's: what it stores may name the caller's trace.
    private readonly ExecutionContext? caller = ExecutionContext.Capture();
    private IReadOnlyList<string> topics = [];
    private TResult? result;

    public Task<TResult> Completion => completion.Task;

    public override void Run(Connection connection, DocumentTables tables)
    {
        ct.ThrowIfCancellationRequested();
        if (caller is null)
        {
            RunWork(connection, tables);
        }
        else
        {
            ExecutionContext.Run(caller, _ => RunWork(connection, tables), state: null);
        }
    }

    public override void Settle(CommitSignals signals)
    {
        if (Error is OperationCanceledException && ct.IsCancellationRequested)
        {
            completion.SetCanceled(ct);
        }
        else if (Error is not null)
        {
            completion.SetException(Error);
        }
        else
        {
            completion.SetResult(result!);
            foreach (var topic in topics)
            {
                signals.Raise(topic);
            }
        }
    }

    private void RunWork(Connection connection, DocumentTables tables)
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
}
