namespace AiBackend.Events;

/// <summary>Settings of event delivery.</summary>
internal sealed class EventsOptions
{
    /// <summary>The most requests to processors at once in this process. They mostly wait, so there may be many.</summary>
    public const int Concurrency = 512;

    /// <summary>The most requests at once to the processors of one client.</summary>
    public const int ConcurrencyPerClient = 128;

    /// <summary>The most requests at once to one processor, so that a slow one leaves room.</summary>
    public const int ConcurrencyPerProcessor = 32;

    /// <summary>The waits between attempts (<c>EVENTS_RETRY_SCHEDULE</c>).</summary>
    public RetrySchedule RetrySchedule { get; init; } = RetrySchedule.Parse("5s,5m,30m,2h,5h,10h,10h");

    /// <summary>Whether processors may be in private networks (<c>EVENTS_ALLOW_PRIVATE_NETWORKS</c>).</summary>
    public bool AllowPrivateNetworks { get; init; }
}
