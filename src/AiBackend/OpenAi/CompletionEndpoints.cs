using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Http;
using AiBackend.Orchestration.Extractive;

namespace AiBackend.OpenAi;

internal static class CompletionEndpoints
{
    public static void MapCompletions(this IEndpointRouteBuilder face) =>
        face.MapPost("/chat/completions", CompleteAsync).WithName("CreateChatCompletion").RequireScope(Scopes.ChatWrite)
            .WithMetadata(new JsonBodyMetadata(typeof(CompletionBody), IsPatch: false))
            .WithMetadata(new StreamedAnswer())
            .Produces<Completion>()
            .WithSummary("Completes a conversation, plain or streamed.")
            .WithDescription(
                "The chat model's requests and answers are passed through as they are. The model ai-backend answers from the client's "
                + "documents. metadata.session_id keeps the conversation in a session.");

    private static async Task CompleteAsync(
        HttpContext http,
        Caller caller,
        ServedModels models,
        ClientDirectory clients,
        ModelCalls calls,
        KnowledgeAnswers knowledge,
        SessionAnswers sessions,
        CompletionWriter writer,
        KeptMessages kept,
        LimitOptions limits,
        TimeProvider clock,
        CancellationToken ct)
    {
        var request = CompletionRequest.Parse(await RequestBytes.ReadAsync(http.Request, ct));
        var settings = (await clients.FindAsync(caller.ClientId, ct) ?? throw ApiException.NotFound()).Settings;
        var isOurs = request.Model == ExtractiveOrchestrator.Model;
        if (!isOurs && !models.IsChatModel(request.Model, settings))
        {
            throw Refusals.NoSuchModel(request.Model);
        }

        if (request.Choices != 1 && (isOurs || request.SessionId is not null))
        {
            throw ApiException.Invalid("n", "Only one answer can be given here.");
        }

        await Quotas.RequireTokensAsync(caller.Documents, settings.Quotas, clock.GetUtcNow(), ct);
        if (isOurs)
        {
            var parts = request.SessionId is null
                ? knowledge.AnswerAsync(request, caller.ClientId, settings, ct)
                : sessions.AnswerAsync(http, request, caller, ct);
            await writer.WriteAsync(http, request, parts, ct);
            return;
        }

        if (request.SessionId is null)
        {
            await calls.AnswerAsync(http, caller.ClientId, request, request.ForModel(), keep: null, ct);
            return;
        }

        using var conversation = KeptConversation.Of(request, limits.MessageCharacters);
        var (question, session, history) = await kept.AskOnceAsync(
            caller, request.SessionId, conversation.Question, settings.Chat.HistoryMessages, ct);
        if (session.State is SessionState.HandedOver)
        {
            await writer.WriteAsync(http, request, Silence(SessionAnswers.Silence(MessageResponse.From(question))), ct);
            return;
        }

        await calls.AnswerAsync(
            http, caller.ClientId, request, conversation.ForModel(history), reply => kept.ReplyAsync(caller, session.Id, reply, CancellationToken.None), ct);
    }

    private static async IAsyncEnumerable<ReplyPart> Silence(ReplyPart.End end)
    {
        await Task.CompletedTask;
        yield return end;
    }
}
