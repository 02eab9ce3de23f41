using System.Text.Json;
using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>Does one kind of background job. A job may be taken up again after a crash, so steps are repeatable.</summary>
internal interface IJobHandler
{
    /// <summary>The kind that it does; unique.</summary>
    string Kind { get; }

    /// <summary>The scope that a key needs to read such a job, ending in <c>:read</c>; to cancel it, the same ending in <c>:write</c>.</summary>
    string Scope { get; }

    /// <summary>Does the job. Returning completes it, <see cref="JobFailedException"/> fails it, anything else is tried again.</summary>
    Task RunAsync(JobContext context, CancellationToken ct);
}

/// <summary>The job cannot succeed; it is not tried again.</summary>
internal sealed class JobFailedException(string code, string detail) : Exception(detail)
{
    public string Code { get; } = code;
}

/// <summary>What a handler may do with its job while it runs.</summary>
internal sealed class JobContext(TenantDocuments documents, Job job)
{
    /// <summary>More errors than this are counted but not kept.</summary>
    public const int MaxErrors = 1_000;

    private readonly List<JobError> errors = [.. job.Errors];

    /// <summary>The job as it was taken up.</summary>
    public Job Job { get; } = job;

    /// <summary>The documents of the job's client.</summary>
    public TenantDocuments Documents { get; } = documents;

    internal IReadOnlyList<JobError> Errors => errors;

    /// <summary>The payload in the shape that it was queued with.</summary>
    public T Payload<T>() => JsonSerializer.Deserialize<T>(Job.Payload.Text, DocumentJson.Options)
        ?? throw new InvalidOperationException($"The payload of job {Job.Id} is null.");

    /// <summary>Notes an error; stored with the next report or at the end.</summary>
    public void AddError(JobError error)
    {
        if (errors.Count < MaxErrors)
        {
            errors.Add(error);
        }
    }

    /// <summary>Stores progress and the errors so far.</summary>
    public Task ReportAsync(JobProgress progress, CancellationToken ct) => Documents.CommitAsync(
        async transaction =>
        {
            await transaction.UpdateAsync<Job>(
                Job.Id, stored => Leases.RequireHeld(stored, Job) with { Progress = progress, Errors = [.. errors] });
            transaction.Signal(JobDocuments.Topic(Job.Id));
        },
        ct);
}
