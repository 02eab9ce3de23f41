using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Suggestions;

internal static class SuggestionEndpoints
{
    public static void MapSuggestions(this IEndpointRouteBuilder api)
    {
        api.MapGet("/sessions/{id}/suggestions", ListAsync).WithName("ListSuggestions").WithTags("Suggestions")
            .RequireScope(Scopes.ChatRead)
            .WithSummary("Lists the answers that were suggested in a conversation.");

        var suggestions = api.MapGroup("/suggestions").WithTags("Suggestions");
        suggestions.MapPost("/{id}/accept", AcceptAsync).WithName("AcceptSuggestion").RequireScope(Scopes.ChatWrite)
            .WithSummary("Posts a suggestion, changed or not, as an agent's message.");
        suggestions.MapPost("/{id}/reject", RejectAsync).WithName("RejectSuggestion").RequireScope(Scopes.ChatWrite)
            .WithSummary("Rejects a suggestion.");
    }

    private static async Task<Ok<PageResponse<SuggestionResponse>>> ListAsync(
        string id, PageRequest page, Caller caller, CancellationToken ct)
    {
        _ = await caller.Documents.FindAsync<Session>(id, ct) ?? throw ApiException.NotFound();
        var query = page.Sort(Query.Of<Suggestion>().Equal(suggestion => suggestion.SessionId, id));
        return TypedResults.Ok(
            PageResponse.From(await caller.Documents.PageAsync(query, page.Cursor, page.Limit, ct), SuggestionResponse.From));
    }

    private static async Task<Ok<SuggestionResponse>> AcceptAsync(
        string id, Body<AcceptSuggestion> body, Caller caller, SuggestionDecisions decisions, CancellationToken ct) =>
        TypedResults.Ok(await decisions.AcceptAsync(caller, id, body.Value, ct));

    private static async Task<Ok<SuggestionResponse>> RejectAsync(
        string id, Caller caller, SuggestionDecisions decisions, CancellationToken ct) =>
        TypedResults.Ok(await decisions.RejectAsync(caller, id, ct));
}
