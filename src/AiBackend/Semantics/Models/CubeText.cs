using System.Globalization;
using System.Text;

namespace AiBackend.Semantics.Models;

/// <summary>
/// Writes text so that Cube reads it as text. Cube makes a Python f-string of every text in a YAML model, and a JavaScript template of that: braces are code in
/// both, and a pair of them anywhere in the file makes it a Jinja template; its lexer counts characters beyond the basic plane wrongly. JavaScript's
/// escapes pass through both.
/// </summary>
internal static class CubeText
{
    /// <summary>Comments longer than this many characters are cut.</summary>
    private const int MaxLength = 4_000;

    /// <summary>Escapes text; line ends become <c>\n</c>.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var letter in text)
        {
            switch (letter)
            {
                case '\\':
                    escaped.Append(@"\\");
                    break;
                case '\n':
                    escaped.Append(@"\n");
                    break;
                case '\r':
                    break;
                case '{' or '}':
                case '\u2028' or '\u2029' or '\u0085' or '\ufeff' or '\ufffe' or '\uffff':
                case < ' ' or '\u007f':
                case var half when char.IsSurrogate(half):
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
                    break;
                default:
                    escaped.Append(letter);
                    break;
            }
        }

        return escaped.ToString();
    }

    /// <summary>A database's comment, escaped; null when there is nothing in it.</summary>
    public static string? Comment(string? comment)
    {
        var text = comment?.ReplaceLineEndings("\n").Trim();
        return string.IsNullOrEmpty(text) ? null : Escape(text.Length > MaxLength ? text[..MaxLength] + "…" : text);
    }
}
