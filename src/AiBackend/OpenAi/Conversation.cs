using System.Text.Json;
using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>One message of a request that is answered here.</summary>
/// <param name="Role"><c>system</c> (also for <c>developer</c>), <c>user</c> or <c>assistant</c>.</param>
internal sealed record SaidMessage(string Role, string Text);

/// <summary>The messages of a request as far as they are text.</summary>
/// <param name="Before">What was said before the question, oldest first; messages of tools and without text are left out.</param>
/// <param name="Question">The text of the last message.</param>
internal sealed record Conversation(IReadOnlyList<SaidMessage> Before, string Question)
{
    /// <summary>Reads the messages; the last must be a user's.</summary>
    /// <param name="longest">The most UTF-16 units of the question.</param>
    public static Conversation Of(CompletionRequest request, int longest)
    {
        JsonText.RequireStorable(request.Body);
        using var body = JsonDocument.Parse(request.Body, new JsonDocumentOptions { MaxDepth = 1_000 });
        var messages = body.RootElement.GetProperty("messages");
        var said = new List<SaidMessage>();
        for (var i = 0; i < messages.GetArrayLength(); i++)
        {
            if (Read(messages[i], $"messages[{i}]", isLast: i == messages.GetArrayLength() - 1) is { } message)
            {
                said.Add(message);
            }
        }

        return said is [.. var before, { Role: "user", Text: var question }]
            ? new Conversation(before, Asked(question, longest))
            : throw ApiException.Invalid("messages", "The last message must be a user's, with a text.");
    }

    /// <summary>The text if it can be a question.</summary>
    public static string Asked(string text, int longest) =>
        string.IsNullOrWhiteSpace(text) ? throw ApiException.Invalid("messages", "The last message has no text.")
        : text.Length > longest ? throw ApiException.Invalid("messages", $"The last message may have at most {longest} characters.")
        : text;

    /// <summary>The text of a message's content: a string, or the parts of type <c>text</c>.</summary>
    /// <param name="refusesOthers">Whether a part of another type is refused rather than left out.</param>
    public static string TextOf(JsonElement content, string field, bool refusesOthers)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            return content.GetString()!;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            return content.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined
                ? string.Empty
                : throw ApiException.Invalid($"{field}.content", "A string or an array of parts is expected.");
        }

        return string.Join('\n', content.EnumerateArray().Select(part => PartOf(part, field, refusesOthers)).OfType<string>());
    }

    private static string? PartOf(JsonElement part, string field, bool refusesOthers) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : refusesOthers ? throw ApiException.Invalid($"{field}.content", "Only parts of type text can be answered here.") : null;

    private static SaidMessage? Read(JsonElement message, string field, bool isLast)
    {
        if (message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String)
        {
            throw ApiException.Invalid(field, "An object with a role is expected.");
        }

        var text = TextOf(message.TryGetProperty("content", out var content) ? content : default, field, refusesOthers: isLast);
        var known = role.GetString() switch
        {
            "system" or "developer" => "system",
            "user" => "user",
            "assistant" => "assistant",
            _ => null,
        };
        return known is null || (text.Length == 0 && !isLast) ? null : new SaidMessage(known, text);
    }
}
