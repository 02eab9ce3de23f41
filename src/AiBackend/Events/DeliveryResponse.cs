using System.Text.Json.Serialization;

namespace AiBackend.Events;

/// <summary>How far a delivery is, as it is answered.</summary>
internal enum DeliveryState
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

/// <summary>A delivery as it is answered.</summary>
internal sealed record DeliveryResponse(
    string Id,
    string EventId,
    string ProcessorId,
    DeliveryState Status,
    int AttemptCount,
    DateTimeOffset? NextAttemptAt,
    string TraceId,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>Oldest first; left out of lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AttemptResponse>? Attempts { get; init; }

    public static DeliveryResponse From(Delivery delivery, IReadOnlyList<DeliveryAttempt>? attempts = null)
    {
        var state = StateOf(delivery);
        return new(
            delivery.Id,
            delivery.EventId,
            delivery.ProcessorId,
            state,
            delivery.AttemptCount,
            state == DeliveryState.Pending ? delivery.DueAt : null,
            delivery.TraceParent.Substring(3, 32),
            delivery.CreatedAt,
            delivery.UpdatedAt)
        {
            Attempts = attempts is null ? null : [.. attempts.Select(AttemptResponse.From)],
        };
    }

    private static DeliveryState StateOf(Delivery delivery) => delivery.Status switch
    {
        DeliveryStatus.Pending => delivery.LeaseOwner is null ? DeliveryState.Pending : DeliveryState.InProgress,
        DeliveryStatus.Delivered => DeliveryState.Delivered,
        DeliveryStatus.Failed => DeliveryState.Failed,
        DeliveryStatus.Cancelled => DeliveryState.Cancelled,
        _ => throw new InvalidOperationException($"The delivery {delivery.Id} has an unknown status."),
    };
}

/// <summary>An attempt as it is answered.</summary>
internal sealed record AttemptResponse(
    int Number,
    DateTimeOffset StartedAt,
    long DurationMs,
    AttemptOutcome Outcome,
    int? ResponseStatus,
    IReadOnlyDictionary<string, string> ResponseHeaders,
    string? ResponseBody,
    string? Error)
{
    public static AttemptResponse From(DeliveryAttempt attempt) => new(
        attempt.Number,
        attempt.StartedAt,
        attempt.Result.DurationMs,
        attempt.Result.Outcome,
        attempt.Result.ResponseStatus,
        attempt.Result.HeadersByName(),
        attempt.Result.ResponseBody,
        attempt.Result.Error);
}
