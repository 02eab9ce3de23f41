using MongoDB.Driver;

namespace AiBackend.Documents.Mongo;

/// <summary>Runs a commit's work in a transaction, again after transient failures, until it is stored or time is up.</summary>
internal sealed class MongoCommit(MongoConnection connection, MongoSets sets, CommitSignals signals, TimeSpan limit)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(2);

    // All reads see one state of the database, that of the transaction's first operation.
    private readonly TransactionOptions snapshot = new(ReadConcern.Snapshot, ReadPreference.Primary, connection.Durable);
    private readonly DocumentLocks locks = new();

    /// <inheritdoc cref="IDocumentStore.CommitAsync" />
    public async Task<TResult> RunAsync<TResult>(Func<ITransaction, ValueTask<TResult>> work, CancellationToken ct)
    {
        // Pauses and limits are those of the network: the machine's clock, whatever clock the service runs by.
        using var timeout = new CancellationTokenSource(limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        var raced = new SortedSet<string>(StringComparer.Ordinal);
        Exception? last = null;
        try
        {
            using var session = connection.Client.StartSession(cancellationToken: either.Token);
            for (var tries = 0; ; tries++)
            {
                using (var held = await locks.TakeAsync(raced, either.Token))
                {
                    var transaction = new MongoTransaction(sets, session, locks, held, either.Token);
                    var (outcome, result) = await TryAsync(session, transaction, work, timeout.Token);
                    if (outcome is null)
                    {
                        foreach (var topic in transaction.Topics)
                        {
                            signals.Raise(topic);
                        }

                        return result!;
                    }

                    last = outcome;
                    if (transaction.FailedKey is { } key && IsRace(outcome) && raced.Add(key))
                    {
                        continue;
                    }
                }

                await PauseAsync(tries, either.Token);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new StoreUnavailableException($"A commit was not done within {limit.TotalSeconds:0.#} seconds.", last);
        }
    }

    /// <returns>What makes another try necessary, or null and the result.</returns>
    private async Task<(Exception? Outcome, TResult? Result)> TryAsync<TResult>(
        IClientSessionHandle session, MongoTransaction transaction, Func<ITransaction, ValueTask<TResult>> work, CancellationToken timeout)
    {
        session.StartTransaction(snapshot);
        try
        {
            var result = await work(transaction);
            await transaction.FinishAsync();
            return (await CommitAsync(session, timeout), result);
        }
        catch (Exception) when (transaction.Failure is { } failure && (IsRace(failure) || MongoFailures.IsTransient(failure)))
        {
            return (transaction.Failure, default);
        }
        finally
        {
            if (session.IsInTransaction)
            {
                // Also when time is up: until then the server keeps others from the documents.
                using var abort = new CancellationTokenSource(AbortLimit, TimeProvider.System);
                await session.AbortTransactionAsync(abort.Token);
            }
        }
    }

    /// <summary>
    /// Asks for the commit until it is known what became of it. Only the time limit ends this, not the caller: to leave now
    /// would leave open whether the work is stored.
    /// </summary>
    /// <returns>Null when it is stored; the failure when it is not and may be done again.</returns>
    private static async Task<Exception?> CommitAsync(IClientSessionHandle session, CancellationToken timeout)
    {
        Exception? last = null;
        for (var tries = 0; ; tries++)
        {
            try
            {
                await session.CommitTransactionAsync(timeout);
                return null;
            }
            catch (Exception thrown) when (MongoFailures.IsDriver(thrown) && MongoFailures.IsUnknownCommit(thrown))
            {
                last = thrown;
            }
            catch (MongoException thrown) when (MongoFailures.IsForgotten(thrown))
            {
                return thrown;
            }
            catch (MongoException thrown)
            {
                throw MongoFailures.Translate("the database", thrown);
            }
            catch (OperationCanceledException)
            {
                throw Unknown(last);
            }

            await PauseAsync(tries, CancellationToken.None);
        }
    }

    private static bool IsRace(Exception failure) => failure is RacedException || MongoFailures.IsWriteConflict(failure);

    private static StoreUnavailableException Unknown(Exception? thrown) =>
        new("MongoDB did not tell in time whether a commit was stored.", thrown);

    private static Task PauseAsync(int tries, CancellationToken ct)
    {
        var longest = Math.Min(FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(tries, 10)), LongestPause.TotalMilliseconds);
        return Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * longest), TimeProvider.System, ct);
    }
}
