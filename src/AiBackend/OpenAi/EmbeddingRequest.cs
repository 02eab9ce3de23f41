using System.Text.Json;
using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>Texts to be turned into vectors.</summary>
internal sealed record EmbeddingRequest
{
    /// <summary>The most texts of one request, as at OpenAI.</summary>
    public const int MaxTexts = 2_048;

    public required IReadOnlyList<string> Texts { get; init; }

    public required string Model { get; init; }

    /// <summary>Whether vectors are sent as base64 of their floats (little endian) rather than as numbers.</summary>
    public bool IsBase64 { get; init; }

    /// <summary>How long the vectors should be; null: as the model makes them.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Reads a body; unknown fields are ignored.</summary>
    public static EmbeddingRequest Parse(byte[] body)
    {
        JsonText.RequireStorable(body);
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? Of(json.RootElement)
                : throw ApiException.Invalid("body", "A JSON object is expected.");
        }
        catch (JsonException malformed)
        {
            throw ApiException.Malformed($"The body is not JSON: line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}.");
        }
    }

    private static EmbeddingRequest Of(JsonElement body) => new()
    {
        Model = Field(body, "model") is { ValueKind: JsonValueKind.String } model && !string.IsNullOrWhiteSpace(model.GetString())
            ? model.GetString()!
            : throw ApiException.Invalid("model", "The name of a model is expected."),
        Texts = TextsOf(Field(body, "input")),
        IsBase64 = Field(body, "encoding_format") switch
        {
            { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => false,
            { ValueKind: JsonValueKind.String } format when format.ValueEquals("float") => false,
            { ValueKind: JsonValueKind.String } format when format.ValueEquals("base64") => true,
            _ => throw ApiException.Invalid("encoding_format", "float or base64 is expected."),
        },
        Dimensions = Field(body, "dimensions") switch
        {
            { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var length) && length > 0 => length,
            _ => throw ApiException.Invalid("dimensions", "A whole number above 0 is expected."),
        },
    };

    private static string[] TextsOf(JsonElement input)
    {
        if (input.ValueKind == JsonValueKind.String)
        {
            return [TextOf(input, "input")];
        }

        if (input.ValueKind != JsonValueKind.Array || input.GetArrayLength() == 0)
        {
            throw ApiException.Invalid("input", "A text or an array of at least one text is expected.");
        }

        return input.GetArrayLength() <= MaxTexts
            ? [.. input.EnumerateArray().Select((text, i) => TextOf(text, $"input[{i}]"))]
            : throw ApiException.Invalid("input", $"At most {MaxTexts} texts are taken at once.");
    }

    private static string TextOf(JsonElement text, string field) => text.ValueKind switch
    {
        JsonValueKind.String when text.GetString() is { Length: > 0 } given => given,
        JsonValueKind.String => throw ApiException.Invalid(field, "A text must not be empty."),
        _ => throw ApiException.Invalid(field, "A text is expected; arrays of tokens are not taken, because models count them differently."),
    };

    private static JsonElement Field(JsonElement body, string name) => body.TryGetProperty(name, out var value) ? value : default;
}
