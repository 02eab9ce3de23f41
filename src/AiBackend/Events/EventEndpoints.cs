using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace AiBackend.Events;

/// <summary>An event as it is answered.</summary>
internal sealed record EventResponse(
    string Id,
    string Type,
    string ClientId,
    string EntityType,
    string EntityId,
    string? ParentId,
    string? SessionId,
    RawJson Data,
    string TraceId,
    long? Sequence,
    DateTimeOffset CreatedAt)
{
    public static EventResponse From(Event found) => new(
        found.Id,
        found.Type,
        found.ClientId,
        found.EntityType,
        found.EntityId,
        found.ParentId,
        found.SessionId,
        found.Data,
        found.TraceId,
        found.Sequence,
        found.CreatedAt);
}

internal static class EventEndpoints
{
    public static void MapEventLog(this IEndpointRouteBuilder api)
    {
        var events = api.MapGroup("/events").WithTags("Events");
        events.MapGet("/", ListAsync).RequireScope(Scopes.EventsRead)
            .WithName("ListEvents").WithSummary("Lists what has happened");
        events.MapGet("/stream", StreamAsync).RequireScope(Scopes.EventsRead)
            .WithName("StreamEvents").WithSummary("Streams events as they happen, from now on, from a time, or after Last-Event-ID")
            .WithDescription("A stream ends after a quarter of an hour; readers come back with Last-Event-ID, as EventSource does by itself.")
            .WithMetadata(new RequestHeaderMetadata("Last-Event-ID", "The id of the last event that was received."))
            .Produces<string>(StatusCodes.Status200OK, EventStreamWriter.MediaType);
        events.MapGet("/{id}", GetAsync).RequireScope(Scopes.EventsRead)
            .WithName("GetEvent").WithSummary("Reads an event");
        events.MapGet("/{id}/deliveries", ListDeliveriesAsync).RequireScope(Scopes.EventsRead)
            .WithName("ListEventDeliveries").WithSummary("Lists an event's deliveries, one per processor that wants it");
    }

    private static async Task<Ok<PageResponse<EventResponse>>> ListAsync(
        string? type,
        [FromQuery(Name = "entity_id")] string? entityId,
        [FromQuery(Name = "session_id")] string? sessionId,
        string? since,
        PageRequest page,
        Caller caller,
        CancellationToken ct)
    {
        var query = Query.Of<Event>();
        if (type is not null)
        {
            query = EventTypes.All.Contains(type)
                ? query.Equal(found => found.Type, type)
                : throw ApiException.Invalid("type", "This is not an event type.");
        }

        query = entityId is null ? query : query.Equal(found => found.EntityId, entityId);
        query = sessionId is null ? query : query.Equal(found => found.SessionId, sessionId);
        query = since is null ? query : query.AtLeast(found => found.Id, Ids.First("evt", QueryTime.Parse("since", since)));
        var events = await caller.Documents.PageAsync(page.Sort(query), page.Cursor, page.Limit, ct);
        return TypedResults.Ok(PageResponse.From(events, EventResponse.From));
    }

    private static async Task StreamAsync(
        string? since, HttpContext http, Caller caller, EventStreams streams, TimeProvider clock, CancellationToken ct)
    {
        var last = http.Request.Headers["Last-Event-ID"].ToString();
        if (last.Length > 0 && !Ids.IsId("evt", last))
        {
            throw ApiException.Invalid("Last-Event-ID", "The id of an event is expected.");
        }

        var from = last.Length > 0 ? last : since is null ? null : Ids.First("evt", QueryTime.Parse("since", since));
        var start = from is null ? await streams.NowAsync(caller.ClientId, ct) : new StreamStart(from, []);
        await EventStreamWriter.WriteAsync(http, streams.FollowAsync(caller.ClientId, start, ct), clock, ct);
    }

    private static async Task<Ok<EventResponse>> GetAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(EventResponse.From(await FindAsync(caller, id, ct)));

    private static async Task<Ok<PageResponse<DeliveryResponse>>> ListDeliveriesAsync(
        string id, PageRequest page, Caller caller, CancellationToken ct)
    {
        await FindAsync(caller, id, ct);
        var deliveries = await caller.Documents.PageAsync(
            page.Sort(Query.Of<Delivery>().Equal(delivery => delivery.EventId, id)), page.Cursor, page.Limit, ct);
        return TypedResults.Ok(PageResponse.From(deliveries, delivery => DeliveryResponse.From(delivery)));
    }

    private static async Task<Event> FindAsync(Caller caller, string id, CancellationToken ct) =>
        await caller.Documents.FindAsync<Event>(id, ct) ?? throw ApiException.NotFound();
}
