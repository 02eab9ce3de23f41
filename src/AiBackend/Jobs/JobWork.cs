using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>Runs background jobs through the handler of their kind and records how they end.</summary>
internal sealed class JobWork(DocumentStore store, IEnumerable<IJobHandler> handlers, TimeProvider clock) : IWorkHandler<Job>
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, IJobHandler> byKind = handlers.ToDictionary(handler => handler.Kind);

    public async Task HandleAsync(Job work, CancellationToken ct)
    {
        var job = await UpdateAsync(
            work, stored => stored with { Status = JobStatus.Running, StartedAt = stored.StartedAt ?? clock.GetUtcNow() });
        var context = new JobContext(store.For(job.ClientId), job);
        try
        {
            if (!byKind.TryGetValue(job.Kind, out var handler))
            {
                throw new JobFailedException("unknown_kind", $"This version does not do jobs of kind {job.Kind}.");
            }

            await handler.RunAsync(context, ct);
            await EndAsync(work, context, JobStatus.Completed);
        }
        catch (JobFailedException failure)
        {
            context.AddError(new JobError(null, failure.Code, failure.Message));
            await EndAsync(work, context, JobStatus.Failed);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            if (!await IsCancelRequestedAsync(work))
            {
                throw;
            }

            await EndAsync(work, context, JobStatus.Cancelled);
        }
    }

    public Task AbandonAsync(Job work, Exception error, CancellationToken ct) => UpdateAsync(
        work,
        stored => stored.Attempts >= MaxAttempts
            ? stored with
            {
                Status = JobStatus.Failed,
                DueAt = null,
                FinishedAt = clock.GetUtcNow(),
                Errors = [.. stored.Errors, new JobError(null, "internal_error", "The job failed unexpectedly and was given up.")],
            }
            : stored with { Status = JobStatus.Queued, DueAt = clock.GetUtcNow() + (FirstBackoff * Math.Pow(4, stored.Attempts - 1)) });

    private async Task<bool> IsCancelRequestedAsync(Job work) =>
        await store.For(work.ClientId).FindAsync<Job>(work.Id, CancellationToken.None) is { CancelRequested: true };

    private Task<Job> EndAsync(Job work, JobContext context, JobStatus status) => UpdateAsync(
        work, stored => stored with { Status = status, DueAt = null, FinishedAt = clock.GetUtcNow(), Errors = context.Errors });

    // The end of a job is stored although the process is stopping: the work is done.
    private async Task<Job> UpdateAsync(Job work, Func<Job, Job> change) => await store.For(work.ClientId).CommitAsync(
        async transaction =>
        {
            transaction.Signal(JobDocuments.Topic(work.Id));
            return await transaction.UpdateAsync<Job>(work.Id, stored => change(Leases.RequireHeld(stored, work)));
        },
        CancellationToken.None) ?? throw new LeaseLostException(work.Id);
}
