using AiBackend.Http;
using AiBackend.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Clients.Privacy;

/// <summary>What is held of a client.</summary>
internal static class PrivacyEndpoints
{
    public static void MapPrivacy(this IEndpointRouteBuilder api)
    {
        var client = api.MapGroup(ClientRoute.Pattern).WithTags("Clients").RequireScope(Scopes.ClientAdmin);
        client.MapGet("/export", Export).WithName("ExportClient")
            .WithSummary("Takes out all that is held of a client, without secrets, as JSON lines")
            .WithDescription("Each line is {\"type\", \"data\"}. The last has the type end and counts the others: an export without it was cut off.")
            .Produces<string>(StatusCodes.Status200OK, ClientExport.MediaType);
        client.MapPost("/erasures", EraseAsync).WithName("EraseEndUser")
            .WithSummary("Erases an end user: what he wrote, and what was made of it")
            .WithDescription("Answers with a job. What he writes later is new.");
    }

    private static async Task<Accepted<JobResponse>> EraseAsync(
        ClientRoute route, Body<ErasePerson> body, Erasures erasures, RequestCommits commits, CancellationToken ct) =>
        TypedResults.Accepted((string?)null, await erasures.AskAsync(commits, route, body.Value, ct));

    private static ClientExport Export(ClientRoute route, IEnumerable<ExportRule> rules) =>
        new(route.Client, route.Caller.Documents, rules);
}
