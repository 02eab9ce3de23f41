namespace AiBackend.Events;

/// <summary>Settings of event delivery.</summary>
internal sealed class EventsOptions
{
    /// <summary>The waits between attempts (<c>EVENTS_RETRY_SCHEDULE</c>).</summary>
    public RetrySchedule RetrySchedule { get; set; } = RetrySchedule.Parse("5s,5m,30m,2h,5h,10h,10h");

    /// <summary>Whether processors may be in private networks (<c>EVENTS_ALLOW_PRIVATE_NETWORKS</c>).</summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>The most requests to processors at once in this process.</summary>
    public int Concurrency { get; set; } = 512;

    /// <summary>The most requests at once to the processors of one client.</summary>
    public int ConcurrencyPerClient { get; set; } = 128;

    /// <summary>The most requests at once to one processor.</summary>
    public int ConcurrencyPerProcessor { get; set; } = 32;
}
