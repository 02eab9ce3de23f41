using AiBackend.Documents;

namespace AiBackend.Events;

/// <summary>How an attempt ended.</summary>
internal enum AttemptOutcome
{
    /// <summary>The receiver answered 2xx.</summary>
    Delivered,

    /// <summary>The receiver answered something else.</summary>
    Rejected,

    /// <summary>The receiver did not answer in time.</summary>
    TimedOut,

    /// <summary>There was no connection, or it broke before an answer.</summary>
    Unreachable,

    /// <summary>The receiver's address is not public; nothing was sent.</summary>
    Refused,

    /// <summary>The service itself could not make the request; nothing was sent.</summary>
    Error,
}

/// <summary>One request that a delivery made, and what came of it. Never changed.</summary>
internal sealed record DeliveryAttempt : TenantDocument
{
    public required string DeliveryId { get; init; }

    /// <summary>Counts the attempts of the delivery from 1.</summary>
    public required int Number { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required AttemptResult Result { get; init; }
}

/// <summary>What came of a request.</summary>
internal sealed record AttemptResult
{
    public required AttemptOutcome Outcome { get; init; }

    public required long DurationMs { get; init; }

    /// <summary>Null when there was no answer.</summary>
    public int? ResponseStatus { get; init; }

    /// <summary>One entry per name; the values of a repeated header are joined by commas.</summary>
    public IReadOnlyList<ResponseHeader> ResponseHeaders { get; init; } = [];

    /// <summary>The first 16 KiB, read as UTF-8; null when there was no answer.</summary>
    public string? ResponseBody { get; init; }

    /// <summary>What went wrong, for a person; null when it was delivered.</summary>
    public string? Error { get; init; }

    /// <summary>How long the receiver asked to be left alone (<c>Retry-After</c> of a 429 or 503).</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The headers as they are answered.</summary>
    public IReadOnlyDictionary<string, string> HeadersByName() =>
        ResponseHeaders.ToDictionary(header => header.Name, header => header.Value, StringComparer.OrdinalIgnoreCase);
}

/// <summary>A header of a receiver's answer.</summary>
internal sealed record ResponseHeader(string Name, string Value);
