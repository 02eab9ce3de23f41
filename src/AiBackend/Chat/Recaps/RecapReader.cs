using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Chat.Messages;

namespace AiBackend.Chat.Recaps;

/// <summary>Reads a model's recap and refuses what is not as it was asked for, all of it at once.</summary>
internal sealed class RecapReader
{
    private const int LongestText = 4_000;
    private const int LongestPoint = 1_000;
    private const int MostEntries = 50;
    private const int MostIds = 50;
    private const int MostFaults = 10;

    private static readonly string[] Roles = [.. Enum.GetValues<MessageRole>().Select(RoleOf)];
    private static readonly string[] Sentiments = ["positive", "neutral", "negative", "mixed"];

    private readonly HashSet<string> ids;
    private readonly List<string> faults = [];

    private RecapReader(HashSet<string> ids) => this.ids = ids;

    /// <summary>The shape as the model's server is told it.</summary>
    public static JsonElement Schema { get; } = JsonSerializer.SerializeToElement(ObjectOf(new JsonObject
    {
        ["summary"] = Text(),
        ["context_of_issue"] = TextOrNull(),
        ["highlights"] = ListOf(new JsonObject { ["text"] = Text() }),
        ["participants"] = ListOf(new JsonObject { ["name"] = TextOrNull(), ["role"] = EnumOf(Roles), ["contribution"] = TextOrNull() }),
        ["sentiment"] = new JsonObject
        {
            ["type"] = new JsonArray("string", "null"),
            ["enum"] = new JsonArray([.. Sentiments.Select(word => JsonValue.Create(word)), null]),
        },
        ["communication_notes"] = TextOrNull(),
        ["unresolved_points"] = ListOf(new JsonObject { ["text"] = Text() }),
        ["agreements"] = ListOf(new JsonObject { ["promise"] = Text(), ["details"] = TextOrNull() }),
    }));

    /// <param name="ids">The messages that there are.</param>
    /// <exception cref="FormatException">It is not as it was asked for; the message says where, and holds nothing of the answer.</exception>
    public static RecapData Read(JsonElement json, HashSet<string> ids)
    {
        var reader = new RecapReader(ids);
        var data = reader.Read(json);
        return reader.faults.Count == 0 ? data : throw new FormatException(string.Join(' ', reader.faults.Take(MostFaults)));
    }

    public static string RoleOf(MessageRole role) => JsonNamingPolicy.SnakeCaseLower.ConvertName(role.ToString());

    private RecapData Read(JsonElement json) => new()
    {
        Summary = Required(json, "summary", string.Empty, LongestText),
        ContextOfIssue = Optional(json, "context_of_issue", string.Empty, LongestText),
        Highlights = Entries(json, "highlights", (entry, at) => new RecapPoint(Required(entry, "text", at, LongestPoint), Ids(entry, at))),
        Participants = Entries(
            json,
            "participants",
            (entry, at) => new RecapParticipant(
                Optional(entry, "name", at, LongestPoint),
                Word(entry, "role", at, Roles) ?? string.Empty,
                Optional(entry, "contribution", at, LongestPoint),
                Ids(entry, at))),
        Sentiment = IsNull(json, "sentiment") ? null : Word(json, "sentiment", string.Empty, Sentiments),
        CommunicationNotes = Optional(json, "communication_notes", string.Empty, LongestText),
        UnresolvedPoints = Entries(
            json, "unresolved_points", (entry, at) => new RecapPoint(Required(entry, "text", at, LongestPoint), Ids(entry, at))),
        Agreements = Entries(
            json,
            "agreements",
            (entry, at) => new RecapAgreement(
                Required(entry, "promise", at, LongestPoint), Optional(entry, "details", at, LongestPoint), Ids(entry, at))),
    };

    private string Required(JsonElement json, string field, string at, int longest)
    {
        if (Optional(json, field, at, longest) is { } text)
        {
            return text;
        }

        if (IsNull(json, field))
        {
            Fault($"{at}{field} must be a text.");
        }

        return string.Empty;
    }

    /// <summary>The text; null when there is none, which a model may also say by an empty one.</summary>
    private string? Optional(JsonElement json, string field, string at, int longest)
    {
        if (IsNull(json, field))
        {
            return null;
        }

        var value = json.GetProperty(field);
        if (value.ValueKind != JsonValueKind.String)
        {
            Fault($"{at}{field} must be a text.");
            return null;
        }

        var text = value.GetString()!.Trim();
        if (text.Length > longest)
        {
            Fault($"{at}{field} must have at most {longest} characters.");
        }

        return text.Length == 0 ? null : text;
    }

    private string? Word(JsonElement json, string field, string at, string[] words)
    {
        var found = IsNull(json, field) || json.GetProperty(field) is not { ValueKind: JsonValueKind.String } value
            ? null
            : Array.Find(words, word => word.Equals(value.GetString()!.Trim(), StringComparison.OrdinalIgnoreCase));
        if (found is null)
        {
            Fault($"{at}{field} must be one of {string.Join(", ", words)}.");
        }

        return found;
    }

    private List<T> Entries<T>(JsonElement json, string field, Func<JsonElement, string, T> read)
    {
        if (IsNull(json, field) || json.GetProperty(field) is not { ValueKind: JsonValueKind.Array } list)
        {
            Fault($"{field} must be an array.");
            return [];
        }

        if (list.GetArrayLength() > MostEntries)
        {
            Fault($"{field} must have at most {MostEntries} entries.");
            return [];
        }

        return [.. list.EnumerateArray().Select((entry, i) => read(entry, $"{field}[{i}]."))];
    }

    private List<string> Ids(JsonElement entry, string at)
    {
        if (IsNull(entry, "message_ids") || entry.GetProperty("message_ids") is not { ValueKind: JsonValueKind.Array } list
            || list.GetArrayLength() is 0 or > MostIds)
        {
            Fault($"{at}message_ids must be an array of 1 to {MostIds} ids.");
            return [];
        }

        var named = list.EnumerateArray().Select(id => id.ValueKind == JsonValueKind.String ? id.GetString()!.Trim() : string.Empty).Distinct().ToList();
        if (!named.TrueForAll(ids.Contains))
        {
            Fault($"{at}message_ids names a message that the conversation does not have.");
        }

        return named;
    }

    private static bool IsNull(JsonElement json, string field) =>
        json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null;

    private void Fault(string text) => faults.Add(text);

    private static JsonObject Text() => new() { ["type"] = "string" };

    private static JsonObject TextOrNull() => new() { ["type"] = new JsonArray("string", "null") };

    private static JsonObject EnumOf(string[] words) =>
        new() { ["type"] = "string", ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]) };

    private static JsonObject ListOf(JsonObject properties)
    {
        properties["message_ids"] = new JsonObject { ["type"] = "array", ["items"] = Text() };
        return new JsonObject { ["type"] = "array", ["items"] = ObjectOf(properties) };
    }

    private static JsonObject ObjectOf(JsonObject properties) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray([.. properties.Select(property => JsonValue.Create(property.Key))]),
        ["properties"] = properties,
        ["additionalProperties"] = false,
    };
}
