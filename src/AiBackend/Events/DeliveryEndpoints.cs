using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace AiBackend.Events;

internal static class DeliveryEndpoints
{
    private const int MaxAttemptsShown = 200;

    public static void MapDeliveries(this IEndpointRouteBuilder api)
    {
        var deliveries = api.MapGroup("/deliveries").WithTags("Deliveries");
        deliveries.MapGet("/", ListAsync).RequireScope(Scopes.EventsRead)
            .WithName("ListDeliveries").WithSummary("Lists deliveries, by processor and status");
        deliveries.MapGet("/{id}", GetAsync).RequireScope(Scopes.EventsRead)
            .WithName("GetDelivery").WithSummary("Reads a delivery with its last attempts");
        deliveries.MapPost("/{id}/retry", RetryAsync).RequireScope(Scopes.EventsWrite)
            .WithName("RetryDelivery").WithSummary("Sends it again now, with the whole retry schedule before it");
    }

    private static async Task<Ok<PageResponse<DeliveryResponse>>> ListAsync(
        [FromQuery(Name = "processor_id")] string? processorId,
        string? status,
        PageRequest page,
        Caller caller,
        CancellationToken ct)
    {
        var query = Query.Of<Delivery>();
        query = processorId is null ? query : query.Equal(delivery => delivery.ProcessorId, processorId);
        query = status is null ? query : Having(query, status);
        var found = await caller.Documents.PageAsync(page.Sort(query), page.Cursor, page.Limit, ct);
        return TypedResults.Ok(PageResponse.From(found, delivery => DeliveryResponse.From(delivery)));
    }

    private static Query<Delivery> Having(Query<Delivery> query, string status) => status switch
    {
        "pending" => query.Equal(delivery => delivery.Status, DeliveryStatus.Pending)
            .Exists(delivery => delivery.LeaseOwner, exists: false),
        "in_progress" => query.Equal(delivery => delivery.Status, DeliveryStatus.Pending).Exists(delivery => delivery.LeaseOwner),
        "delivered" => query.Equal(delivery => delivery.Status, DeliveryStatus.Delivered),
        "failed" => query.Equal(delivery => delivery.Status, DeliveryStatus.Failed),
        "cancelled" => query.Equal(delivery => delivery.Status, DeliveryStatus.Cancelled),
        _ => throw ApiException.Invalid("status", "One of pending, in_progress, delivered, failed, cancelled is expected."),
    };

    private static async Task<Ok<DeliveryResponse>> GetAsync(string id, Caller caller, CancellationToken ct)
    {
        var delivery = await caller.Documents.FindAsync<Delivery>(id, ct) ?? throw ApiException.NotFound();
        var attempts = await caller.Documents.ListAsync(AttemptsOf(id), ct);
        return TypedResults.Ok(DeliveryResponse.From(delivery, [.. attempts.Reverse()]));
    }

    private static async Task<Ok<DeliveryResponse>> RetryAsync(
        string id, Caller caller, RequestCommits commits, TimeProvider clock, CancellationToken ct) =>
        TypedResults.Ok(await commits.CommitAsync(
            caller,
            StatusCodes.Status200OK,
            async transaction =>
            {
                var delivery = await transaction.FindAsync<Delivery>(id) ?? throw ApiException.NotFound();
                if (await transaction.FindAsync<EventProcessor>(delivery.ProcessorId) is not { IsActive: true })
                {
                    throw ApiException.Conflict("The processor is disabled or deleted; enable it first.", "processor_disabled");
                }

                var opened = await transaction.UpdateAsync<Delivery>(id, stored => Opened(stored, clock.GetUtcNow()));
                transaction.SignalWork<Delivery>();
                var attempts = await transaction.ListAsync(AttemptsOf(id));
                return DeliveryResponse.From(opened!, [.. attempts.Reverse()]);
            },
            ct));

    private static Delivery Opened(Delivery stored, DateTimeOffset now) =>
        stored is { Status: DeliveryStatus.Pending, LeaseOwner: not null }
            ? throw ApiException.Conflict("An attempt is under way.", "delivery_in_progress")
            : stored with { Status = DeliveryStatus.Pending, DueAt = now, RoundAttempts = 0, UpdatedAt = now };

    private static Query<DeliveryAttempt> AttemptsOf(string deliveryId) =>
        Query.Of<DeliveryAttempt>().Equal(attempt => attempt.DeliveryId, deliveryId).Descending().Take(MaxAttemptsShown);
}
