using System.Buffers;
using System.Text;
using System.Text.Json;

namespace AiBackend.Documents;

/// <summary>Writes JSON in as few UTF-8 bytes as there can be, with the same values, order and numbers.</summary>
internal static class CompactJson
{
    private static readonly SearchValues<byte> Removable = SearchValues.Create(" \t\r\n\\"u8);

    /// <summary>The text without white space between values and without escapes that need not be.</summary>
    /// <param name="json">Valid JSON.</param>
    public static string Of(ReadOnlySpan<byte> json)
    {
        if (!json.ContainsAny(Removable))
        {
            return Encoding.UTF8.GetString(json);
        }

        // Nothing gets longer by being written compactly.
        var output = ArrayPool<byte>.Shared.Rent(json.Length);
        var unescaped = ArrayPool<byte>.Shared.Rent(json.Length);
        try
        {
            return Encoding.UTF8.GetString(output, 0, Write(json, output, unescaped));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(output);
            ArrayPool<byte>.Shared.Return(unescaped);
        }
    }

    private static int Write(ReadOnlySpan<byte> json, Span<byte> output, Span<byte> unescaped)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var length = 0;
        var needsComma = false;
        while (reader.Read())
        {
            if (needsComma && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
            {
                output[length++] = (byte)',';
            }

            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                length += WriteString(ref reader, output[length..], unescaped);
            }
            else
            {
                reader.ValueSpan.CopyTo(output[length..]);
                length += reader.ValueSpan.Length;
            }

            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                output[length++] = (byte)':';
            }

            needsComma = reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName);
        }

        return length;
    }

    private static int WriteString(ref Utf8JsonReader reader, Span<byte> output, Span<byte> unescaped)
    {
        var length = 0;
        output[length++] = (byte)'"';
        if (reader.ValueIsEscaped && TryUnescape(ref reader, unescaped, out var text))
        {
            foreach (var unit in text)
            {
                length += WriteUnit(unit, output[length..]);
            }
        }
        else
        {
            reader.ValueSpan.CopyTo(output[length..]);
            length += reader.ValueSpan.Length;
        }

        output[length++] = (byte)'"';
        return length;
    }

    // Half a surrogate pair has no UTF-8: a string with one stays as it is.
    private static bool TryUnescape(ref Utf8JsonReader reader, Span<byte> unescaped, out ReadOnlySpan<byte> text)
    {
        try
        {
            text = unescaped[..reader.CopyString(unescaped)];
            return true;
        }
        catch (InvalidOperationException)
        {
            text = default;
            return false;
        }
    }

    private static int WriteUnit(byte unit, Span<byte> output)
    {
        if (unit >= ' ' && unit is not ((byte)'"' or (byte)'\\'))
        {
            output[0] = unit;
            return 1;
        }

        output[0] = (byte)'\\';
        output[1] = unit switch
        {
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            < (byte)' ' => (byte)'u',
            _ => unit,
        };
        if (output[1] != 'u')
        {
            return 2;
        }

        "00"u8.CopyTo(output[2..]);
        output[4] = (byte)('0' + (unit >> 4));
        output[5] = "0123456789abcdef"u8[unit & 15];
        return 6;
    }
}
