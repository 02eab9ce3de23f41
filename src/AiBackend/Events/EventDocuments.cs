using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Events;

/// <summary>The document sets of events. Lists go by id, which sorts by time.</summary>
internal static class EventDocuments
{
    public static readonly DocumentSet<Event> Events = new DocumentSet<Event>("events")
        .Index("client", found => found.ClientId)
        .Index("type", found => found.ClientId, found => found.Type)
        .Index("entity", found => found.ClientId, found => found.EntityId)
        .Index("session", found => found.ClientId, found => found.SessionId);

    public static readonly DocumentSet<EventProcessor> Processors = new DocumentSet<EventProcessor>("event_processors")
        .Index("client", processor => processor.ClientId)
        .Index("active", processor => processor.ClientId, processor => processor.IsActive);

    public static readonly DocumentSet<Delivery> Deliveries = new DocumentSet<Delivery>("deliveries")
        .WithDueIndexes()
        .Unique("event_processor", delivery => delivery.ClientId, delivery => delivery.EventId, delivery => delivery.ProcessorId)
        .Index("client", delivery => delivery.ClientId)
        .Index("status", delivery => delivery.ClientId, delivery => delivery.Status)
        .Index("processor", delivery => delivery.ClientId, delivery => delivery.ProcessorId)
        .Index("processor_status", delivery => delivery.ClientId, delivery => delivery.ProcessorId, delivery => delivery.Status)
        .PartialIndex("leased", delivery => delivery.LeaseOwner, delivery => delivery.ClientId, delivery => delivery.LeaseOwner);

    public static readonly DocumentSet<DeliveryAttempt> Attempts = new DocumentSet<DeliveryAttempt>("delivery_attempts")
        .Index("delivery", attempt => attempt.ClientId, attempt => attempt.DeliveryId);
}
