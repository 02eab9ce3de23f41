using System.Text.Json;
using System.Text.Unicode;
using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>
/// A request for a completion as it came in. Only what this service acts on is read, in one pass over the bytes; all else is the model's
/// matter, and unknown fields are nobody's.
/// </summary>
internal sealed record CompletionRequest
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 1_000 };

    /// <summary>The whole body, UTF-8.</summary>
    public required byte[] Body { get; init; }

    public required string Model { get; init; }

    public bool IsStreamed { get; init; }

    /// <summary>Whether the caller asked for the count of tokens at the end of the stream.</summary>
    public bool IncludesUsage { get; init; }

    /// <summary>How many answers are asked for.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>The session that the conversation is kept in: its id here, or the caller's own name for it; null: none.</summary>
    public string? SessionId { get; init; }

    /// <summary>Where <c>stream_options</c> stands in the body, its value alone; empty when it is not there.</summary>
    private Range StreamOptions { get; init; }

    /// <summary>Where the body's last brace is.</summary>
    private int End { get; init; }

    /// <summary>Reads a body.</summary>
    /// <exception cref="ApiException">It is not JSON (400), or a field that is read is not what it should be.</exception>
    public static CompletionRequest Parse(byte[] body)
    {
        if (!Utf8.IsValid(body))
        {
            throw ApiException.Malformed("The body is not UTF-8.");
        }

        try
        {
            return new Reading(body).Read();
        }
        catch (JsonException malformed)
        {
            throw ApiException.Malformed($"The body is not JSON: line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}.");
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid("body", "A string has half a surrogate pair.");
        }
    }

    /// <summary>
    /// What the model's server is sent: the body as it is, except that a stream always ends with the count of tokens, which is
    /// counted here and left out for a caller who did not ask for it.
    /// </summary>
    public ReadOnlyMemory<byte> ForModel()
    {
        if (!IsStreamed || IncludesUsage)
        {
            return Body;
        }

        var (at, length) = StreamOptions.GetOffsetAndLength(Body.Length);
        return length == 0
            ? (byte[])[.. Body.AsSpan(0, End), .. ",\"stream_options\":{\"include_usage\":true}}"u8]
            : (byte[])[.. Body.AsSpan(0, at), .. "{\"include_usage\":true}"u8, .. Body.AsSpan(at + length)];
    }

    private ref struct Reading(byte[] body)
    {
        private readonly HashSet<string> seen = [];
        private Utf8JsonReader reader = new(body, Deep);
        private string? model;
        private string? sessionId;
        private bool isStreamed;
        private bool includesUsage;
        private bool hasMessages;
        private int choices = 1;
        private Range streamOptions;

        public CompletionRequest Read()
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw ApiException.Invalid("body", "A JSON object is expected.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadField();
            }

            var end = (int)reader.TokenStartIndex;
            while (reader.Read())
            {
                // Only white space may follow; anything else throws.
            }

            return new CompletionRequest
            {
                Body = body,
                Model = string.IsNullOrWhiteSpace(model) ? throw ApiException.Invalid("model", "The name of a model is expected.") : model,
                IsStreamed = isStreamed,
                IncludesUsage = includesUsage,
                Choices = choices,
                SessionId = sessionId,
                StreamOptions = streamOptions,
                End = hasMessages ? end : throw ApiException.Invalid("messages", "An array of at least one message is expected."),
            };
        }

        private void ReadField()
        {
            var name = reader.ValueTextEquals("model"u8) ? "model"
                : reader.ValueTextEquals("messages"u8) ? "messages"
                : reader.ValueTextEquals("stream"u8) ? "stream"
                : reader.ValueTextEquals("stream_options"u8) ? "stream_options"
                : reader.ValueTextEquals("metadata"u8) ? "metadata"
                : reader.ValueTextEquals("n"u8) ? "n"
                : null;
            if (name is not null && !seen.Add(name))
            {
                // The model's server may take another of the two than was checked here.
                throw ApiException.Invalid(name, "The field is there twice.");
            }

            reader.Read();
            switch (name)
            {
                case "model":
                    model = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    break;
                case "messages":
                    ReadMessages();
                    break;
                case "stream":
                    isStreamed = Flag("stream");
                    break;
                case "stream_options":
                    ReadStreamOptions();
                    break;
                case "metadata":
                    ReadMetadata();
                    break;
                case "n":
                    choices = reader.TokenType == JsonTokenType.Null ? 1
                        : reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number
                        : throw ApiException.Invalid("n", "A whole number is expected.");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        private void ReadMessages()
        {
            var isArray = reader.TokenType == JsonTokenType.StartArray;
            var start = reader.BytesConsumed;
            reader.Skip();
            hasMessages = isArray && !body.AsSpan()[(int)start..(int)reader.TokenStartIndex].Trim(" \t\r\n"u8).IsEmpty;
        }

        private void ReadStreamOptions()
        {
            var start = (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isAsked = reader.ValueTextEquals("include_usage"u8);
                    reader.Read();
                    includesUsage = isAsked ? Flag("stream_options.include_usage") : includesUsage;
                    reader.Skip();
                }
            }
            else if (reader.TokenType != JsonTokenType.Null)
            {
                throw ApiException.Invalid("stream_options", "An object is expected.");
            }

            streamOptions = start..(int)reader.BytesConsumed;
        }

        private void ReadMetadata()
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isSession = reader.ValueTextEquals("session_id"u8);
                reader.Read();
                if (isSession && reader.TokenType != JsonTokenType.Null)
                {
                    sessionId = reader.TokenType == JsonTokenType.String && reader.GetString() is { } text && SessionName.IsValid(text)
                        ? text
                        : throw ApiException.Invalid("metadata.session_id", $"A text of 1 to {SessionName.MaxLength} characters is expected.");
                }

                reader.Skip();
            }
        }

        private readonly bool Flag(string field) => reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False or JsonTokenType.Null => false,
            _ => throw ApiException.Invalid(field, "true or false is expected."),
        };
    }
}
