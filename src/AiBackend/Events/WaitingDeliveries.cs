using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Events;

/// <summary>The deliveries that wait for an attempt and that nobody is sending.</summary>
internal sealed class WaitingDeliveries(TimeProvider clock)
{
    private const int Batch = 200;

    /// <summary>Cancels those of a processor that have waited since before this time, as many as go well into one commit.</summary>
    /// <returns>Whether there may be more.</returns>
    public async ValueTask<bool> CancelSomeAsync(TenantTransaction transaction, string processorId, DateTimeOffset before)
    {
        var found = await transaction.ListAsync(
            Query.Of<Delivery>()
                .Equal(delivery => delivery.ProcessorId, processorId)
                .Equal(delivery => delivery.Status, DeliveryStatus.Pending)
                .Exists(delivery => delivery.LeaseOwner, exists: false)
                .Ascending()
                .Take(Batch));
        var now = clock.GetUtcNow();
        var anyCancelled = false;
        foreach (var delivery in found.Where(delivery => delivery.UpdatedAt <= before))
        {
            await transaction.UpdateAsync<Delivery>(
                delivery.Id,
                stored => stored is { Status: DeliveryStatus.Pending, LeaseOwner: null }
                    ? stored.Ended(DeliveryStatus.Cancelled, now)
                    : stored);
            anyCancelled = true;
        }

        return anyCancelled && found.Count == Batch;
    }
}

/// <summary>What is to be cancelled.</summary>
internal sealed record CancelDeliveries(string ProcessorId, DateTimeOffset Before);

/// <summary>Goes on where the commit that turned a processor off left work.</summary>
internal sealed class CancelDeliveriesJob(WaitingDeliveries waiting) : IJobHandler
{
    public const string KindName = "deliveries.cancel";

    public string Kind => KindName;

    public string Scope => "events:read";

    public async Task RunAsync(JobContext context, CancellationToken ct)
    {
        var payload = context.Payload<CancelDeliveries>();
        while (await context.Documents.CommitAsync(
            transaction => waiting.CancelSomeAsync(transaction, payload.ProcessorId, payload.Before), ct))
        {
        }
    }
}
