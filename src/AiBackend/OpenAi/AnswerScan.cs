using System.Text;
using System.Text.Json;
using AiBackend.Ai;

namespace AiBackend.OpenAi;

/// <summary>What is seen of a model's answer, or of one event of a streamed one, on its way through.</summary>
internal readonly record struct AnswerScan
{
    /// <summary>Whether the model's server says that it failed.</summary>
    public bool IsError { get; private init; }

    /// <summary>Whether it has any choice; the last event of a stream has none, only the count of tokens.</summary>
    public bool HasChoices { get; private init; }

    /// <summary>Whether a choice has come to its end.</summary>
    public bool HasEnd { get; private init; }

    /// <summary>The model that answers, as its server names it; null when nothing is said of it, or the text is not wanted.</summary>
    public string? Model { get; private init; }

    /// <summary>The tokens that were counted; null when nothing is said of them.</summary>
    public ModelUsage? Usage { get; private init; }

    /// <summary>Reads one JSON object to its end.</summary>
    /// <param name="text">Gets the text of the answer, or what this event adds to it; null when nobody wants it.</param>
    /// <exception cref="JsonException">It is not a JSON object.</exception>
    public static AnswerScan Of(ReadOnlySpan<byte> json, StringBuilder? text)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        var scan = default(AnswerScan);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                scan = ReadChoices(ref reader, scan, text);
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                scan = scan with { Usage = ReadUsage(ref reader) };
            }
            else
            {
                var isError = reader.ValueTextEquals("error"u8);
                var isModel = text is not null && reader.ValueTextEquals("model"u8);
                reader.Read();
                scan = isModel && reader.TokenType == JsonTokenType.String ? scan with { Model = reader.GetString() } : scan;
                scan = isError ? scan with { IsError = reader.TokenType != JsonTokenType.Null } : scan;
                reader.Skip();
            }
        }

        while (reader.Read())
        {
            // Only white space may follow; anything else throws.
        }

        return scan;
    }

    private static AnswerScan ReadChoices(ref Utf8JsonReader reader, AnswerScan scan, StringBuilder? text)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return scan;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            scan = scan with { HasChoices = true };
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isEnd = reader.ValueTextEquals("finish_reason"u8);
                var isText = text is not null && (reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("message"u8));
                reader.Read();
                scan = isEnd && reader.TokenType == JsonTokenType.String ? scan with { HasEnd = true } : scan;
                if (isText && reader.TokenType == JsonTokenType.StartObject)
                {
                    ReadText(ref reader, text!);
                }
                else
                {
                    reader.Skip();
                }
            }
        }

        return scan;
    }

    private static void ReadText(ref Utf8JsonReader reader, StringBuilder text)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isContent = reader.ValueTextEquals("content"u8);
            reader.Read();
            if (isContent && reader.TokenType == JsonTokenType.String)
            {
                text.Append(reader.GetString());
            }

            reader.Skip();
        }
    }

    private static ModelUsage? ReadUsage(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        var (input, output) = (0L, 0L);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isInput = reader.ValueTextEquals("prompt_tokens"u8);
            var isOutput = reader.ValueTextEquals("completion_tokens"u8);
            reader.Read();
            var number = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var counted) ? counted : 0;
            input = isInput ? number : input;
            output = isOutput ? number : output;
            reader.Skip();
        }

        return new ModelUsage(input, output);
    }
}
