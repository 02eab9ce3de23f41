using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Events;

/// <summary>How far a delivery is, as it is stored. A pending one that is leased is being sent.</summary>
internal enum DeliveryStatus
{
    /// <summary>Waits for its next attempt.</summary>
    Pending,

    /// <summary>The processor took the event.</summary>
    Delivered,

    /// <summary>The last attempt of the schedule failed.</summary>
    Failed,

    /// <summary>Given up because the processor was deleted or disabled.</summary>
    Cancelled,
}

/// <summary>
/// One event on its way to one processor. Its claims (<c>Attempts</c>) may outnumber the attempts that were recorded: a process
/// that died while it sent leaves only the claim. While nobody sends, <c>LeaseOwner</c> is null.
/// </summary>
internal sealed record Delivery : LeasedDocument, ITracedWork
{
    public required string EventId { get; init; }

    public required string ProcessorId { get; init; }

    /// <summary>The processor's: a slow one does not hold up its client's others.</summary>
    public override string Turn => ProcessorId;

    public required DeliveryStatus Status { get; init; }

    /// <summary>Attempts sent and recorded over its whole life.</summary>
    public int AttemptCount { get; init; }

    /// <summary>Attempts of the present round, which the retry schedule counts; a retry by hand starts a new round.</summary>
    public int RoundAttempts { get; init; }

    /// <summary>That of the event.</summary>
    public required string TraceParent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The delivery as it is when nothing is left to do.</summary>
    public Delivery Ended(DeliveryStatus status, DateTimeOffset now) =>
        this with { Status = status, DueAt = null, LeaseOwner = null, UpdatedAt = now };

    /// <summary>The delivery of an event to a processor, due at once. There is one per pair: its id follows from both.</summary>
    public static Delivery Of(Event raised, string processorId) => new()
    {
        Id = Ids.Follow("dlv", raised.Id, processorId),
        ClientId = raised.ClientId,
        EventId = raised.Id,
        ProcessorId = processorId,
        Status = DeliveryStatus.Pending,
        DueAt = raised.CreatedAt,
        TraceParent = raised.TraceParent,
        CreatedAt = raised.CreatedAt,
        UpdatedAt = raised.CreatedAt,
    };
}
