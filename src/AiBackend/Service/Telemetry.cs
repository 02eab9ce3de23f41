using System.Diagnostics;
using AiBackend.Jobs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AiBackend.Service;

/// <summary>
/// Metrics for Prometheus, and traces and metrics for an OTLP collector when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one (its
/// other <c>OTEL_…</c> settings are read by the OpenTelemetry SDK itself).
/// </summary>
internal static class Telemetry
{
    private static readonly string[] Meters =
    [
        WorkTelemetry.SourceName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime",
    ];

    public static IServiceCollection AddTelemetry(this IServiceCollection services, string? otlpEndpoint)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("ai-backend", serviceVersion: ServiceVersion.Value))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters).AddPrometheusExporter();
                if (otlpEndpoint is not null)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (otlpEndpoint is not null)
        {
            telemetry.WithTracing(tracing => tracing
                .AddSource(WorkTelemetry.SourceName)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddOtlpExporter());
        }
        else
        {
            services.AddHostedService<TracePropagation>();
        }

        return services;
    }

    /// <summary>
    /// Keeps spans of background work alive without a collector, so that what they cause (deliveries, model calls, log lines)
    /// carries the trace of the request that began it.
    /// </summary>
    private sealed class TracePropagation : IHostedService, IDisposable
    {
        private readonly ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == WorkTelemetry.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        };

        public Task StartAsync(CancellationToken cancellationToken)
        {
            ActivitySource.AddActivityListener(listener);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => listener.Dispose();
    }
}
