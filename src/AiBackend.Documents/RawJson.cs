using System.Runtime.InteropServices;
using System.Text.Json;

namespace AiBackend.Documents;

/// <summary>
/// A JSON value that the service keeps but does not interpret, such as a client's <c>metadata</c>: stored as text, sent as
/// the JSON that it is. Made by <see cref="Of{T}"/> or <see cref="Parse"/>, so it is always valid.
/// </summary>
public readonly record struct RawJson
{
    private readonly string? text;

    internal RawJson(string text) => this.text = text;

    /// <summary>An empty object.</summary>
    public static RawJson EmptyObject { get; } = new("{}");

    /// <summary>The JSON text; <c>null</c> for the default value.</summary>
    public string Text => text ?? "null";

    /// <summary>The value, serialised with these options.</summary>
    public static RawJson Of<T>(T value, JsonSerializerOptions options) => new(JsonSerializer.Serialize(value, options));

    /// <summary>The element's own text.</summary>
    public static RawJson Of(JsonElement element) => new(element.GetRawText());

    /// <summary>The element's value in as few UTF-8 bytes as there can be: the same values, order and numbers.</summary>
    public static RawJson Compact(JsonElement element) => new(CompactJson.Of(JsonMarshal.GetRawUtf8Value(element)));

    /// <summary>Checks that the text is JSON and keeps it.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static RawJson Parse(string json)
    {
        using var parsed = JsonDocument.Parse(json);
        return new RawJson(json);
    }

    /// <summary>The value as an element of its own.</summary>
    public JsonElement ToElement()
    {
        using var parsed = JsonDocument.Parse(Text);
        return parsed.RootElement.Clone();
    }
}
