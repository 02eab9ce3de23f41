using System.Diagnostics;

namespace AiBackend.Http;

/// <summary>The trace that a request, and all that follows from it, belongs to.</summary>
internal static class Tracing
{
    /// <summary>Spans of the service's own work.</summary>
    public static ActivitySource Source { get; } = new("AiBackend");

    /// <summary>32 hex digits: the current trace, taken over from <c>traceparent</c> when there was one; a new one outside any.</summary>
    public static string CurrentTraceId() =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } current ? current.TraceId.ToHexString() : NewTraceId();

    /// <summary>32 random hex digits.</summary>
    public static string NewTraceId() => ActivityTraceId.CreateRandom().ToHexString();

    /// <summary>
    /// Continues a stored trace, such as that of a run that a worker takes up; null when nobody listens. Dispose it to end the span.
    /// </summary>
    public static Activity? Continue(string name, string traceId, ActivityKind kind = ActivityKind.Internal) =>
        Source.StartActivity(
            name,
            kind,
            new ActivityContext(
                ActivityTraceId.CreateFromString(traceId), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true));
}
