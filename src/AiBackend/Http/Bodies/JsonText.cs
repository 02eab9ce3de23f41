using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace AiBackend.Http;

/// <summary>Judges the text of a JSON body: what no database keeps, and why a text could not be read.</summary>
internal static class JsonText
{
    /// <summary>
    /// Refuses text that is not UTF-8 (400), and strings with the character U+0000 or half a surrogate pair (422): they cannot be
    /// stored and given back. Does not check that the text is JSON, except where it must look closer.
    /// </summary>
    public static void RequireStorable(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw ApiException.Malformed("The body is not UTF-8.");
        }

        // Unescaped, neither can occur in JSON; most bodies have no such escape at all.
        if (json.IndexOf("\\u"u8) >= 0)
        {
            RequireStorableEscapes(json);
        }
    }

    /// <summary>The refusal for a text that the type could not be read from.</summary>
    public static ApiException Explain(ReadOnlySpan<byte> json, JsonTypeInfo? type, JsonException cause)
    {
        if (FirstFault(json) is { } fault)
        {
            return fault;
        }

        var errors = new FieldErrors();
        using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = WireJson.MaxDepth });
        JsonShape.Check(document.RootElement, type, path: string.Empty, errors);
        if (errors.IsEmpty)
        {
            var path = cause.Path is { Length: > 2 } found && found.StartsWith("$.", StringComparison.Ordinal) ? found[2..] : "body";
            errors.Add(path, "This value is not valid.");
        }

        return errors.ToException();
    }

    private static ApiException? FirstFault(ReadOnlySpan<byte> json)
    {
        // The reader's own limit on depth would call deep JSON malformed, which it is not.
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth > WireJson.MaxDepth || (reader.CurrentDepth == WireJson.MaxDepth && IsStart(reader.TokenType)))
                {
                    return ApiException.Invalid("body", $"Arrays and objects may be nested {WireJson.MaxDepth} deep.");
                }
            }

            return null;
        }
        catch (JsonException malformed)
        {
            return ApiException.Malformed(
                $"The body is not JSON: line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}.");
        }
    }

    private static bool IsStart(JsonTokenType token) => token is JsonTokenType.StartObject or JsonTokenType.StartArray;

    private static void RequireStorableEscapes(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var rented = ArrayPool<byte>.Shared.Rent(json.Length);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
                {
                    continue;
                }

                var length = reader.CopyString(rented);
                if (rented.AsSpan(0, length).Contains((byte)0))
                {
                    throw ApiException.Invalid("body", "A string must not have the character U+0000.");
                }
            }
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid("body", "A string has half a surrogate pair.");
        }
        catch (JsonException)
        {
            throw FirstFault(json) ?? ApiException.Malformed("The body is not JSON.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
