using System.Text.Json;
using System.Text.RegularExpressions;
using AiBackend.Chat.Analyses;
using AiBackend.Chat.Feedback;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Chat.Privacy;

/// <summary>
/// Erases the answers that are kept for repeats of requests: those that name the end user, and those that tell of something that is gone,
/// which what he wrote is when this runs.
/// </summary>
internal sealed partial class KeptAnswerEraser(KeptAnswers answers) : IClientDataEraser
{
    public async Task EraseAsync(TenantDocuments documents, PersonErasure erasure, CancellationToken ct)
    {
        var name = JsonSerializer.Serialize(erasure.PersonId, WireJson.Options);
        await answers.EraseAsync(
            documents.ClientId,
            async (body, stop) => body.Contains(name, StringComparison.Ordinal) || await TellsOfWhatIsGoneAsync(documents, body, stop),
            ct);
    }

    private static async Task<bool> TellsOfWhatIsGoneAsync(TenantDocuments documents, string body, CancellationToken ct)
    {
        foreach (var id in Ids().Matches(body).Select(match => match.Value).Distinct())
        {
            if (await IsGoneAsync(documents, id, ct))
            {
                return true;
            }
        }

        return false;
    }

    private static async Task<bool> IsGoneAsync(TenantDocuments documents, string id, CancellationToken ct) => id[..3] switch
    {
        "ses" => await documents.FindAsync<Session>(id, ct) is null,
        "msg" => await documents.FindAsync<Message>(id, ct) is null or { DeletedAt: not null },
        "sug" => await documents.FindAsync<Suggestion>(id, ct) is null,
        "fbk" => await documents.FindAsync<MessageFeedback>(id, ct) is null,
        "ana" => await documents.FindAsync<Analysis>(id, ct) is null,
        _ => false,
    };

    [GeneratedRegex("\\b(?:ses|msg|sug|fbk|ana)_[0-9a-z]{26}\\b")]
    private static partial Regex Ids();
}
