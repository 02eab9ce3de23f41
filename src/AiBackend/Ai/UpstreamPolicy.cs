namespace AiBackend.Ai;

/// <summary>How failures of a server that the service depends on are met.</summary>
internal sealed record UpstreamPolicy
{
    /// <summary>How often a request is sent at most.</summary>
    public int Tries { get; init; } = 3;

    /// <summary>The pause before the second try, doubled for each further one, give or take a quarter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A server that asks to be left alone for longer than this is not asked again for the same request.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// So many tries within 30 s, at least half of them failed, and the server is left alone. Refusals and rate limits do not count:
    /// a server that says so is well.
    /// </summary>
    public int TriesToOpen { get; init; } = 6;

    /// <summary>How long it is left alone before one request is let through to see.</summary>
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromSeconds(15);
}
