using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Semantics.Layers;
using Activity = System.Diagnostics.Activity;

namespace AiBackend.Semantics.Sync;

/// <summary>Queues sync jobs, cancels them and queues them again.</summary>
internal sealed class SyncQueue(EventLog events, Ids ids, WorkCancellation cancellation, TimeProvider clock)
{
    private const string InProgress = "A sync of this data store is under way in the layer.";

    /// <summary>Queues a job.</summary>
    /// <exception cref="ApiException">404: no such link. 409: a job of it is under way.</exception>
    public async Task<SyncJobResponse> AskAsync(
        Caller caller, RequestCommits commits, string layerId, string storeId, bool isDryRun, CancellationToken ct)
    {
        var link = LayerStore.IdFor(layerId, storeId);
        var job = New(caller.ClientId, layerId, storeId, isDryRun);
        try
        {
            return await commits.CommitAsync(
                caller,
                StatusCodes.Status202Accepted,
                async transaction =>
                {
                    // Under the link's lock: a deletion of it waits, or was first.
                    _ = await transaction.UpdateAsync<LayerStore>(link, stored => stored) ?? throw ApiException.NotFound();
                    await InsertAsync(transaction, job);
                    return SyncJobResponse.From(job);
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(InProgress, "sync_in_progress");
        }
    }

    /// <summary>A job that is to be inserted.</summary>
    public SyncJob New(string clientId, string layerId, string storeId, bool isDryRun)
    {
        var now = clock.GetUtcNow();
        return new SyncJob
        {
            Id = ids.New("syn"),
            ClientId = clientId,
            LayerId = layerId,
            DataStoreId = storeId,
            IsDryRun = isDryRun,
            Live = LayerStore.IdFor(layerId, storeId),
            TraceId = Tracing.CurrentTraceId(),
            TraceParent = Activity.Current?.Id,
            DueAt = now,
            CreatedAt = now,
        };
    }

    /// <summary>Within the commit that asks for it: queues the job.</summary>
    /// <exception cref="DuplicateKeyException">From the commit: one of the link is under way.</exception>
    public static async ValueTask InsertAsync(TenantTransaction transaction, SyncJob job)
    {
        await transaction.InsertAsync(job);
        transaction.SignalWork<SyncJob>();
    }

    /// <summary>Ends a waiting job at once and tells a running one to stop.</summary>
    /// <exception cref="ApiException">404. 409: it has ended.</exception>
    public async Task<SyncJobResponse> CancelAsync(Caller caller, RequestCommits commits, string jobId, CancellationToken ct)
    {
        var answer = await commits.CommitAsync(
            caller,
            StatusCodes.Status200OK,
            async transaction =>
            {
                var wasPending = false;
                var job = await transaction.UpdateAsync<SyncJob>(
                    jobId,
                    stored =>
                    {
                        wasPending = stored.Status is SyncStatus.Pending;
                        return stored.Status switch
                        {
                            SyncStatus.Pending => SyncJournal.Ended(stored, SyncStatus.Cancelled, clock.GetUtcNow()) with { CancelRequested = true },
                            SyncStatus.InProgress => stored with { CancelRequested = true },
                            SyncStatus.Cancelled => stored,
                            _ => throw ApiException.Conflict("The sync has ended."),
                        };
                    }) ?? throw ApiException.NotFound();
                if (wasPending)
                {
                    await events.AppendAsync(transaction, SyncJournal.EventOf(job));
                }

                transaction.Signal(SyncJob.Topic(jobId));
                return SyncJobResponse.From(job);
            },
            ct);
        cancellation.Request(jobId);
        return answer;
    }

    /// <summary>Queues a job again that failed or was cancelled. What it had committed stays; it goes on from there.</summary>
    /// <exception cref="ApiException">404. 409: it has not failed, another is under way, or a later one has run.</exception>
    public async Task<SyncJobResponse> RequeueAsync(Caller caller, RequestCommits commits, string jobId, CancellationToken ct)
    {
        try
        {
            return await commits.CommitAsync(
                caller,
                StatusCodes.Status200OK,
                async transaction =>
                {
                    var job = await transaction.FindAsync<SyncJob>(jobId) ?? throw ApiException.NotFound();
                    var link = LayerStore.IdFor(job.LayerId, job.DataStoreId);
                    _ = await transaction.UpdateAsync<LayerStore>(link, stored => stored)
                        ?? throw ApiException.Conflict("The data store is no longer linked to the layer.");
                    var newest = await transaction.ListAsync(Query.Of<SyncJob>()
                        .Equal(other => other.LayerId, job.LayerId).Equal(other => other.DataStoreId, job.DataStoreId).Descending().Take(1));
                    if (newest[0].Id != jobId && newest[0].Status is not (SyncStatus.Pending or SyncStatus.InProgress))
                    {
                        throw ApiException.Conflict("A later sync of this data store has run since; start a new one.");
                    }

                    var queued = await transaction.UpdateAsync<SyncJob>(jobId, stored => Queued(stored, link)) ?? throw ApiException.NotFound();
                    transaction.SignalWork<SyncJob>();
                    transaction.Signal(SyncJob.Topic(jobId));
                    return SyncJobResponse.From(queued);
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(InProgress, "sync_in_progress");
        }
    }

    /// <summary>The job as its route answers it.</summary>
    public static async Task<SyncJobResponse?> FindAsync(TenantDocuments documents, string jobId, CancellationToken ct)
    {
        if (await documents.FindAsync<SyncJob>(jobId, ct) is not { } job)
        {
            return null;
        }

        var text = job.IsDryRun ? await documents.FindAsync<SyncDiffText>(jobId, ct) : null;
        return SyncJobResponse.From(job, text?.Text);
    }

    /// <summary>Within the commit that ends a link: ends its waiting job and has a running one stop.</summary>
    public async ValueTask StopAsync(TenantTransaction transaction, LayerStore link)
    {
        var live = await transaction.ListAsync(Query.Of<SyncJob>().Equal(job => job.Live, link.Id));
        foreach (var job in live)
        {
            await transaction.UpdateAsync<SyncJob>(
                job.Id,
                stored => stored.Status is SyncStatus.Pending
                    ? SyncJournal.Ended(stored, SyncStatus.Cancelled, clock.GetUtcNow()) with { CancelRequested = true }
                    : stored with { CancelRequested = true });
            transaction.Signal(SyncJob.Topic(job.Id));
        }
    }

    // A commit may have been published although the job does not know: what it would commit is kept, and it goes on from there.
    private SyncJob Queued(SyncJob stored, string link) => stored.Status is SyncStatus.Failed or SyncStatus.Cancelled
        ? stored.Logged(clock.GetUtcNow(), SyncLevel.Info, "Queued again.") with
        {
            Status = SyncStatus.Pending,
            Phase = stored.Phase >= SyncPhase.Commit ? stored.Phase : SyncPhase.Connect,
            Live = link,
            Error = null,
            Failures = 0,
            CancelRequested = false,
            FinishedAt = null,
            ExpiresAt = null,
            DueAt = clock.GetUtcNow(),
        }
        : throw ApiException.Conflict("Only a sync that failed or was cancelled can be queued again.");
}
