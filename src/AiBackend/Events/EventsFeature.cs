using AiBackend.Documents;

namespace AiBackend.Events;

/// <summary>Registers what the host needs of events.</summary>
internal static class EventsFeature
{
    public static IServiceCollection AddEvents(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(EventDocuments.Events)
        .AddSingleton<DocumentSet>(EventDocuments.Processors)
        .AddSingleton<DocumentSet>(EventDocuments.Deliveries)
        .AddSingleton<EventLog>();
}
