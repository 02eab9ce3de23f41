using AiBackend.Ai;
using AiBackend.Chat;
using AiBackend.Chat.Analyses;
using AiBackend.Chat.Analytics;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.OpenAi;

/// <summary>
/// Keeps conversations in sessions. The answer to the request is not the stored message, so what is stored here does not settle the
/// request's <c>Idempotency-Key</c>: the answer that is sent does.
/// </summary>
internal sealed class KeptMessages(
    DocumentStore store,
    ClientDirectory clients,
    Channels channels,
    AnalysisQueue analyses,
    ChatEvents events,
    UsageLog usage,
    AnalyticsLog analytics,
    RunStreams streams,
    WorkCancellation cancellation,
    Ids ids,
    TimeProvider clock)
{
    private const int MostOfModelName = 255;

    private readonly MessagePosting posting = new(clients, channels, analyses, events, usage, analytics, new RequestCommits(store), ids, clock);
    private readonly RunCancelling cancelling = new(events, analytics, new RequestCommits(store), streams, cancellation, clock);

    /// <summary>Stores the user's message.</summary>
    /// <param name="session">The session's id, which must be there, or the caller's own name for it.</param>
    public async Task<PostedMessage> AskAsync(Caller caller, string session, string text, ReplyMode reply, CancellationToken ct)
    {
        var isId = SessionName.IsId(session);
        var (posted, _) = await posting.PostAsync(
            caller,
            new PostMessage
            {
                SessionId = isId ? session : null,
                ExternalSessionId = isId ? null : session,
                Text = text,
                Reply = reply,
            },
            ct);
        return posted;
    }

    /// <summary>
    /// Stores the user's message unless the session ends with it already: a request that is repeated, after a failure or with the
    /// results of tools, asks the same question.
    /// </summary>
    /// <returns>The message, its session, and what was said before.</returns>
    public async Task<(Message Question, Session Session, IReadOnlyList<Turn> History)> AskOnceAsync(
        Caller caller, string session, string text, int historyMessages, CancellationToken ct)
    {
        var documents = caller.Documents;
        var known = await FindAsync(documents, session, ct);
        var question = known?.ActiveLeafId is { } leaf ? await documents.FindAsync<Message>(leaf, ct) : null;
        if (known is not { State: not SessionState.Closed } || question is not { Role: MessageRole.User, DeletedAt: null } || question.Text != text)
        {
            var posted = await AskAsync(caller, session, text, ReplyMode.None, ct);
            known = await documents.FindAsync<Session>(posted.Message.SessionId, ct) ?? throw ApiException.NotFound();
            question = await documents.FindAsync<Message>(posted.Message.Id, ct) ?? throw ApiException.NotFound();
        }

        return (question, known, await MessageHistory.LoadAsync(documents, known, question, replyParentId: null, historyMessages, ct));
    }

    /// <summary>Stores a model's reply, as much of it as a message may hold. Its tokens are counted elsewhere.</summary>
    public Task ReplyAsync(Caller caller, string sessionId, KeptReply reply, CancellationToken ct) =>
        posting.PostAsync(
            caller,
            new PostMessage
            {
                SessionId = sessionId,
                Role = MessageRole.Assistant,
                Text = reply.Text.Length <= ChatModel.LongestAnswer ? reply.Text : Beginning(reply.Text),
                Model = reply.Model is { Length: <= MostOfModelName } model ? model : null,
                Usage = reply.Usage is { } used ? new TokenUsage(used.InputTokens, used.OutputTokens, Cost: null) : null,
            },
            ct);

    /// <summary>Stops a run that nobody waits for any more.</summary>
    public async Task CancelAsync(Caller caller, string runId)
    {
        try
        {
            // The caller may have left, and the run must stop nevertheless.
            await cancelling.CancelAsync(caller, runId, CancellationToken.None);
        }
        catch (ApiException)
        {
            // It has ended in the meantime, or is gone with its session.
        }
    }

    private static async Task<Session?> FindAsync(TenantDocuments documents, string session, CancellationToken ct)
    {
        if (SessionName.IsId(session))
        {
            return await documents.FindAsync<Session>(session, ct) ?? throw ApiException.NotFound();
        }

        var key = Session.KeyOf(Channels.DefaultId(documents.ClientId), session);
        return await documents.ListAsync(Query.Of<Session>().Equal(found => found.OpenKey, key).Take(1), ct) is [var open, ..] ? open : null;
    }

    // A pair of surrogates stays together.
    private static string Beginning(string text) =>
        text[..(char.IsHighSurrogate(text[ChatModel.LongestAnswer - 1]) ? ChatModel.LongestAnswer - 1 : ChatModel.LongestAnswer)];
}

/// <summary>A model's reply that is to be kept.</summary>
/// <param name="Model">As its server names it; null when it did not.</param>
/// <param name="Usage">Null when the server did not say.</param>
internal sealed record KeptReply(string Text, string? Model, ModelUsage? Usage);
