using AiBackend.Chat.Messages;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Feedback;

internal static class FeedbackEndpoints
{
    public static void MapFeedback(this IEndpointRouteBuilder api)
    {
        var ofMessage = api.MapGroup("/messages/{id}/feedback").WithTags("Feedback");
        ofMessage.MapPost("/", GiveAsync).WithName("GiveFeedback").RequireScope(Scopes.ChatWrite)
            .WithSummary("Gives feedback to a message.")
            .WithDescription("One per message and author: a further one takes the place of the first and answers 200.");
        ofMessage.MapGet("/", ListOfMessageAsync).WithName("ListMessageFeedback").RequireScope(Scopes.ChatRead)
            .WithSummary("Lists the feedback to a message.");

        var feedback = api.MapGroup("/feedback").WithTags("Feedback");
        feedback.MapGet("/", ListAsync).WithName("ListFeedback").RequireScope(Scopes.ChatRead)
            .WithSummary("Lists feedback to messages of all conversations.");
        feedback.MapGet("/{id}", FindAsync).WithName("GetFeedback").RequireScope(Scopes.ChatRead)
            .WithSummary("Shows feedback.");
        feedback.MapPatch("/{id}", EditAsync).WithName("EditFeedback").RequireScope(Scopes.ChatWrite)
            .WithSummary("Changes feedback.");
        feedback.MapDelete("/{id}", RemoveAsync).WithName("DeleteFeedback").RequireScope(Scopes.ChatWrite)
            .WithSummary("Takes feedback back.");
    }

    private static async Task<Results<Created<FeedbackResponse>, Ok<FeedbackResponse>>> GiveAsync(
        string id, Body<GiveFeedback> body, Caller caller, FeedbackChanges changes, CancellationToken ct)
    {
        var given = await changes.GiveAsync(caller, id, body.Value, ct);
        return FeedbackChanges.StatusOf(given) == StatusCodes.Status201Created
            ? TypedResults.Created($"/api/v1/feedback/{given.Id}", given)
            : TypedResults.Ok(given);
    }

    private static async Task<Ok<PageResponse<FeedbackResponse>>> ListOfMessageAsync(
        string id, PageRequest page, Caller caller, CancellationToken ct)
    {
        _ = await caller.Documents.FindAsync<Message>(id, ct) ?? throw ApiException.NotFound();
        return await ListAsync(new FeedbackFilter { MessageId = id }, page, caller, ct);
    }

    private static async Task<Ok<PageResponse<FeedbackResponse>>> ListAsync(
        FeedbackFilter filter, PageRequest page, Caller caller, CancellationToken ct)
    {
        var found = await caller.Documents.PageAsync(filter.ToQuery(page.IsAscending), page.Cursor, page.Limit, ct);
        return TypedResults.Ok(PageResponse.From(found, FeedbackResponse.From));
    }

    private static async Task<Ok<FeedbackResponse>> FindAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(FeedbackResponse.From(
            await caller.Documents.FindAsync<MessageFeedback>(id, ct) ?? throw ApiException.NotFound()));

    private static async Task<Ok<FeedbackResponse>> EditAsync(
        string id, MergePatch<EditFeedback> patch, IfMatch match, Caller caller, FeedbackChanges changes, CancellationToken ct) =>
        TypedResults.Ok(await changes.EditAsync(caller, id, patch, match, ct));

    private static async Task<NoContent> RemoveAsync(
        string id, IfMatch match, Caller caller, FeedbackChanges changes, CancellationToken ct)
    {
        await changes.RemoveAsync(caller, id, match, ct);
        return TypedResults.NoContent();
    }
}
