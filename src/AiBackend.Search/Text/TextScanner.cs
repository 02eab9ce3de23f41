using System.Globalization;

namespace AiBackend.Search.Text;

/// <summary>What a run of characters is to a searcher.</summary>
internal enum RunKind
{
    Space,
    Symbols,

    /// <summary>Letters and digits, with single apostrophes and hyphens inside: "re-opened", "don't", "c++".</summary>
    Word,

    /// <summary>One Chinese or Japanese character: these are written without spaces, so each stands for itself.</summary>
    Ideograph,
}

/// <summary>Cuts a text into runs without leaving anything out, in one pass.</summary>
internal ref struct TextScanner(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> text = text;
    private int at;

    public bool Next(out RunKind kind, out TextRange run)
    {
        var start = at;
        if (at == text.Length)
        {
            (kind, run) = (default, default);
            return false;
        }

        kind = KindOf(text[at++]);
        switch (kind)
        {
            case RunKind.Word:
                SkipWord(start);
                break;
            case RunKind.Space or RunKind.Symbols:
                while (at < text.Length && KindOf(text[at]) == kind)
                {
                    at++;
                }

                break;
            default:
                break;
        }

        run = new TextRange(start, at - start);
        return true;
    }

    /// <summary>The typewriter's apostrophe and the typographic ones.</summary>
    public static bool IsApostrophe(char unit) => unit is '\'' or '\u2019' or '\u2018' or '\u02BC';

    /// <summary>The plain hyphen and the two that Unicode has beside it.</summary>
    public static bool IsHyphen(char unit) => unit is '-' or '\u2010' or '\u2011';

    private void SkipWord(int start)
    {
        while (at < text.Length)
        {
            var unit = text[at];
            if (KindOf(unit) == RunKind.Word || IsMark(unit))
            {
                at++;
            }
            else if ((IsApostrophe(unit) || IsHyphen(unit)) && at + 1 < text.Length && KindOf(text[at + 1]) == RunKind.Word)
            {
                at += 2;
            }
            else
            {
                break;
            }
        }

        if (at - start == 1)
        {
            var rest = text[at..];
            at += text[start] switch
            {
                'c' or 'C' when rest.StartsWith("++") => 2,
                'c' or 'C' or 'f' or 'F' when rest.StartsWith("#") => 1,
                _ => 0,
            };
        }
    }

    private static RunKind KindOf(char unit) =>
        char.IsAsciiLetterOrDigit(unit) ? RunKind.Word
        : char.IsWhiteSpace(unit) ? RunKind.Space
        : unit < 0x80 ? RunKind.Symbols
        : IsIdeograph(unit) ? RunKind.Ideograph
        : char.IsLetterOrDigit(unit) || char.IsSurrogate(unit) ? RunKind.Word
        : RunKind.Symbols;

    public static bool IsIdeograph(char unit) =>
        unit is (>= '\u3041' and <= '\u30FF') or (>= '\u3400' and <= '\u4DBF') or (>= '\u4E00' and <= '\u9FFF')
            or (>= '\uF900' and <= '\uFAFF') && unit is not '\u30FB';

    private static bool IsMark(char unit) => unit >= 0x300
        && CharUnicodeInfo.GetUnicodeCategory(unit) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
