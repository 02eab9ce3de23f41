using System.Text.Json;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Recaps;

internal static class RecapEndpoints
{
    public static void MapRecaps(this IEndpointRouteBuilder api)
    {
        var ofSession = api.MapGroup("/sessions/{id}/recaps").WithTags("Recaps");
        ofSession.MapPost("/", AskAsync).WithName("RecapSession").RequireScope(Scopes.ChatWrite)
            .HandlesReplays()
            .WithSummary("Has a conversation told in brief.")
            .WithDescription(
                "Answers 202 with what is queued; with Prefer: wait 201 once it is completed or failed. While one is being made of the "
                + "conversation as it is now, that one is answered. Asking again later makes a further version.");
        ofSession.MapGet("/", ListAsync).WithName("ListRecaps").RequireScope(Scopes.ChatRead)
            .WithSummary("Lists the recaps of a conversation.");
        ofSession.MapGet("/latest", FindLatestAsync).WithName("GetLatestRecap").RequireScope(Scopes.ChatRead)
            .WithSummary("Shows the latest recap of a conversation, whatever its status.");
        api.MapGet("/recaps/{id}", FindAsync).WithName("GetRecap").WithTags("Recaps").RequireScope(Scopes.ChatRead)
            .WithSummary("Shows a recap.");
    }

    private static async Task<Results<Created<RecapResponse>, Accepted<RecapResponse>>> AskAsync(
        string id, WaitPreference wait, Caller caller, RequestCommits commits, RecapQueue queue, CancellationToken ct)
    {
        var asked = commits.Replay is { } replay
            ? JsonSerializer.Deserialize<RecapResponse>(replay.Body.Span, WireJson.Options)!
            : await queue.AskAsync(caller, id, commits, ct);
        if (wait.Wait is { } limit)
        {
            asked = RecapResponse.From(await queue.WaitAsync(caller.Documents, asked.Id, id, limit, ct) ?? throw ApiException.NotFound());
        }

        var address = $"/api/v1/recaps/{asked.Id}";
        return asked.HasEnded ? TypedResults.Created(address, asked) : TypedResults.Accepted(address, asked);
    }

    private static async Task<Ok<PageResponse<RecapResponse>>> ListAsync(string id, PageRequest page, Caller caller, CancellationToken ct)
    {
        _ = await caller.Documents.FindAsync<Session>(id, ct) ?? throw ApiException.NotFound();
        var query = Query.Of<Recap>().Equal(recap => recap.SessionId, id);
        query = page.IsAscending ? query.Ascending(recap => recap.Number) : query.Descending(recap => recap.Number);
        return TypedResults.Ok(
            PageResponse.From(await caller.Documents.PageAsync(query, page.Cursor, page.Limit, ct), RecapResponse.From));
    }

    private static async Task<Ok<RecapResponse>> FindLatestAsync(string id, Caller caller, CancellationToken ct) =>
        await caller.Documents.ListAsync(RecapQueue.NewestOf(id), ct) is [var latest, ..]
            ? TypedResults.Ok(RecapResponse.From(latest))
            : throw ApiException.NotFound();

    private static async Task<Ok<RecapResponse>> FindAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(RecapResponse.From(await caller.Documents.FindAsync<Recap>(id, ct) ?? throw ApiException.NotFound()));
}
