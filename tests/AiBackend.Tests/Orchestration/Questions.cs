using AiBackend.Clients;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Orchestration;

/// <summary>Requests for answers, as a conversation would make them.</summary>
internal static class Questions
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static AnswerRequest Ask(string text, ChatSettings? chat = null, params Turn[] history) => new()
    {
        ClientId = "cli_1",
        Settings = new ClientSettings { Chat = chat ?? new ChatSettings() },
        RunId = "run_1",
        SessionId = "ses_1",
        ExternalSessionId = "ticket-7",
        TraceId = "0af7651916cd43dd8448eb211c80319c",
        Attempt = 1,
        Message = User(text),
        History = history,
        MayHandOver = true,
    };

    public static Turn User(string text) => new("msg_u", "user", text, Noon);

    public static Turn Assistant(string text) => new("msg_a", "assistant", text, Noon);

    public static Turn System(string text) => new("msg_s", "system", text, Noon);

    /// <summary>All parts of an answer, each also kept in the record as it comes.</summary>
    public static async Task<IReadOnlyList<AnswerPart>> AllAsync(
        this IOrchestrator orchestrator, AnswerRequest request, AiBackend.Tests.Support.PartRecord<AnswerPart> record, CancellationToken ct)
    {
        await foreach (var part in orchestrator.AnswerAsync(request, ct))
        {
            await record.Add(part);
        }

        return record.All;
    }

    /// <summary>What a reader holds at the end: the deltas since the last reset.</summary>
    public static string TextSoFar(this IEnumerable<AnswerPart> parts)
    {
        var text = "";
        foreach (var part in parts)
        {
            text = part switch
            {
                AnswerPart.Reset => "",
                AnswerPart.Delta delta => text + delta.Text,
                _ => text,
            };
        }

        return text;
    }
}
