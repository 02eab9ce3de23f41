using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>How the service reads and writes JSON on the wire.</summary>
internal static class WireJson
{
    /// <summary>How deep arrays and objects of a request may be nested.</summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// Snake case; nulls written; enums as snake case text; times as RFC 3339 UTC with milliseconds; free JSON
    /// (<see cref="RawJson"/>) as the JSON that it is. Reading refuses unknown and repeated fields, nulls where the type has none, and
    /// enums in any other case of letters.
    /// </summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Gives other options, such as those of the framework, the same behaviour.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.MaxDepth = MaxDepth;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new UtcTimeConverter());
        options.Converters.Add(new RawJsonConverter());
    }

    private static JsonSerializerOptions Make()
    {
        // The first converter that fits is taken. Only here, where bodies are read: the description of the interface knows the enums of
        // the framework's own converter, which reads them in any case of letters.
        var options = new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver(), Converters = { new ExactEnums() } };
        Configure(options);
        options.MakeReadOnly();
        return options;
    }

    private sealed class RawJsonConverter : JsonConverter<RawJson>
    {
        public override bool HandleNull => true;

        // By way of an element, because only so are repeated fields inside the free JSON refused. Compact, so that its size is that
        // of what it says, and two that say the same are equal.
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            RawJson.Compact(JsonSerializer.Deserialize<JsonElement>(ref reader, options));

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Text, skipInputValidation: true);
    }
}
