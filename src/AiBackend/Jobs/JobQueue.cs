using System.Diagnostics;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Jobs;

/// <summary>Queues background jobs and cancels them.</summary>
internal sealed class JobQueue(
    DocumentStore store, IEnumerable<IJobHandler> handlers, Ids ids, WorkCancellation cancellation, TimeProvider clock)
{
    private readonly Dictionary<string, string> scopes = handlers.ToDictionary(handler => handler.Kind, handler => handler.Scope);

    /// <summary>The scopes by which jobs are read, over all kinds.</summary>
    public IReadOnlyList<string> Scopes { get; } = [.. handlers.Select(handler => handler.Scope).Distinct()];

    /// <summary>Queues a job in the commit that asks for it.</summary>
    /// <exception cref="InvalidOperationException">No handler of this kind is registered.</exception>
    public async ValueTask<Job> EnqueueAsync<T>(TenantTransaction transaction, string kind, T payload)
    {
        var now = clock.GetUtcNow();
        var job = new Job
        {
            Id = ids.New("job"),
            ClientId = transaction.ClientId,
            Kind = kind,
            Scope = scopes.TryGetValue(kind, out var scope)
                ? scope
                : throw new InvalidOperationException($"No handler does jobs of kind {kind}."),
            Payload = RawJson.Of(payload, DocumentJson.Options),
            TraceId = Tracing.CurrentTraceId(),
            TraceParent = Activity.Current?.Id,
            CreatedAt = now,
            DueAt = now,
        };
        await transaction.InsertAsync(job);
        transaction.SignalWork<Job>();
        return job;
    }

    /// <summary>Ends a queued job at once and tells a running one to stop.</summary>
    /// <returns>The job, unchanged if it had ended; null if the client has none of this id.</returns>
    public async Task<Job?> CancelAsync(string clientId, string jobId, CancellationToken ct)
    {
        var job = await store.For(clientId).CommitAsync(
            async transaction =>
            {
                transaction.Signal(JobDocuments.Topic(jobId));
                return await transaction.UpdateAsync<Job>(jobId, Cancelled);
            },
            ct);
        cancellation.Request(jobId);
        return job;
    }

    private Job Cancelled(Job job) => job.Status switch
    {
        JobStatus.Queued => job with
        {
            Status = JobStatus.Cancelled,
            CancelRequested = true,
            DueAt = null,
            FinishedAt = clock.GetUtcNow(),
        },
        JobStatus.Running => job with { CancelRequested = true },
        _ => job,
    };
}
