using System.ComponentModel;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Http;
using AiBackend.OpenAi;
using AiBackend.Orchestration;

namespace AiBackend.Mcp.Tools;

internal sealed record AskArguments
{
    [Description("The question, in a person's words.")]
    public required string Question { get; init; }

    [Description("Keeps question and answer in a conversation, so that the next question may refer to them: the id of one (ses_…), or a name of your own. Leave it out to keep nothing.")]
    [Name(SessionName.MaxLength)]
    public string? Session { get; init; }
}

/// <summary>An answer and what it rests on.</summary>
/// <param name="Answer">The text; <c>[n]</c> is the nth citation.</param>
/// <param name="Outcome"><c>replied</c>, or <c>handed_over</c>: a person takes over, or nothing was found.</param>
/// <param name="SessionId">Where it is kept; null where it is not.</param>
internal sealed record ToolAnswer(
    string Answer, string Outcome, double? Confidence, IReadOnlyList<Citation> Citations, string? SessionId, string? MessageId, string? ReplyMessageId);

/// <summary>Answers a question in the way that chat does.</summary>
internal sealed class AskTool(
    JsonBodies bodies, KnowledgeAnswers knowledge, SessionAnswers sessions, ClientDirectory clients, LimitOptions limits, TimeProvider clock)
    : McpTool<AskArguments>(bodies, "ask", Scopes.ChatWrite)
{
    protected override string Title => "Ask a question";

    protected override string Description =>
        "Answers a question from the company's documents, with citations and with how sure the answer is (confidence, 0 to 1). The outcome is "
        + "handed_over when there is no good answer. Use search to see passages instead of an answer.";

    protected override bool IsReadOnly => false;

    protected override async Task<object> CallAsync(Caller caller, AskArguments arguments, CancellationToken ct)
    {
        var question = arguments.Question;
        if (string.IsNullOrWhiteSpace(question) || question.Length > limits.MessageCharacters)
        {
            throw ApiException.Invalid("question", $"A text of 1 to {limits.MessageCharacters} characters is expected.");
        }

        var settings = (await clients.FindAsync(caller.ClientId, ct) ?? throw ApiException.NotFound()).Settings;
        await Quotas.RequireTokensAsync(caller.Documents, settings.Quotas, clock.GetUtcNow(), ct);
        var parts = arguments.Session is { } session
            ? sessions.AnswerAsync(caller, session, question, stored: null, ct)
            : knowledge.AnswerAsync(new Conversation([], question), caller.ClientId, settings, ct);
        await foreach (var part in parts)
        {
            if (part is ReplyPart.End end)
            {
                var details = end.Details;
                return new ToolAnswer(
                    end.Text, details.Outcome, details.Confidence, details.Citations, details.SessionId, details.MessageId, details.ReplyMessageId);
            }
        }

        throw new InvalidOperationException("The answer has no end.");
    }
}
