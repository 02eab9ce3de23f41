using System.Text.Json;
using AiBackend.Chat.Messages;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Analyses;

internal static class AnalysisEndpoints
{
    public static void MapAnalyses(this IEndpointRouteBuilder api)
    {
        var ofMessage = api.MapGroup("/messages/{id}/analyses").WithTags("Analyses");
        ofMessage.MapPost("/", AskAsync).WithName("AnalyzeMessage").RequireScope(Scopes.ChatWrite)
            .HandlesReplays()
            .WithSummary("Has things found out about a message.")
            .WithDescription("Answers 202 with what is queued; with Prefer: wait 201 once all of it is completed or failed. Asking again looks again.");
        ofMessage.MapGet("/", ListAsync).WithName("ListAnalyses").RequireScope(Scopes.ChatRead)
            .WithSummary("Lists what was found out about a message.");
        api.MapGet("/analyses/{id}", FindAsync).WithName("GetAnalysis").WithTags("Analyses").RequireScope(Scopes.ChatRead)
            .WithSummary("Shows one thing that was found out about a message.");
    }

    private static async Task<Results<Created<PageResponse<AnalysisResponse>>, Accepted<PageResponse<AnalysisResponse>>>> AskAsync(
        string id,
        Body<AskForAnalyses> body,
        WaitPreference wait,
        Caller caller,
        RequestCommits commits,
        AnalysisQueue queue,
        CancellationToken ct)
    {
        var asked = commits.Replay is { } replay
            ? JsonSerializer.Deserialize<PageResponse<AnalysisResponse>>(replay.Body.Span, WireJson.Options)!
            : await commits.CommitAsync(
                caller,
                StatusCodes.Status202Accepted,
                async transaction => PageOf(await queue.EnqueueAsync(transaction, id, body.Value.Types)),
                ct);
        if (wait.Wait is { } limit)
        {
            asked = PageOf(await queue.WaitAsync(caller.ClientId, id, [.. asked.Data.Select(analysis => analysis.Id)], limit, ct));
        }

        var list = $"/api/v1/messages/{id}/analyses";
        return asked.Data.All(analysis => analysis.HasEnded) ? TypedResults.Created(list, asked) : TypedResults.Accepted(list, asked);
    }

    private static async Task<Ok<PageResponse<AnalysisResponse>>> ListAsync(
        string id, PageRequest page, Caller caller, CancellationToken ct)
    {
        _ = await caller.Documents.FindAsync<Message>(id, ct) ?? throw ApiException.NotFound();
        var query = page.Sort(Query.Of<Analysis>().Equal(analysis => analysis.MessageId, id));
        return TypedResults.Ok(
            PageResponse.From(await caller.Documents.PageAsync(query, page.Cursor, page.Limit, ct), AnalysisResponse.From));
    }

    private static async Task<Ok<AnalysisResponse>> FindAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(AnalysisResponse.From(await caller.Documents.FindAsync<Analysis>(id, ct) ?? throw ApiException.NotFound()));

    private static PageResponse<AnalysisResponse> PageOf(IReadOnlyList<Analysis> analyses) =>
        new([.. analyses.Select(AnalysisResponse.From)], NextCursor: null);
}
