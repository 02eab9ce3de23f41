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
        .AddSingleton(provider => new NetworkGuard(provider.GetRequiredService<EventsOptions>().AllowPrivateNetworks))
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
