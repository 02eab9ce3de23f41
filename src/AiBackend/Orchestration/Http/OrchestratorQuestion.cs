using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Orchestration.Http;

/// <summary>What an outside orchestrator is sent. Described in <c>docs/guides/orchestrator.md</c>.</summary>
internal sealed record OrchestratorQuestion(
    string RunId,
    int Attempt,
    string TraceId,
    string ClientId,
    QuestionSession Session,
    QuestionMessage Message,
    IReadOnlyList<QuestionTurn> History,
    QuestionSettings Settings,
    bool MayHandOver)
{
    /// <summary>Older history than fits here is left out.</summary>
    private const int MostHistoryCharacters = 1 << 18;

    /// <summary>The JSON of a request's question.</summary>
    public static byte[] Of(AnswerRequest request)
    {
        var chat = request.Settings.Chat;
        var question = new OrchestratorQuestion(
            request.RunId,
            request.Attempt,
            request.TraceId,
            request.ClientId,
            new QuestionSession(request.SessionId, request.ExternalSessionId),
            new QuestionMessage(
                request.Message.MessageId, request.Message.Role, request.Message.Text, request.Message.CreatedAt, request.Data ?? RawJson.EmptyObject),
            Recent(request.History, chat.HistoryMessages),
            new QuestionSettings(chat.SystemPrompt, chat.Model, chat.MinConfidence, chat.Collections),
            request.MayHandOver);
        return JsonSerializer.SerializeToUtf8Bytes(question, WireJson.Options);
    }

    private static List<QuestionTurn> Recent(IReadOnlyList<Turn> history, int messages)
    {
        List<QuestionTurn> recent = [];
        var characters = 0;
        for (var at = history.Count - 1; at >= 0 && recent.Count < messages; at--)
        {
            var turn = history[at];
            characters += turn.Text.Length;
            if (characters > MostHistoryCharacters)
            {
                break;
            }

            recent.Add(new QuestionTurn(turn.MessageId, turn.Role, turn.Text, turn.CreatedAt));
        }

        recent.Reverse();
        return recent;
    }
}

internal sealed record QuestionSession(string Id, string? ExternalId);

internal sealed record QuestionMessage(string Id, string Role, string Text, DateTimeOffset CreatedAt, RawJson Data);

internal sealed record QuestionTurn(string Id, string Role, string Text, DateTimeOffset CreatedAt);

internal sealed record QuestionSettings(
    string? SystemPrompt, string? Model, double MinConfidence, IReadOnlyList<string>? Collections);
