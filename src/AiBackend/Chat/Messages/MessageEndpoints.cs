using System.Runtime.CompilerServices;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Documents;
using AiBackend.Events;
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
        messages.MapGet("/", ListAsync).WithName("ListMessages").RequireScope(Scopes.ChatRead)
            .WithSummary("Lists messages of all conversations.");
        messages.MapGet("/{id}", FindAsync).WithName("GetMessage").RequireScope(Scopes.ChatRead)
            .WithSummary("Shows a message.");
        messages.MapDelete("/{id}", RemoveAsync).WithName("DeleteMessage").RequireScope(Scopes.ChatWrite)
            .WithSummary("Blanks a message; its place stays.");
    }

    private static async Task<IResult> PostAsync(
        HttpContext http,
        Body<PostMessage> body,
        WaitPreference wait,
        Caller caller,
        MessagePosting posting,
        RunStreams streams,
        TimeProvider clock,
        CancellationToken ct)
    {
        var (posted, isNew) = await posting.PostAsync(caller, body.Value, ct);
        if (WantsStream(http))
        {
            // A repeat of the request may say what it has of the stream already. The message is stored, so nothing is refused any more.
            var after = posted.Run is null ? 0 : RunStreams.LastRead(http, posted.Run.Id) ?? 0;
            await EventStreamWriter.WriteAsync(http, EventsAsync(posted, caller.ClientId, after, streams, ct), clock, ct);
            return TypedResults.Empty;
        }

        if (wait.Wait is { } limit && posted.Run is not null)
        {
            posted = await WaitAsync(posted, caller.Documents, streams, limit, ct);
        }

        return isNew ? TypedResults.Created($"/api/v1/messages/{posted.Message.Id}", posted) : TypedResults.Ok(posted);
    }

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

    /// <summary>Whether the caller prefers a stream: it asks for one, and for nothing else more than for that.</summary>
    private static bool WantsStream(HttpContext http)
    {
        if (http.Request.Headers.Accept.Count == 0)
        {
            return false;
        }

        var preferred = http.Request.GetTypedHeaders().Accept.MaxBy(type => type.Quality ?? 1);
        return preferred is { Quality: null or > 0 } && preferred.MediaType.Equals(EventStreamWriter.MediaType, StringComparison.OrdinalIgnoreCase);
    }

    private static async IAsyncEnumerable<StreamEvent> EventsAsync(
        PostedMessage posted, string clientId, long after, RunStreams streams, [EnumeratorCancellation] CancellationToken ct)
    {
        if (posted.Run is null)
        {
            yield return RunStreams.Of(id: null, StreamTypes.MessageCreated, EventData.Of("message", posted.Message));
            yield break;
        }

        await foreach (var sent in streams.ReadAsync(clientId, posted.Run.Id, after, ct))
        {
            yield return sent;
        }
    }

    private static async Task<PostedMessage> WaitAsync(
        PostedMessage posted, TenantDocuments documents, RunStreams streams, TimeSpan limit, CancellationToken ct)
    {
        if (await streams.WaitForEndAsync(documents.ClientId, posted.Run!.Id, limit, ct) is not { } run)
        {
            return posted;
        }

        var reply = run.ReplyMessageId is null ? null : await documents.FindAsync<Message>(run.ReplyMessageId, ct);
        var suggestion = run.SuggestionId is null ? null : await documents.FindAsync<Suggestion>(run.SuggestionId, ct);
        return posted with
        {
            Run = RunResponse.From(run),
            Reply = reply is null ? null : MessageResponse.From(reply),
            Suggestion = suggestion is null ? null : SuggestionResponse.From(suggestion),
        };
    }
}
