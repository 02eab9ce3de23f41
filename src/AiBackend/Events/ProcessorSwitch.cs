using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Events;

/// <summary>
/// Turns processors off and cancels what waits for them. The first deliveries are cancelled in the same commit; when there are
/// more, a job goes on.
/// </summary>
internal sealed class ProcessorSwitch(WaitingDeliveries waiting, JobQueue jobs, EventLog events, TimeProvider clock)
{
    /// <summary>Turns the processor off if it is on, and tells of it. The reason is null when a caller asked for it.</summary>
    public async ValueTask<EventProcessor?> DisableAsync(TenantTransaction transaction, string processorId, string? reason)
    {
        var wasActive = false;
        var disabled = await transaction.UpdateAsync<EventProcessor>(
            processorId,
            stored =>
            {
                wasActive = stored.IsActive;
                return stored.IsActive
                    ? stored with { IsActive = false, DisabledReason = reason, UpdatedAt = clock.GetUtcNow() }
                    : stored;
            });
        if (disabled is not null && wasActive)
        {
            await CancelDeliveriesAsync(transaction, processorId);
            await events.AppendAsync(
                transaction,
                new NewEvent(EventTypes.ProcessorDisabled, "processor", processorId)
                {
                    Data = EventData.Of("processor", ProcessorResponse.From(disabled)),
                });
        }

        return disabled;
    }

    /// <summary>Cancels what waits for the processor now.</summary>
    public async ValueTask CancelDeliveriesAsync(TenantTransaction transaction, string processorId)
    {
        var before = clock.GetUtcNow();
        if (await waiting.CancelSomeAsync(transaction, processorId, before))
        {
            await jobs.EnqueueAsync(transaction, CancelDeliveriesJob.KindName, new CancelDeliveries(processorId, before));
        }
    }
}
