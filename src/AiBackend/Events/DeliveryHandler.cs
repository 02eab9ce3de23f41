using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Events;

/// <summary>Sends a delivery that is due and stores what came of it: delivered, due again, or failed for good.</summary>
internal sealed partial class DeliveryHandler(
    DocumentStore store,
    WebhookSender sender,
    ProcessorSwitch processors,
    EventsOptions options,
    UsageLog usage,
    Ids ids,
    TimeProvider clock,
    ILogger<DeliveryHandler> logger) : IWorkHandler<Delivery>
{
    private const int Gone = StatusCodes.Status410Gone;

    public async Task HandleAsync(Delivery work, CancellationToken ct)
    {
        var documents = store.For(work.ClientId);
        var processor = await documents.FindAsync<EventProcessor>(work.ProcessorId, ct);
        var raised = processor is { IsActive: true } ? await documents.FindAsync<Event>(work.EventId, ct) : null;
        if (raised is null)
        {
            await documents.CommitAsync(
                async transaction => await transaction.UpdateAsync<Delivery>(
                    work.Id, stored => Leases.RequireHeld(stored, work).Ended(DeliveryStatus.Cancelled, clock.GetUtcNow())),
                ct);
            return;
        }

        var startedAt = clock.GetUtcNow();
        var result = await sender.SendAsync(raised, processor!, ct);
        await RecordAsync(work, startedAt, result);
        LogSent(work.Id, result.Outcome, result.ResponseStatus, result.DurationMs);
    }

    public Task AbandonAsync(Delivery work, Exception error, CancellationToken ct) => RecordAsync(
        work,
        clock.GetUtcNow(),
        new AttemptResult
        {
            Outcome = AttemptOutcome.Error,
            DurationMs = 0,
            Error = "The service could not make the request.",
        });

    // The request was made, so its outcome is stored even when the process is about to stop.
    private async Task RecordAsync(Delivery work, DateTimeOffset startedAt, AttemptResult result)
    {
        var place = await usage.PlaceAsync(work.ClientId, work.ProcessorId, CancellationToken.None);
        await store.For(work.ClientId).CommitAsync(
            transaction => RecordAsync(transaction, work, startedAt, result, place), CancellationToken.None);
    }

    private async ValueTask RecordAsync(
        TenantTransaction transaction, Delivery work, DateTimeOffset startedAt, AttemptResult result, UsagePlace place)
    {
        if (result.ResponseStatus == Gone)
        {
            await processors.DisableAsync(transaction, work.ProcessorId, "The receiver answered 410 Gone.");
        }

        var isActive = result.Outcome == AttemptOutcome.Delivered
            || await transaction.FindAsync<EventProcessor>(work.ProcessorId) is { IsActive: true };
        var recorded = await transaction.UpdateAsync<Delivery>(
            work.Id, stored => After(Leases.RequireHeld(stored, work), result, isActive));
        if (recorded is not null)
        {
            // An event is replaced only to take texts out of it: what was sent before that, and may be echoed here, is not to come back.
            var isAsSent = result.ResponseBody is not { Length: > 0 } || await transaction.FindAsync<Event>(work.EventId) is { Version: 1 };
            await transaction.InsertAsync(new DeliveryAttempt
            {
                Id = ids.New("att"),
                ClientId = work.ClientId,
                DeliveryId = work.Id,
                Number = recorded.AttemptCount,
                StartedAt = startedAt,
                Result = isAsSent ? result : EventTraces.Cleared(result),
            });
        }

        if (result.Outcome == AttemptOutcome.Delivered)
        {
            await UsageLog.AddAsync(transaction, place, new UsageCounts { Deliveries = 1 });
        }
    }

    private Delivery After(Delivery delivery, AttemptResult result, bool isActive)
    {
        var now = clock.GetUtcNow();
        var counted = delivery with { AttemptCount = delivery.AttemptCount + 1, RoundAttempts = delivery.RoundAttempts + 1 };
        if (result.Outcome == AttemptOutcome.Delivered)
        {
            return counted.Ended(DeliveryStatus.Delivered, now);
        }

        if (result.ResponseStatus == Gone)
        {
            return counted.Ended(DeliveryStatus.Failed, now);
        }

        if (!isActive)
        {
            return counted.Ended(DeliveryStatus.Cancelled, now);
        }

        return options.RetrySchedule.Next(counted.RoundAttempts, now, result.RetryAfter) is { } next
            ? counted with { DueAt = next, LeaseOwner = null, UpdatedAt = now }
            : counted.Ended(DeliveryStatus.Failed, now);
    }

    [LoggerMessage(LogLevel.Debug, "Delivery {Id}: {Outcome}, status {Status}, {DurationMs} ms")]
    private partial void LogSent(string id, AttemptOutcome outcome, int? status, long durationMs);
}
