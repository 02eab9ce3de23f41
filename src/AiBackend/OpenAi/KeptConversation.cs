using System.Text.Json;
using AiBackend.Http;
using AiBackend.Orchestration;

namespace AiBackend.OpenAi;

/// <summary>
/// A request to a model whose conversation is kept in a session: of its messages the last one of the user counts and what follows it
/// (calls of tools and their results), and system messages; what was said before comes from the session.
/// </summary>
internal sealed class KeptConversation : IDisposable
{
    private readonly JsonDocument body;
    private readonly CompletionRequest request;
    private readonly int last;

    private KeptConversation(CompletionRequest request, JsonDocument body, int last, string question)
    {
        this.request = request;
        this.body = body;
        this.last = last;
        Question = question;
    }

    /// <summary>The text of the user's message.</summary>
    public string Question { get; }

    /// <param name="longest">The most UTF-16 units of the user's message.</param>
    public static KeptConversation Of(CompletionRequest request, int longest)
    {
        JsonText.RequireStorable(request.Body);
        var body = JsonDocument.Parse(request.Body, new JsonDocumentOptions { MaxDepth = 1_000 });
        var messages = body.RootElement.GetProperty("messages");
        for (var i = messages.GetArrayLength() - 1; i >= 0; i--)
        {
            if (RoleOf(messages[i]) == "user")
            {
                var content = messages[i].TryGetProperty("content", out var given) ? given : default;
                var text = Conversation.TextOf(content, $"messages[{i}]", refusesOthers: false);
                return new KeptConversation(request, body, i, Conversation.Asked(text, longest));
            }
        }

        throw ApiException.Invalid("messages", "A message of the user is expected.");
    }

    /// <summary>What the model's server is sent.</summary>
    public byte[] ForModel(IReadOnlyList<Turn> history)
    {
        using var bytes = new MemoryStream(request.Body.Length + 1_024);
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = WireJson.Options.Encoder, MaxDepth = 1_000 }))
        {
            writer.WriteStartObject();
            foreach (var field in body.RootElement.EnumerateObject())
            {
                Write(writer, field, history);
            }

            if (request.IsStreamed)
            {
                writer.WriteStartObject("stream_options");
                writer.WriteBoolean("include_usage", true);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return bytes.ToArray();
    }

    public void Dispose() => body.Dispose();

    private void Write(Utf8JsonWriter writer, JsonProperty field, IReadOnlyList<Turn> history)
    {
        switch (field.Name)
        {
            case "messages":
                WriteMessages(writer, field.Value, history);
                break;
            case "metadata":
                WriteMetadata(writer, field.Value);
                break;
            case "stream_options":
                break;
            default:
                field.WriteTo(writer);
                break;
        }
    }

    private void WriteMessages(Utf8JsonWriter writer, JsonElement messages, IReadOnlyList<Turn> history)
    {
        writer.WriteStartArray("messages");
        foreach (var message in messages.EnumerateArray().Take(last).Where(message => RoleOf(message) is "system" or "developer"))
        {
            message.WriteTo(writer);
        }

        foreach (var turn in history)
        {
            writer.WriteStartObject();
            writer.WriteString("role", turn.Role == "agent" ? "assistant" : turn.Role);
            writer.WriteString("content", turn.Text);
            writer.WriteEndObject();
        }

        foreach (var message in messages.EnumerateArray().Skip(last))
        {
            message.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    // OpenAI refuses metadata of completions that it does not store.
    private static void WriteMetadata(Utf8JsonWriter writer, JsonElement metadata)
    {
        var others = metadata.EnumerateObject().Where(field => field.Name != "session_id").ToList();
        if (others.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("metadata");
        others.ForEach(field => field.WriteTo(writer));
        writer.WriteEndObject();
    }

    private static string? RoleOf(JsonElement message) =>
        message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String
            ? role.GetString()
            : null;
}
