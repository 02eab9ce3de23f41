using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Events;

/// <summary>Events, the processors that take them, and their deliveries.</summary>
internal static class EventsFeature
{
    public static IServiceCollection AddEvents(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(EventDocuments.Events)
        .AddSingleton<DocumentSet>(EventDocuments.Processors)
        .AddSingleton<DocumentSet>(EventDocuments.Deliveries)
        .AddSingleton<DocumentSet>(EventDocuments.Attempts)
        .AddExport<EventProcessor, ProcessorResponse>("event_processor", query => query.Ascending(), processor => ProcessorResponse.From(processor))
        .AddExport<Event, EventResponse>("event", query => query.Ascending(), EventResponse.From)
        .AddExport<Delivery, DeliveryResponse>("delivery", query => query.Ascending(), delivery => DeliveryResponse.From(delivery))
        .AddExport<DeliveryAttempt, ExportedAttempt>(
            "delivery_attempt", query => query.Ascending(attempt => attempt.DeliveryId), attempt => new ExportedAttempt(attempt.DeliveryId, AttemptResponse.From(attempt)))
        .AddSingleton(provider => new NetworkGuard(provider.GetRequiredService<EventsOptions>().AllowPrivateNetworks))
        .AddSingleton<IRetentionRule, EventRetention>()
        .AddSingleton<EventLog>()
        .AddSingleton<EventStreams>()
        .AddSingleton<EventProcessors>()
        .AddSingleton<ProcessorSecrets>()
        .AddSealedSecrets<EventProcessor>(ProcessorSecrets.Reseal)
        .AddSingleton<ProcessorSwitch>()
        .AddSingleton<WaitingDeliveries>()
        .AddSingleton<WebhookSender>()
        .AddJobHandler<CancelDeliveriesJob>()
        .AddWork<Delivery, DeliveryHandler>(work =>
        {
            work.Name = "deliveries";
            work.Concurrency = EventsOptions.Concurrency;
            work.ConcurrencyPerClient = EventsOptions.ConcurrencyPerClient;
            work.ConcurrencyPerTurn = EventsOptions.ConcurrencyPerProcessor;
        });

    public static void MapEvents(this IEndpointRouteBuilder api)
    {
        api.MapProcessors();
        api.MapEventLog();
        api.MapDeliveries();
    }
}

/// <summary>An attempt, with the delivery that it belongs to.</summary>
internal sealed record ExportedAttempt(string DeliveryId, AttemptResponse Attempt);
