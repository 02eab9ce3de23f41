namespace AiBackend.Ai;

/// <summary>How a server that the service depends on failed it.</summary>
internal enum UpstreamFailure
{
    /// <summary>Not reached, broken off, an error of its own (5xx), or left alone after repeated failures.</summary>
    Unavailable,

    /// <summary>It asked for fewer requests (429).</summary>
    RateLimited,

    /// <summary>It was too slow.</summary>
    TimedOut,

    /// <summary>It refused the request (4xx): asking again does not help.</summary>
    Rejected,

    /// <summary>It answered with something that cannot be read or used.</summary>
    Invalid,
}

/// <summary>
/// A call to a server that the service depends on failed. The message is the service's own and safe to show: what the
/// server said stays out of it.
/// </summary>
internal sealed class UpstreamException(UpstreamFailure failure, string message) : Exception(message)
{
    /// <summary>The kind of failure.</summary>
    public UpstreamFailure Failure => failure;

    /// <summary>The HTTP status it answered with, if it did.</summary>
    public int? Status { get; init; }

    /// <summary>How long it asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed when it is sent again.</summary>
    public bool IsTransient { get; init; } = failure is not UpstreamFailure.Rejected;

    /// <summary>A code for programs, such as <c>model_unavailable</c>.</summary>
    /// <param name="prefix"><c>model</c>, <c>embedding</c> or <c>orchestrator</c>.</param>
    public string Code(string prefix) => failure switch
    {
        UpstreamFailure.Unavailable => $"{prefix}_unavailable",
        UpstreamFailure.RateLimited => $"{prefix}_rate_limited",
        UpstreamFailure.TimedOut => $"{prefix}_timeout",
        UpstreamFailure.Rejected => $"{prefix}_rejected",
        UpstreamFailure.Invalid => $"{prefix}_invalid_response",
        _ => throw new InvalidOperationException($"Unknown failure {failure}."),
    };

    /// <summary>The failure that an HTTP status tells of.</summary>
    /// <param name="server">How the message names the server, such as "The model server".</param>
    public static UpstreamException OfStatus(string server, int status, TimeSpan? retryAfter) =>
        new(
            status switch
            {
                429 => UpstreamFailure.RateLimited,
                408 or 504 => UpstreamFailure.TimedOut,
                >= 500 => UpstreamFailure.Unavailable,
                _ => UpstreamFailure.Rejected,
            },
            $"{server} answered with status {status}.")
        {
            Status = status,
            RetryAfter = retryAfter,
        };
}
