using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Repositories;
using AiBackend.Semantics.Rows;

namespace AiBackend.Semantics.Sync;

/// <summary>Does sync jobs. Faults of databases and repositories that may pass are waited out a few times; others end the job.</summary>
internal sealed partial class SyncHandler(
    DocumentStore store, DataStoreDirectory stores, GitRepositories git, RowIndexer rows, EventLog events, TimeProvider clock, ILogger<SyncHandler> logger)
    : IWorkHandler<SyncJob>
{
    /// <summary>Faults of others, or unexpected ones, before a job fails.</summary>
    private const int MaxFailures = 3;

    /// <summary>Times that a job is taken up, crashes of the process included, before it fails.</summary>
    private const int MaxAttempts = 20;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(5);

    public async Task HandleAsync(SyncJob work, CancellationToken ct)
    {
        var documents = store.For(work.ClientId);
        var journal = new SyncJournal(documents, work, events, clock);
        try
        {
            if (work.Attempts > MaxAttempts)
            {
                throw new SyncFailedException("internal_error", "The sync was taken up again too often and was given up.");
            }

            if (work.CancelRequested)
            {
                throw new OperationCanceledException(ct);
            }

            await journal.BeginAsync(ct);
            var subject = await SubjectAsync(documents, work, ct);
            var run = new SyncRun(subject, journal, documents, stores.Open(subject.Store), stores.ConnectorOf(subject.Store.Kind), git, rows);
            await run.RunAsync(ct);
        }
        catch (SyncFailedException failure)
        {
            await FailAsync(journal, failure.Code, failure.Message);
        }
        catch (RowsException failure)
        {
            await FailAsync(journal, failure.Code, failure.Message);
        }
        catch (ConnectionException failure)
        {
            await StumbleAsync(
                journal,
                failure.Fault is ConnectionFault.UnknownHost or ConnectionFault.Unreachable or ConnectionFault.TimedOut or ConnectionFault.Failed,
                "data_store",
                failure.Message);
        }
        catch (GitException failure)
        {
            await StumbleAsync(
                journal,
                failure.Fault is GitFault.UnknownHost or GitFault.Unreachable or GitFault.TimedOut or GitFault.Busy or GitFault.Failed,
                "repository",
                failure.Message);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested || work.CancelRequested)
        {
            if (await documents.FindAsync<SyncJob>(work.Id, CancellationToken.None) is not { CancelRequested: true })
            {
                throw;
            }

            await journal.EndAsync(SyncStatus.Cancelled, "Cancelled.", error: null);
        }

        LogDone(work.Id, journal.Job.Status, journal.Job.Phase, work.Attempts);
    }

    public Task AbandonAsync(SyncJob work, Exception error, CancellationToken ct)
    {
        var journal = new SyncJournal(store.For(work.ClientId), work, events, clock);
        return work.Failures + 1 >= MaxFailures
            ? FailAsync(journal, "internal_error", "The sync failed unexpectedly several times and was given up.")
            : journal.PutOffAsync("Something unexpected went wrong; it is tried again.", WaitAfter(work.Failures));
    }

    private async Task<SyncSubject> SubjectAsync(TenantDocuments documents, SyncJob work, CancellationToken ct)
    {
        var layer = await documents.FindAsync<SemanticLayer>(work.LayerId, ct);
        var link = await documents.FindAsync<LayerStore>(LayerStore.IdFor(work.LayerId, work.DataStoreId), ct);
        var found = await stores.FindAsync(work.ClientId, work.DataStoreId, ct);
        var repository = layer is null ? null : await store.AcrossTenants.FindAsync<SemanticRepository>(layer.RepositoryId, ct);
        return layer is not null && link is not null && found is not null && repository is not null
            ? new SyncSubject(layer, link, found, repository)
            : throw new SyncFailedException("gone", "The layer, the data store, their link or the repository was deleted.");
    }

    private static Task StumbleAsync(SyncJournal journal, bool mayPass, string code, string detail) =>
        mayPass && journal.Job.Failures + 1 < MaxFailures
            ? journal.PutOffAsync($"{detail} It is tried again.", WaitAfter(journal.Job.Failures))
            : FailAsync(journal, code, detail);

    private static Task FailAsync(SyncJournal journal, string code, string detail) =>
        journal.EndAsync(SyncStatus.Failed, detail, new SyncError(code, detail));

    private static TimeSpan WaitAfter(int failures) => FirstWait * Math.Pow(5, failures);

    [LoggerMessage(LogLevel.Information, "Sync {JobId} is {Status} at {Phase} after attempt {Attempt}")]
    private partial void LogDone(string jobId, SyncStatus status, SyncPhase phase, int attempt);
}
