using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Clients.Privacy;

/// <summary>An end user to be erased.</summary>
internal sealed record ErasePerson
{
    /// <summary>Your own id of him, as it was sent as a message's <c>sender.id</c> and as the <c>author_id</c> of feedback.</summary>
    [StringLength(255, MinimumLength = 1)]
    public required string SenderId { get; init; }
}

/// <summary>Takes orders to erase an end user.</summary>
internal sealed class Erasures(JobQueue jobs, AuditLog audit, SecretBox secrets)
{
    /// <summary>
    /// Queues the job. Neither the job nor the audit entry says who is erased, or the erasure would keep his id: the entry names the job.
    /// </summary>
    public Task<JobResponse> AskAsync(RequestCommits commits, ClientRoute route, ErasePerson request, CancellationToken ct)
    {
        var payload = new ErasurePayload(secrets.Seal(ErasureJob.PurposeOf(route.Client.Id), request.SenderId));
        return commits.CommitAsync(
            route.Caller,
            StatusCodes.Status202Accepted,
            async transaction =>
            {
                var job = await jobs.EnqueueAsync(transaction, ErasureJob.JobKind, payload);
                await audit.AppendAsync(transaction.AcrossTenants, route.By, route.Client.Id, "erasure.requested", job.Id);
                return JobResponse.From(job);
            },
            ct);
    }
}

/// <summary>What the job needs to know.</summary>
/// <param name="SealedPersonId">Null when it is done.</param>
internal sealed record ErasurePayload(string? SealedPersonId);

/// <summary>Has every feature erase the end user, and then the database forget what was removed.</summary>
internal sealed class ErasureJob(IEnumerable<IClientDataEraser> erasers, DocumentStore store, SecretBox secrets) : IJobHandler
{
    public const string JobKind = "privacy.erasure";

    public string Kind => JobKind;

    public string Scope => Scopes.ClientAdmin;

    /// <summary>What the end user's id is sealed for.</summary>
    public static string PurposeOf(string clientId) => $"erasure:{clientId}";

    public async Task RunAsync(JobContext context, CancellationToken ct)
    {
        if (context.Payload<ErasurePayload>().SealedPersonId is { } sealedId)
        {
            await EraseAsync(context, secrets.Open(PurposeOf(context.Job.ClientId), sealedId), ct);
            await ForgetPersonAsync(context, ct);
        }

        await store.AcrossTenants.ForgetRemovedAsync(ct);
    }

    private async Task EraseAsync(JobContext context, string personId, CancellationToken ct)
    {
        // What an attempt before a crash has erased counts too.
        var done = context.Job.Progress.Done;
        var erasure = new PersonErasure(
            personId, context.Job.CreatedAt, (count, stop) => count == 0 ? Task.CompletedTask : context.ReportAsync(new JobProgress(done += count, 0, null), stop));
        foreach (var eraser in erasers)
        {
            await eraser.EraseAsync(context.Documents, erasure, ct);
        }

        await context.ReportAsync(new JobProgress(done, 0, done), ct);
    }

    private static Task<Job?> ForgetPersonAsync(JobContext context, CancellationToken ct) => context.Documents.CommitAsync(
        async transaction => await transaction.UpdateAsync<Job>(
            context.Job.Id,
            stored => Leases.RequireHeld(stored, context.Job) with { Payload = RawJson.Of(new ErasurePayload(null), DocumentJson.Options) }),
        ct);
}
