using System.Runtime.CompilerServices;
using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Layers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Semantics.Sync;

internal static class SyncEndpoints
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    public static void MapSyncJobs(this IEndpointRouteBuilder api)
    {
        api.MapPost("/semantic/layers/{id}/data-stores/{store}/sync-jobs", AskAsync).WithTags("Sync jobs").RequireScope(Scopes.SemanticWrite)
            .WithName("SyncDataStore").WithSummary("Brings a layer's models in line with a data store, or shows what that would change");
        var jobs = api.MapGroup("/semantic/sync-jobs").WithTags("Sync jobs");
        jobs.MapGet("", ListAsync).RequireScope(Scopes.SemanticRead).WithName("ListSyncJobs").WithSummary("Lists sync jobs");
        jobs.MapGet("/{id}", GetAsync).RequireScope(Scopes.SemanticRead).WithName("GetSyncJob").WithSummary("Reads a sync job");
        jobs.MapPost("/{id}/cancel", CancelAsync).RequireScope(Scopes.SemanticWrite).WithName("CancelSyncJob").WithSummary("Asks a sync job to stop");
        jobs.MapPost("/{id}/requeue", RequeueAsync).RequireScope(Scopes.SemanticWrite).WithName("RequeueSyncJob")
            .WithSummary("Queues a sync job again that failed or was cancelled")
            .WithDescription("One that had come to commit goes on from there; others begin anew.");
        jobs.MapGet("/{id}/stream", StreamAsync).RequireScope(Scopes.SemanticRead).WithName("StreamSyncJob")
            .WithSummary("Follows a sync job as server-sent events: progress, and lines as they are written")
            .Produces<string>(StatusCodes.Status200OK, EventStreamWriter.MediaType);
    }

    private static async Task<Accepted<SyncJobResponse>> AskAsync(
        string id, string store, Body<SyncForm> body, Caller caller, RequestCommits commits, SyncQueue queue, CancellationToken ct)
    {
        _ = await caller.Documents.FindAsync<LayerStore>(LayerStore.IdFor(id, store), ct) ?? throw ApiException.NotFound();
        var asked = await queue.AskAsync(caller, commits, id, store, body.Value.DryRun, ct);
        return TypedResults.Accepted($"/api/v1/semantic/sync-jobs/{asked.Id}", asked);
    }

    private static async Task<Ok<PageResponse<SyncJobResponse>>> ListAsync(
        string? layer_id, string? data_store_id, string? status, PageRequest page, Caller caller, CancellationToken ct)
    {
        var query = page.Sort(Query.Of<SyncJob>());
        query = layer_id is null ? query : query.Equal(job => job.LayerId, layer_id);
        query = data_store_id is null ? query : query.Equal(job => job.DataStoreId, data_store_id);
        query = status is null ? query : query.Equal(job => job.Status, StatusOf(status));
        return TypedResults.Ok(PageResponse.From(await caller.Documents.PageAsync(query, page.Cursor, page.Limit, ct), SyncJobResponse.From));
    }

    private static async Task<Ok<SyncJobResponse>> GetAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(await SyncQueue.FindAsync(caller.Documents, id, ct) ?? throw ApiException.NotFound());

    private static async Task<Ok<SyncJobResponse>> CancelAsync(
        string id, Caller caller, RequestCommits commits, SyncQueue queue, CancellationToken ct) =>
        TypedResults.Ok(await queue.CancelAsync(caller, commits, id, ct));

    private static async Task<Ok<SyncJobResponse>> RequeueAsync(
        string id, Caller caller, RequestCommits commits, SyncQueue queue, CancellationToken ct) =>
        TypedResults.Ok(await queue.RequeueAsync(caller, commits, id, ct));

    private static async Task StreamAsync(
        string id, Caller caller, DocumentStore store, TimeProvider clock, HttpContext http, CancellationToken ct)
    {
        _ = await caller.Documents.FindAsync<SyncJob>(id, ct) ?? throw ApiException.NotFound();
        await EventStreamWriter.WriteAsync(http, FollowAsync(id, caller, store, clock, ct), clock, ct);
    }

    private static async IAsyncEnumerable<StreamEvent> FollowAsync(
        string id, Caller caller, DocumentStore store, TimeProvider clock, [EnumeratorCancellation] CancellationToken ct)
    {
        using var changes = store.Signals.Subscribe(SyncJob.Topic(id));
        var seen = 0L;
        while (await caller.Documents.FindAsync<SyncJob>(id, ct) is { } job)
        {
            if (job.Version != seen)
            {
                seen = job.Version;
                var type = job.FinishedAt is null ? "sync.progress" : $"sync.{JsonNamingPolicy.SnakeCaseLower.ConvertName(job.Status.ToString())}";
                yield return new StreamEvent($"{id}:{seen}", type, JsonSerializer.SerializeToUtf8Bytes(SyncJobResponse.From(job), WireJson.Options));
            }

            if (job.FinishedAt is not null)
            {
                yield break;
            }

            await changes.WaitAsync(LookAgain, clock, ct);
        }
    }

    private static SyncStatus StatusOf(string text) =>
        Enum.GetValues<SyncStatus>().Cast<SyncStatus?>().FirstOrDefault(
            status => JsonNamingPolicy.SnakeCaseLower.ConvertName(status!.Value.ToString()) == text)
        ?? throw ApiException.Invalid("status", "One of pending, in_progress, completed, failed, cancelled is expected.");
}
