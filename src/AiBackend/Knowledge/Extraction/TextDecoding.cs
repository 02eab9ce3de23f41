using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace AiBackend.Knowledge.Extraction;

/// <summary>Reads the bytes of a text file. What is not surely text is refused rather than guessed.</summary>
internal static partial class TextDecoding
{
    private const int MetaSearchLength = 2_048;

    private static readonly (byte[] Mark, Encoding Encoding)[] ByteOrderMarks =
    [
        ([0xEF, 0xBB, 0xBF], Strict("utf-8")),
        ([0xFF, 0xFE, 0, 0], Strict("utf-32")),
        ([0, 0, 0xFE, 0xFF], Strict("utf-32BE")),
        ([0xFF, 0xFE], Strict("utf-16")),
        ([0xFE, 0xFF], Strict("utf-16BE")),
    ];

    /// <summary>
    /// Decodes by the byte order mark, the declared character set, or (HTML) the one that the file names itself; without any of
    /// these it must be UTF-8, or UTF-16 of mostly Latin text.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="charset">As the sender declared it; null when it did not.</param>
    /// <param name="mayNameItself">Whether a <c>meta</c> element may name the character set.</param>
    /// <exception cref="UnreadableTextException">It is no text, or in a character set that nothing names.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes, string? charset, bool mayNameItself)
    {
        foreach (var (mark, encoding) in ByteOrderMarks)
        {
            if (bytes.StartsWith(mark))
            {
                return Decode(bytes[mark.Length..], encoding);
            }
        }

        charset ??= mayNameItself ? MetaCharset(bytes) : null;
        if (charset is not null)
        {
            return TryFind(charset, out var declared)
                ? Decode(bytes, declared)
                : throw new UnreadableTextException($"The character set '{charset}' is not known.");
        }

        return Decode(bytes, bytes.Contains((byte)0) ? UnmarkedUtf16(bytes) : Strict("utf-8"));
    }

    private static string Decode(ReadOnlySpan<byte> bytes, Encoding encoding)
    {
        string text;
        try
        {
            text = encoding.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new UnreadableTextException(
                $"The file is not valid {encoding.WebName}. Send UTF-8, or name the character set in the part's Content-Type.");
        }

        return text.Contains('\0') ? throw NotText() : text;
    }

    /// <summary>Latin text in UTF-16 has a zero in nearly every other byte, always on the same side.</summary>
    private static Encoding UnmarkedUtf16(ReadOnlySpan<byte> bytes)
    {
        var (even, odd) = (0, 0);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == 0)
            {
                (even, odd) = (i & 1) == 0 ? (even + 1, odd) : (even, odd + 1);
            }
        }

        var enough = bytes.Length / 4;
        return bytes.Length % 2 != 0 ? throw NotText()
            : even == 0 && odd >= enough ? Strict("utf-16")
            : odd == 0 && even >= enough ? Strict("utf-16BE")
            : throw NotText();
    }

    private static string? MetaCharset(ReadOnlySpan<byte> bytes)
    {
        var head = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, MetaSearchLength)]);
        var found = CharsetOfMeta().Match(head);
        return found.Success ? found.Groups[1].Value : null;
    }

    private static bool TryFind(string charset, [NotNullWhen(true)] out Encoding? encoding)
    {
        try
        {
            encoding = Strict(charset.Trim().Trim('"', '\''));
            return true;
        }
        catch (ArgumentException)
        {
            encoding = null;
            return false;
        }
    }

    // Latin-1 means Windows-1252 in practice, as the HTML standard has it.
    private static Encoding Strict(string name) => name.ToLowerInvariant() switch
    {
        "iso-8859-1" or "latin1" or "us-ascii" or "ascii" or "windows-1252" or "cp1252" =>
            CodePagesEncodingProvider.Instance.GetEncoding(1252, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!,
        "utf8" => Strict("utf-8"),
        "utf-7" => throw new ArgumentException("UTF-7 is unsafe.", nameof(name)),
        _ => CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
            ?? Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback),
    };

    private static UnreadableTextException NotText() =>
        new("The file holds zero bytes: it is not a text file. Send UTF-8, or UTF-16 with a byte order mark.");

    [GeneratedRegex("""<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?\s{0,5}([A-Za-z0-9_:.-]{1,40})""", RegexOptions.IgnoreCase, 250)]
    private static partial Regex CharsetOfMeta();
}

/// <summary>The bytes cannot be read as text. The message is for the sender.</summary>
internal sealed class UnreadableTextException(string message) : Exception(message);
