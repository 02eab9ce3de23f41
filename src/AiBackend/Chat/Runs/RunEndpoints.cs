using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Runs;

internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs").WithTags("Runs");
        runs.MapGet("/{id}", FindAsync).WithName("GetRun").RequireScope(Scopes.ChatRead)
            .WithSummary("Shows how the answer to a message is coming along.");
        runs.MapPost("/{id}/cancel", CancelAsync).WithName("CancelRun").RequireScope(Scopes.ChatWrite)
            .WithSummary("Stops the making of an answer.")
            .WithDescription("What was streamed of it is not kept as a reply. A run in work is stopped within a second or two.");
        runs.MapGet("/{id}/stream", StreamAsync).WithName("StreamRun").RequireScope(Scopes.ChatRead)
            .WithSummary("Streams the events of a run, from the beginning or after Last-Event-ID.")
            .WithDescription(
                "The single events are kept for a day, unless the reply is deleted; after that the stream is the reply as it is now and the end.")
            .WithMetadata(new RequestHeaderMetadata("Last-Event-ID", "The id of the last event that was received."))
            .Produces<string>(StatusCodes.Status200OK, EventStreamWriter.MediaType);
    }

    private static async Task<Ok<RunResponse>> FindAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(RunResponse.From(await caller.Documents.FindAsync<Run>(id, ct) ?? throw ApiException.NotFound()));

    private static async Task<Ok<RunResponse>> CancelAsync(string id, Caller caller, RunCancelling cancelling, CancellationToken ct) =>
        TypedResults.Ok(await cancelling.CancelAsync(caller, id, ct));

    private static async Task StreamAsync(
        string id, HttpContext http, Caller caller, RunStreams streams, TimeProvider clock, CancellationToken ct)
    {
        var run = await caller.Documents.FindAsync<Run>(id, ct) ?? throw ApiException.NotFound();
        var after = RunStreams.ResumePoint(http, run);
        await EventStreamWriter.WriteAsync(http, streams.ReadAsync(caller.ClientId, id, after, ct), clock, ct);
    }
}
