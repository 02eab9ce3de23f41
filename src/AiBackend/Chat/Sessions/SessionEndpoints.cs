using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Sessions;

internal static class SessionEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        var sessions = api.MapGroup("/sessions").WithTags("Sessions");
        sessions.MapPost("/", CreateAsync).WithName("CreateSession").RequireScope(Scopes.ChatWrite)
            .WithSummary("Opens a conversation.");
        sessions.MapGet("/", ListAsync).WithName("ListSessions").RequireScope(Scopes.ChatRead)
            .WithSummary("Lists conversations.");
        sessions.MapGet("/{id}", FindAsync).WithName("GetSession").RequireScope(Scopes.ChatRead)
            .WithSummary("Shows a conversation.");
        sessions.MapGet("/{id}/export", ExportAsync).WithName("ExportSession").RequireScope(Scopes.ChatRead)
            .Produces<string>(StatusCodes.Status200OK, "application/json", "text/markdown")
            .WithSummary("Takes a whole conversation out: all of it as JSON, or the active branch as Markdown.");
        sessions.MapPatch("/{id}", EditAsync).WithName("EditSession").RequireScope(Scopes.ChatWrite)
            .WithSummary("Changes title, participants or metadata of a conversation.");
        sessions.MapDelete("/{id}", DeleteAsync).WithName("DeleteSession").RequireScope(Scopes.ChatWrite)
            .WithSummary("Removes a conversation with all that belongs to it.");
        sessions.MapPost("/{id}/close", CloseAsync).WithName("CloseSession").RequireScope(Scopes.ChatWrite)
            .WithSummary("Closes a conversation.")
            .WithDescription("Waiting runs are cancelled. A message to its external id opens a new session.");
        sessions.MapPost("/{id}/handover", HandOverAsync).WithName("HandOverSession").RequireScope(Scopes.ChatWrite)
            .WithSummary("Lets a person answer from now on.")
            .WithDescription("Messages are stored and announced, nothing replies by itself. Waiting runs end with outcome handed_over.");
        sessions.MapPost("/{id}/resume", ResumeAsync).WithName("ResumeSession").RequireScope(Scopes.ChatWrite)
            .WithSummary("Lets messages be answered again.");
    }

    private static async Task<Created<SessionResponse>> CreateAsync(
        Body<CreateSession> body, Caller caller, SessionChanges changes, CancellationToken ct)
    {
        var session = await changes.CreateAsync(caller, body.Value, ct);
        return TypedResults.Created($"/api/v1/sessions/{session.Id}", session);
    }

    private static async Task<Ok<PageResponse<SessionResponse>>> ListAsync(
        SessionFilter filter, PageRequest page, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(await filter.PageAsync(caller.Documents, page, ct), SessionResponse.From));

    private static async Task<Ok<SessionResponse>> FindAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(SessionResponse.From(await caller.Documents.FindAsync<Session>(id, ct) ?? throw ApiException.NotFound()));

    private static async Task<SessionExport> ExportAsync(string id, ExportChoice choice, Caller caller, CancellationToken ct) =>
        new(caller.Documents, await caller.Documents.FindAsync<Session>(id, ct) ?? throw ApiException.NotFound(), choice.Format);

    private static async Task<Ok<SessionResponse>> EditAsync(
        string id, MergePatch<EditSession> patch, IfMatch match, Caller caller, SessionChanges changes, CancellationToken ct) =>
        TypedResults.Ok(await changes.EditAsync(caller, id, patch, match, ct));

    private static async Task<NoContent> DeleteAsync(
        string id, IfMatch match, Caller caller, SessionChanges changes, CancellationToken ct)
    {
        await changes.DeleteAsync(caller, id, match, ct);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<SessionResponse>> CloseAsync(
        string id, Body<SessionReason> body, Caller caller, SessionChanges changes, CancellationToken ct) =>
        TypedResults.Ok(await changes.CloseAsync(caller, id, body.Value.Reason, ct));

    private static async Task<Ok<SessionResponse>> HandOverAsync(
        string id, Body<SessionReason> body, Caller caller, SessionChanges changes, CancellationToken ct) =>
        TypedResults.Ok(await changes.HandOverAsync(caller, id, body.Value.Reason, ct));

    private static async Task<Ok<SessionResponse>> ResumeAsync(
        string id, Caller caller, SessionChanges changes, CancellationToken ct) =>
        TypedResults.Ok(await changes.ResumeAsync(caller, id, ct));
}
