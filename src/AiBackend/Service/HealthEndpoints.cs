using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace AiBackend.Service;

/// <summary>One part of the service and whether it works.</summary>
/// <param name="Name">Such as <c>storage</c>.</param>
/// <param name="Status"><c>ok</c> or <c>unavailable</c>.</param>
/// <param name="Detail">What it is, or what is wrong.</param>
public sealed record HealthPart(string Name, string Status, string Detail);

/// <summary>The answer of the health routes.</summary>
/// <param name="Status"><c>ok</c> or <c>unavailable</c>.</param>
/// <param name="Version">The service's version.</param>
/// <param name="Parts">The parts that were looked at.</param>
public sealed record HealthResponse(string Status, string Version, IReadOnlyList<HealthPart> Parts);

internal static class HealthEndpoints
{
    private const string Ok = "ok";
    private const string Unavailable = "unavailable";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Service");
        health.MapGet("", async (DocumentStore store, WorkHealth work, IOptions<JobsOptions> jobs, CancellationToken ct) =>
                TypedResults.Ok(await CheckAsync(store, work, jobs.Value, ct)))
            .RequireAdmin()
            .WithName("GetHealth")
            .WithSummary("The parts of the service and how each is, for the operator");
        health.MapGet("/live", () => TypedResults.Ok(new HealthResponse(Ok, ServiceVersion.Value, [])))
            .WithName("GetLiveness")
            .WithSummary("Whether the process answers at all");
        health.MapGet("/ready", ReadyAsync)
            .WithName("GetReadiness")
            .WithSummary("Whether storage and workers are at work; 503 when not")
            .Produces<HealthResponse>(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<HealthResponse> CheckAsync(
        DocumentStore store, WorkHealth work, JobsOptions jobs, CancellationToken ct)
    {
        var storage = await store.AcrossTenants.IsReadyAsync(ct);
        HealthPart[] parts =
        [
            storage
                ? new HealthPart("storage", Ok, "Reads and writes.")
                : new HealthPart("storage", Unavailable, "The database does not answer."),
            !jobs.RunsWork
                ? new HealthPart("workers", Ok, "This process only serves HTTP.")
                : work.Stopped.Count == 0
                    ? new HealthPart("workers", Ok, string.Join(", ", work.Running.Order(StringComparer.Ordinal)))
                    : new HealthPart("workers", Unavailable, $"Stopped: {string.Join(", ", work.Stopped)}"),
        ];
        return new HealthResponse(parts.All(part => part.Status == Ok) ? Ok : Unavailable, ServiceVersion.Value, parts);
    }

    private static async Task<Results<Ok<HealthResponse>, JsonHttpResult<HealthResponse>>> ReadyAsync(
        DocumentStore store, WorkHealth work, IOptions<JobsOptions> jobs, HttpContext http, CancellationToken ct)
    {
        var health = await CheckAsync(store, work, jobs.Value, ct);
        if (health.Status == Ok)
        {
            return TypedResults.Ok(health);
        }

        http.Response.Headers.RetryAfter = "5";
        return TypedResults.Json(health, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
