using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Events;

/// <summary>How long secrets before a new one go on to sign.</summary>
internal sealed record RotateSecret
{
    [Range(0, 7 * 86_400)]
    public int OverlapSeconds { get; init; } = 86_400;
}

/// <summary>What a test request has come to.</summary>
internal sealed record TestResponse(
    DateTimeOffset StartedAt,
    long DurationMs,
    AttemptOutcome Outcome,
    int? ResponseStatus,
    IReadOnlyDictionary<string, string> ResponseHeaders,
    string? ResponseBody,
    string? Error);

internal static class ProcessorEndpoints
{
    /// <summary>The type of the request that <c>/test</c> sends; it is not an event and is not kept.</summary>
    public const string TestType = "processor.test";

    public static void MapProcessors(this IEndpointRouteBuilder api)
    {
        var processors = api.MapGroup("/event-processors").WithTags("Event processors");
        processors.MapPost("/", CreateAsync).RequireScope(Scopes.EventsWrite)
            .WithName("CreateEventProcessor").WithSummary("Sets up an address to which events are posted");
        processors.MapGet("/", ListAsync).RequireScope(Scopes.EventsRead)
            .WithName("ListEventProcessors").WithSummary("Lists the event processors");
        processors.MapGet("/{id}", GetAsync).RequireScope(Scopes.EventsRead)
            .WithName("GetEventProcessor").WithSummary("Reads an event processor");
        processors.MapPatch("/{id}", PatchAsync).RequireScope(Scopes.EventsWrite)
            .WithName("UpdateEventProcessor").WithSummary("Changes an event processor");
        processors.MapDelete("/{id}", DeleteAsync).RequireScope(Scopes.EventsWrite)
            .WithName("DeleteEventProcessor").WithSummary("Deletes an event processor and cancels what waits for it");
        processors.MapPost("/{id}/rotate-secret", RotateSecretAsync).RequireScope(Scopes.EventsWrite)
            .WithName("RotateEventProcessorSecret").WithSummary("Makes a new signing secret; the old one signs along for a while");
        processors.MapPost("/{id}/enable", EnableAsync).RequireScope(Scopes.EventsWrite)
            .WithName("EnableEventProcessor").WithSummary("Turns an event processor on");
        processors.MapPost("/{id}/disable", DisableAsync).RequireScope(Scopes.EventsWrite)
            .WithName("DisableEventProcessor").WithSummary("Turns an event processor off and cancels what waits for it");
        processors.MapPost("/{id}/test", TestAsync).RequireScope(Scopes.EventsWrite)
            .WithName("TestEventProcessor").WithSummary("Posts a signed test request now and tells what came of it");
    }

    private static async Task<Created<ProcessorResponse>> CreateAsync(
        Body<ProcessorForm> body, Caller caller, Credential by, RequestCommits commits, EventProcessors processors, CancellationToken ct)
    {
        await processors.RequireAllowedAsync(body.Value.Config.Url, ct);
        var created = await commits.CommitAsync(
            caller, StatusCodes.Status201Created, transaction => processors.CreateAsync(transaction, by, body.Value), ct);
        return TypedResults.Created($"/api/v1/event-processors/{created.Id}", created);
    }

    private static async Task<Ok<PageResponse<ProcessorResponse>>> ListAsync(PageRequest page, Caller caller, CancellationToken ct)
    {
        var found = await caller.Documents.PageAsync(page.Sort(Query.Of<EventProcessor>()), page.Cursor, page.Limit, ct);
        return TypedResults.Ok(PageResponse.From(found, processor => ProcessorResponse.From(processor)));
    }

    private static async Task<Ok<ProcessorResponse>> GetAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(ProcessorResponse.From(await FindAsync(caller, id, ct)));

    private static async Task<Ok<ProcessorResponse>> PatchAsync(
        string id, MergePatch<ProcessorForm> patch, IfMatch ifMatch, Caller caller, Credential by, EventProcessors processors, CancellationToken ct)
    {
        // The address is looked up before the commit, which may wait for nothing but storage.
        var before = await FindAsync(caller, id, ct);
        var form = patch.ApplyTo(ProcessorResponse.FormOf(before));
        if (form.Config.Url != before.Target.Url)
        {
            await processors.RequireAllowedAsync(form.Config.Url, ct);
        }

        var changed = await caller.Documents.CommitAsync(
            transaction => processors.ChangeAsync(
                transaction,
                by,
                id,
                stored =>
                {
                    ifMatch.Require(stored.Version);
                    var isChanged = patch.Changes(ProcessorResponse.FormOf(stored), out var current);
                    return current.Config.Url == form.Config.Url
                        ? isChanged ? current : null
                        : throw ApiException.Conflict("The processor's address was changed in the meantime; try again.");
                }),
            ct);
        return TypedResults.Ok(changed);
    }

    private static async Task<NoContent> DeleteAsync(
        string id, IfMatch ifMatch, Caller caller, Credential by, EventProcessors processors, CancellationToken ct)
    {
        await caller.Documents.CommitAsync(transaction => processors.DeleteAsync(transaction, by, id, ifMatch), ct);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ProcessorResponse>> RotateSecretAsync(
        string id, Body<RotateSecret> body, Caller caller, Credential by, RequestCommits commits, EventProcessors processors, CancellationToken ct) =>
        TypedResults.Ok(await commits.CommitAsync(
            caller,
            StatusCodes.Status200OK,
            transaction => processors.RotateSecretAsync(transaction, by, id, TimeSpan.FromSeconds(body.Value.OverlapSeconds)),
            ct));

    private static async Task<Ok<ProcessorResponse>> EnableAsync(
        string id, Caller caller, Credential by, RequestCommits commits, EventProcessors processors, CancellationToken ct) =>
        TypedResults.Ok(await commits.CommitAsync(
            caller, StatusCodes.Status200OK, transaction => processors.EnableAsync(transaction, by, id), ct));

    private static async Task<Ok<ProcessorResponse>> DisableAsync(
        string id, Caller caller, Credential by, RequestCommits commits, EventProcessors processors, CancellationToken ct) =>
        TypedResults.Ok(await commits.CommitAsync(
            caller, StatusCodes.Status200OK, transaction => processors.DisableAsync(transaction, by, id), ct));

    private static async Task<Ok<TestResponse>> TestAsync(
        string id, Caller caller, WebhookSender sender, Ids ids, TimeProvider clock, CancellationToken ct)
    {
        var processor = await FindAsync(caller, id, ct);
        var now = clock.GetUtcNow();
        var traceId = Tracing.CurrentTraceId();
        var result = await sender.SendAsync(
            new Event
            {
                Id = ids.New("evt"),
                ClientId = caller.ClientId,
                Type = TestType,
                EntityType = "processor",
                EntityId = processor.Id,
                Data = EventData.Of("processor", ProcessorResponse.From(processor)),
                TraceParent = EventLog.TraceParent(traceId),
                CreatedAt = now,
            },
            processor,
            ct);
        return TypedResults.Ok(new TestResponse(
            now, result.DurationMs, result.Outcome, result.ResponseStatus, result.HeadersByName(), result.ResponseBody, result.Error));
    }

    private static async Task<EventProcessor> FindAsync(Caller caller, string id, CancellationToken ct) =>
        await caller.Documents.FindAsync<EventProcessor>(id, ct) ?? throw ApiException.NotFound();
}
