using System.Diagnostics;
using System.Diagnostics.Metrics;
using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>Work that was raised under a trace and continues it.</summary>
internal interface ITracedWork
{
    /// <summary>The W3C <c>traceparent</c> of the span that raised the work, or null.</summary>
    string? TraceParent { get; }
}

/// <summary>The span and the counters of background work.</summary>
internal static class WorkTelemetry
{
    /// <summary>The name of the service's activity source and meter.</summary>
    public const string SourceName = "AiBackend";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly Meter Meter = new(SourceName);
    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "aibackend.work.failures", description: "Attempts at background work that ended in an unexpected exception.");

    private static readonly Counter<long> Claims = Meter.CreateCounter<long>(
        "aibackend.work.claims", description: "Pieces of background work taken up.");

    /// <summary>Begins the span of one attempt, as a part of the trace that raised the work.</summary>
    public static Activity? Start<T>(string name, T work)
        where T : LeasedDocument
    {
        Claims.Add(1, new KeyValuePair<string, object?>("work", name));
        ActivityContext.TryParse((work as ITracedWork)?.TraceParent, traceState: null, isRemote: true, out var parent);
        var activity = Source.StartActivity($"work {name}", ActivityKind.Consumer, parent);
        activity?.SetTag("work.id", work.Id).SetTag("work.attempt", work.Attempts);
        return activity;
    }

    public static void Failed(string name, Activity? activity, Exception error)
    {
        Failures.Add(1, new KeyValuePair<string, object?>("work", name));
        activity?.SetStatus(ActivityStatusCode.Error, error.GetType().Name);
    }
}
