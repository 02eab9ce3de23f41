using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace AiBackend.Documents;

/// <summary>How documents are written as JSON in every database.</summary>
public static class DocumentJson
{
    /// <summary>
    /// Snake case; nulls left out; enums as snake case text; times as RFC 3339 UTC with milliseconds, so that their text sorts;
    /// free JSON (<see cref="RawJson"/>) as a string, so that it comes back exactly as it went in.
    /// </summary>
    public static JsonSerializerOptions Options { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AllowLeftOutNulls } },
            Converters =
            {
                new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false),
                new UtcTimeConverter(),
                new StoredRawJsonConverter(),
            },
        };
        options.MakeReadOnly();
        return options;
    }

    // A null is left out when it is stored, so a required property that may be null need not be there when it is read.
    private static void AllowLeftOutNulls(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            property.IsRequired &= !property.IsSetNullable;
        }
    }

    private sealed class StoredRawJsonConverter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetString() ?? throw new JsonException("Stored JSON is missing."));

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Text);
    }
}

/// <summary>Writes a time as <c>2026-11-22T15:04:05.678Z</c> and reads any RFC 3339 time, which has seconds and an offset, into UTC.</summary>
public sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>The text of a time as it is stored and sent: fixed width, so that it sorts.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String
            && reader.TryGetDateTimeOffset(out var time)
            && (reader.ValueIsEscaped || reader.HasValueSequence ? IsWhole(Encoding.UTF8.GetBytes(reader.GetString()!)) : IsWhole(reader.ValueSpan)))
        {
            return time.ToUniversalTime();
        }

        throw new JsonException("Expected an RFC 3339 time such as 2026-11-22T15:04:05.678Z.");
    }

    /// <summary>Reads an RFC 3339 time: a date, a time with seconds, and an offset.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        var json = new Utf8JsonReader(JsonSerializer.SerializeToUtf8Bytes(text));
        time = default;
        if (!json.Read() || !json.TryGetDateTimeOffset(out var found) || !IsWhole(Encoding.UTF8.GetBytes(text)))
        {
            return false;
        }

        time = found.ToUniversalTime();
        return true;
    }

    // The reader takes any ISO 8601 time, and dates; it has checked the digits.
    private static bool IsWhole(ReadOnlySpan<byte> text) =>
        text.Length >= 20 && text[16] == ':' && (text[^1] == 'Z' || (text[^3] == ':' && text[^6] is (byte)'+' or (byte)'-'));

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[24];
        value.UtcDateTime.TryFormat(text, out var length, Format, CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}
