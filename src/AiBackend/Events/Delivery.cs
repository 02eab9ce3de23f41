using AiBackend.Documents;

namespace AiBackend.Events;

/// <summary>How far a delivery is.</summary>
internal enum DeliveryStatus
{
    /// <summary>Waits for its next attempt.</summary>
    Pending,

    /// <summary>An attempt is under way.</summary>
    InProgress,

    /// <summary>The processor took the event.</summary>
    Delivered,

    /// <summary>The last attempt of the schedule failed.</summary>
    Failed,

    /// <summary>Given up because the processor was deleted or disabled.</summary>
    Cancelled,
}

/// <summary>One event on its way to one processor. Its claims (<c>Attempts</c>) may outnumber the attempts that were sent.</summary>
internal sealed record Delivery : LeasedDocument
{
    public required string EventId { get; init; }

    public required string ProcessorId { get; init; }

    public required DeliveryStatus Status { get; init; }

    /// <summary>Attempts sent and recorded over its whole life.</summary>
    public int AttemptCount { get; init; }

    /// <summary>Attempts of the present round, which the retry schedule counts; a retry by hand starts a new round.</summary>
    public int RoundAttempts { get; init; }

    public required string TraceId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The delivery of an event to a processor, due at once. There is one per pair: its id follows from both.</summary>
    public static Delivery Of(Event raised, string processorId) => new()
    {
        Id = Ids.Follow("dlv", raised.Id, processorId),
        ClientId = raised.ClientId,
        EventId = raised.Id,
        ProcessorId = processorId,
        Status = DeliveryStatus.Pending,
        DueAt = raised.CreatedAt,
        TraceId = raised.TraceId,
        CreatedAt = raised.CreatedAt,
        UpdatedAt = raised.CreatedAt,
    };
}
