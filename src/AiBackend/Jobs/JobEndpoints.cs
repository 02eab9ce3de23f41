using System.Runtime.CompilerServices;
using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Jobs;

/// <summary>A background job, as its routes answer it.</summary>
/// <param name="Id">The job (<c>job_…</c>).</param>
/// <param name="Kind">What it does.</param>
/// <param name="Status">Queued, running, or how it ended.</param>
/// <param name="Progress">Counts of its items.</param>
/// <param name="Errors">What went wrong, the first thousand.</param>
/// <param name="Attempts">How often it was taken up.</param>
/// <param name="TraceId">The trace of the request that queued it.</param>
public sealed record JobResponse(
    string Id,
    string Kind,
    string Status,
    JobProgress Progress,
    IReadOnlyList<JobError> Errors,
    int Attempts,
    string TraceId,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt)
{
    internal static JobResponse From(Job job) => new(
        job.Id,
        job.Kind,
        JsonNamingPolicy.SnakeCaseLower.ConvertName(job.Status.ToString()),
        job.Progress,
        job.Errors,
        job.Attempts,
        job.TraceId,
        job.CreatedAt,
        job.StartedAt,
        job.FinishedAt);
}

internal static class JobEndpoints
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    public static void MapJobs(this IEndpointRouteBuilder api)
    {
        var jobs = api.MapGroup("/jobs").WithTags("Jobs").RequireAnyKey();
        jobs.MapGet("", ListAsync).WithName("ListJobs").WithSummary("Lists background jobs of the kinds that the key may read");
        jobs.MapGet("/{id}", GetAsync).WithName("GetJob").WithSummary("Reads a background job");
        jobs.MapPost("/{id}/cancel", CancelAsync).WithName("CancelJob").WithSummary("Asks a background job to stop");
        jobs.MapGet("/{id}/stream", StreamAsync).WithName("StreamJob").WithSummary("Follows a background job as server-sent events")
            .Produces<string>(StatusCodes.Status200OK, EventStreamWriter.MediaType);
    }

    private static async Task<Ok<PageResponse<JobResponse>>> ListAsync(
        Caller caller, JobQueue queue, PageRequest page, string? kind, string? status, CancellationToken ct)
    {
        var query = page.Sort(Query.Of<Job>().In(job => job.Scope, queue.Scopes.Where(caller.MayUse)));
        if (kind is not null)
        {
            query = query.Equal(job => job.Kind, kind);
        }

        if (status is not null)
        {
            query = query.Equal(job => job.Status, StatusOf(status));
        }

        return TypedResults.Ok(PageResponse.From(await caller.Documents.PageAsync(query, page.Cursor, page.Limit, ct), JobResponse.From));
    }

    private static async Task<Ok<JobResponse>> GetAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(JobResponse.From(await FindAsync(id, caller, ct)));

    private static async Task<Ok<JobResponse>> CancelAsync(string id, Caller caller, JobQueue queue, CancellationToken ct)
    {
        var job = await FindAsync(id, caller, ct);
        caller.Require(WriteScope(job.Scope));
        job = await queue.CancelAsync(caller.ClientId, id, ct) ?? throw ApiException.NotFound();
        return job.Status is JobStatus.Completed or JobStatus.Failed
            ? throw ApiException.Conflict("The job has ended.")
            : TypedResults.Ok(JobResponse.From(job));
    }

    private static async Task StreamAsync(
        string id, Caller caller, DocumentStore store, TimeProvider clock, HttpContext http, CancellationToken ct)
    {
        await FindAsync(id, caller, ct);
        await EventStreamWriter.WriteAsync(http, FollowAsync(id, caller, store, clock, ct), clock, ct);
    }

    private static async IAsyncEnumerable<StreamEvent> FollowAsync(
        string id, Caller caller, DocumentStore store, TimeProvider clock, [EnumeratorCancellation] CancellationToken ct)
    {
        using var changes = store.Signals.Subscribe(JobDocuments.Topic(id));
        var seen = 0L;
        while (await caller.Documents.FindAsync<Job>(id, ct) is { } job)
        {
            if (job.Version != seen)
            {
                seen = job.Version;
                var type = job.FinishedAt is null ? "job.progress" : $"job.{JobResponse.From(job).Status}";
                yield return new StreamEvent($"{id}:{seen}", type, JsonSerializer.SerializeToUtf8Bytes(JobResponse.From(job), WireJson.Options));
            }

            if (job.FinishedAt is not null)
            {
                yield break;
            }

            await changes.WaitAsync(LookAgain, clock, ct);
        }
    }

    private static async Task<Job> FindAsync(string id, Caller caller, CancellationToken ct)
    {
        var job = await caller.Documents.FindAsync<Job>(id, ct) ?? throw ApiException.NotFound();
        caller.Require(job.Scope);
        return job;
    }

    private static string WriteScope(string readScope) => readScope.Replace(":read", ":write", StringComparison.Ordinal);

    private static JobStatus StatusOf(string text) =>
        Enum.GetValues<JobStatus>().Cast<JobStatus?>().FirstOrDefault(
            status => JsonNamingPolicy.SnakeCaseLower.ConvertName(status!.Value.ToString()) == text)
        ?? throw ApiException.Invalid("status", "One of queued, running, completed, failed, cancelled is expected.");
}
