using System.Diagnostics.Metrics;
using System.Text.Json;
using AiBackend.Jobs;

namespace AiBackend.Events;

/// <summary>Counts attempts at deliveries.</summary>
internal static class DeliveryTelemetry
{
    private static readonly Meter Meter = new(WorkTelemetry.SourceName);
    private static readonly Histogram<double> Attempts = Meter.CreateHistogram<double>(
        "aibackend.delivery.attempts", unit: "s", description: "How long requests to event processors took, by outcome.");

    public static void Sent(AttemptResult result) => Attempts.Record(
        result.DurationMs / 1_000.0,
        new KeyValuePair<string, object?>("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Outcome.ToString())));
}
