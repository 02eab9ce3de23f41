using AiBackend.Http;

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
    }

    private static ClientExport Export(ClientRoute route, IEnumerable<ExportRule> rules) =>
        new(route.Client, route.Caller.Documents, rules);
}
