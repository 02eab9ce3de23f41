using AiBackend.Documents;

namespace AiBackend.Events;

/// <summary>What is left of an event elsewhere: its deliveries, and what receivers answered to them, which may repeat what it said.</summary>
internal static class EventTraces
{
    /// <summary>Removes the event with its deliveries and their attempts.</summary>
    public static async ValueTask RemoveAsync(TenantTransaction transaction, string eventId)
    {
        foreach (var delivery in await DeliveriesAsync(transaction, eventId))
        {
            await transaction.DeleteAllAsync(Query.Of<DeliveryAttempt>().Equal(attempt => attempt.DeliveryId, delivery.Id));
            await transaction.DeleteAsync<Delivery>(delivery.Id);
        }

        await transaction.DeleteAsync<Event>(eventId);
    }

    /// <summary>Takes the answers of receivers away; that they answered, and when, stays.</summary>
    public static async ValueTask ClearAnswersAsync(TenantTransaction transaction, string eventId)
    {
        foreach (var delivery in await DeliveriesAsync(transaction, eventId))
        {
            foreach (var attempt in await transaction.ListAsync(Query.Of<DeliveryAttempt>().Equal(attempt => attempt.DeliveryId, delivery.Id)))
            {
                if (attempt.Result.ResponseBody is { Length: > 0 } || attempt.Result.ResponseHeaders.Count > 0)
                {
                    await transaction.ReplaceAsync(attempt with { Result = Cleared(attempt.Result) });
                }
            }
        }
    }

    /// <summary>What came of a request, without what the receiver said.</summary>
    public static AttemptResult Cleared(AttemptResult result) => result with { ResponseHeaders = [], ResponseBody = null };

    private static ValueTask<IReadOnlyList<Delivery>> DeliveriesAsync(TenantTransaction transaction, string eventId) =>
        transaction.ListAsync(Query.Of<Delivery>().Equal(delivery => delivery.EventId, eventId));
}
