using AiBackend.Clients;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;

namespace AiBackend.Events;

/// <summary>Removes events with their deliveries when the client's <c>retention.events_days</c> are over.</summary>
internal sealed class EventRetention : IRetentionRule
{
    private const int EventsPerStep = 25;

    public int? DaysOf(RetentionSettings settings) => settings.EventsDays;

    public async Task<RetentionStep> RemoveAsync(TenantDocuments documents, DateTimeOffset before, string? cursor, CancellationToken ct)
    {
        var end = Ids.First("evt", before);
        var removed = await documents.CommitAsync(
            async transaction =>
            {
                var old = await transaction.ListAsync(Query.Of<Event>().Less(found => found.Id, end).Ascending().Take(EventsPerStep));
                foreach (var found in old)
                {
                    await EventTraces.RemoveAsync(transaction, found.Id);
                }

                return old.Count;
            },
            ct);
        return new RetentionStep(removed, removed == EventsPerStep ? end : null);
    }
}
