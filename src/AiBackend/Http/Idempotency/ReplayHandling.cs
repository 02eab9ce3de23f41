namespace AiBackend.Http;

/// <summary>Marks a route that answers repeats by itself. See <see cref="ReplayExtensions.HandlesReplays"/>.</summary>
internal sealed record ReplayHandling;

/// <summary>Declares how repeats with the same <c>Idempotency-Key</c> are answered.</summary>
internal static class ReplayExtensions
{
    /// <summary>
    /// The endpoint runs again for a repeat of a request that succeeded, with the first answer in
    /// <see cref="RequestCommits.Replay"/>; for routes whose answer goes on after the work is stored (a stream, a wait).
    /// </summary>
    public static TBuilder HandlesReplays<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new ReplayHandling());
}
