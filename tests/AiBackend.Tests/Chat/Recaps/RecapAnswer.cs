using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat.Recaps;

/// <summary>What a model may answer when it is asked for a recap.</summary>
internal static class RecapAnswer
{
    /// <summary>A recap whose entries rest on these messages, some on the first alone.</summary>
    public static string Of(params string[] ids) => New(ids).ToJsonString();

    /// <summary>A recap that rests on the message m1, with one field changed.</summary>
    public static string With(string field, string value)
    {
        // As text, because what is tried may be no value at all.
        var answer = New(["m1"]);
        answer[field] = "@";
        return answer.ToJsonString().Replace("\"@\"", value, StringComparison.Ordinal);
    }

    private static JsonObject New(string[] ids) => new()
    {
        ["summary"] = "A lamp broke.",
        ["context_of_issue"] = "A lamp arrived broken.",
        ["highlights"] = new JsonArray(new JsonObject { ["text"] = "It is broken.", ["message_ids"] = Array(ids) }),
        ["participants"] = new JsonArray(
            new JsonObject { ["name"] = null, ["role"] = "user", ["contribution"] = "Complains.", ["message_ids"] = Array(ids) }),
        ["sentiment"] = "negative",
        ["communication_notes"] = "",
        ["unresolved_points"] = new JsonArray(new JsonObject { ["text"] = "When?", ["message_ids"] = Array([.. ids.Take(1)]) }),
        ["agreements"] = new JsonArray(
            new JsonObject { ["promise"] = "A refund.", ["details"] = "Tomorrow.", ["message_ids"] = Array(ids) }),
    };

    private static JsonArray Array(string[] ids) => [.. ids.Select(id => JsonValue.Create(id))];
}
