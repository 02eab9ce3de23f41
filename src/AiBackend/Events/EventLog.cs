using System.Diagnostics;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Events;

/// <summary>
/// Where features tell of a change. The event and its deliveries are stored in the transaction of the change, so that none
/// of them is there without the others.
/// </summary>
internal sealed class EventLog(Ids ids, TimeProvider clock)
{
    /// <summary>Stores one event, and a delivery of it to each active processor that wants its type.</summary>
    public async ValueTask<Event> AppendAsync(TenantTransaction transaction, NewEvent raised) =>
        (await AppendAsync(transaction, [raised]))[0];

    /// <summary>As for one event, reading the processors once. The events keep the order of the list.</summary>
    public async ValueTask<IReadOnlyList<Event>> AppendAsync(TenantTransaction transaction, IReadOnlyList<NewEvent> raised)
    {
        var processors = await transaction.ListAsync(
            Query.Of<EventProcessor>().Equal(processor => processor.IsActive, true).Ascending());
        var events = new Event[raised.Count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = Make(transaction.ClientId, raised[i]);
            await transaction.InsertAsync(events[i]);
            await DeliverAsync(transaction, events[i], processors);
        }

        transaction.Signal(EventStreams.Topic(transaction.ClientId));
        return events;
    }

    /// <summary>The current span if it is in this trace, else a span of the trace that nobody has recorded.</summary>
    public static string TraceParent(string? traceId)
    {
        var current = Activity.Current;
        return current?.Id is { } id && current.IdFormat == ActivityIdFormat.W3C
            && (traceId is null || traceId == current.TraceId.ToHexString())
            ? id
            : $"00-{traceId ?? ActivityTraceId.CreateRandom().ToHexString()}-{ActivitySpanId.CreateRandom().ToHexString()}-01";
    }

    private Event Make(string clientId, NewEvent raised) => new()
    {
        Id = ids.New("evt"),
        ClientId = clientId,
        Type = raised.Type,
        EntityType = raised.EntityType,
        EntityId = raised.EntityId,
        ParentId = raised.ParentId,
        SessionId = raised.SessionId,
        Data = raised.Data,
        TraceParent = TraceParent(raised.TraceId),
        Sequence = raised.Sequence,
        CreatedAt = clock.GetUtcNow(),
    };

    private static async ValueTask DeliverAsync(
        TenantTransaction transaction, Event raised, IReadOnlyList<EventProcessor> processors)
    {
        foreach (var processor in processors)
        {
            if (processor.Wants(raised.Type))
            {
                await transaction.InsertAsync(Delivery.Of(raised, processor.Id));
                transaction.SignalWork<Delivery>();
            }
        }
    }
}
