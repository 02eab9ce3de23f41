using AiBackend.Chat.Sessions;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Messages;

internal static class MessageEndpoints
{
    public static void MapMessages(this IEndpointRouteBuilder api)
    {
        api.MapGet("/sessions/{id}/messages", ListOfSessionAsync).WithName("ListSessionMessages").WithTags("Messages")
            .RequireScope(Scopes.ChatRead)
            .Produces<PageResponse<MessageResponse>>()
            .WithSummary("Lists the messages of a conversation by position.");

        var messages = api.MapGroup("/messages").WithTags("Messages");
        messages.MapPost("/", PostAsync).WithName("PostMessage").RequireScope(Scopes.ChatWrite)
            .HandlesReplays()
            .WithSummary("Posts a message and has it answered.")
            .WithDescription(
                "Answers at once, after the run's end (Prefer: wait), or with the run's events as they come (Accept: text/event-stream). "
                + "A message that gets no run makes a stream of message.created alone, without an id.")
            .Produces<PostedMessage>(StatusCodes.Status201Created)
            .Produces<PostedMessage>(StatusCodes.Status200OK)
            .WithMetadata(new StreamedAnswer());
        messages.MapPost("/bulk", ImportAsync).WithName("ImportMessages").RequireScope(Scopes.ChatWrite)
            .WithBodyLimit(limits => limits.BulkBytes)
            .WithSummary("Stores what was said elsewhere before, with its times. Nothing replies to it.")
            .WithDescription("Each message is checked for itself: the good ones go in, all in one commit, and each has its result.");
        messages.MapGet("/", ListAsync).WithName("ListMessages").RequireScope(Scopes.ChatRead)
            .WithSummary("Lists messages of all conversations.");
        messages.MapGet("/{id}", FindAsync).WithName("GetMessage").RequireScope(Scopes.ChatRead)
            .WithSummary("Shows a message.");
        messages.MapPatch("/{id}", EditAsync).WithName("EditMessage").RequireScope(Scopes.ChatWrite)
            .WithSummary("Puts another wording of a user's message beside it, and has that answered.")
            .WithDescription("The new wording begins a branch of its own, which becomes the active one. Answers as the posting of a message does.")
            .Produces<PostedMessage>(StatusCodes.Status200OK)
            .WithMetadata(new StreamedAnswer());
        messages.MapPost("/{id}/regenerate", RegenerateAsync).WithName("RegenerateReply").RequireScope(Scopes.ChatWrite)
            .HandlesReplays()
            .WithSummary("Has one more reply made: beside this reply, or to this user's message.")
            .WithDescription("Answers as the posting of a message does. The new reply becomes the active leaf unless the conversation has gone on meanwhile.")
            .Produces<AskedAgain>(StatusCodes.Status201Created)
            .WithMetadata(new StreamedAnswer());
        messages.MapDelete("/{id}", RemoveAsync).WithName("DeleteMessage").RequireScope(Scopes.ChatWrite)
            .WithSummary("Blanks a message; its place stays.");
    }

    private static async Task<IResult> PostAsync(
        HttpContext http,
        Body<PostMessage> body,
        WaitPreference wait,
        Caller caller,
        MessagePosting posting,
        RunAnswers answers,
        CancellationToken ct)
    {
        var (posted, isNew) = await posting.PostAsync(caller, body.Value, ct);
        if (RunAnswers.IsStreamWanted(http))
        {
            return await answers.StreamAsync(http, caller, posted, ct);
        }

        posted = await answers.WaitAsync(caller, posted, wait, ct);
        return isNew ? TypedResults.Created($"/api/v1/messages/{posted.Message.Id}", posted) : TypedResults.Ok(posted);
    }

    private static async Task<IResult> EditAsync(
        string id,
        HttpContext http,
        Body<EditMessage> body,
        IfMatch match,
        WaitPreference wait,
        Caller caller,
        MessageEditing editing,
        RunAnswers answers,
        CancellationToken ct)
    {
        var posted = await editing.EditAsync(caller, id, body.Value, match, ct);
        return RunAnswers.IsStreamWanted(http)
            ? await answers.StreamAsync(http, caller, posted, ct)
            : TypedResults.Ok(await answers.WaitAsync(caller, posted, wait, ct));
    }

    private static async Task<IResult> RegenerateAsync(
        string id,
        HttpContext http,
        WaitPreference wait,
        Caller caller,
        MessageEditing editing,
        RunAnswers answers,
        CancellationToken ct)
    {
        var asked = await editing.RegenerateAsync(caller, id, ct);
        if (RunAnswers.IsStreamWanted(http))
        {
            return await answers.StreamAsync(http, caller, asked.Run, ct);
        }

        return TypedResults.Created($"/api/v1/runs/{asked.Run.Id}", await answers.WaitAsync(caller, asked, wait, ct));
    }

    private static async Task<Ok<ImportResult>> ImportAsync(
        Body<ImportMessages> body, Caller caller, MessageImport import, CancellationToken ct) =>
        TypedResults.Ok(await import.ImportAsync(caller, body.Value, ct));

    private static async Task<Ok<PageResponse<MessageResponse>>> ListAsync(
        MessageFilter filter, PageRequest page, Caller caller, CancellationToken ct)
    {
        var found = await caller.Documents.PageAsync(filter.ToQuery(page.IsAscending), page.Cursor, page.Limit, ct);
        return TypedResults.Ok(PageResponse.From(found, MessageResponse.From));
    }

    private static async Task<ReadyJson> ListOfSessionAsync(
        string id, BranchChoice choice, PageRequest page, Caller caller, MessagePages pages, CancellationToken ct)
    {
        var session = await caller.Documents.FindAsync<Session>(id, ct) ?? throw ApiException.NotFound();
        return new ReadyJson(await pages.ReadAsync(caller.Documents, session, choice.Branch, page, ct));
    }

    private static async Task<Ok<MessageResponse>> FindAsync(string id, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(MessageResponse.From(await caller.Documents.FindAsync<Message>(id, ct) ?? throw ApiException.NotFound()));

    private static async Task<NoContent> RemoveAsync(
        string id, IfMatch match, Caller caller, MessageRemoval removal, CancellationToken ct)
    {
        await removal.RemoveAsync(caller, id, match, ct);
        return TypedResults.NoContent();
    }
}
