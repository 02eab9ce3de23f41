using System.Collections.Frozen;
using AiBackend.Search.Text;

namespace AiBackend.Search.Chunking;

/// <summary>
/// Finds the sentences of a text. Headings, list entries and paragraphs without a full stop are sentences of their own. Together
/// the sentences hold every character that is not white space, each once, in order.
/// </summary>
public static class SentenceSplitter
{
    /// <summary>A line up to this long may be a heading, or an entry of a list without marks; a longer one was wrapped.</summary>
    private const int ShortLine = 60;

    private const string Closing = "\"')]}\u201D\u2019\u00BB*_`";

    /// <summary>A full stop behind these never ends a sentence.</summary>
    private static readonly FrozenSet<string> Abbreviations = FrozenSet.ToFrozenSet(
        [
            "e.g", "i.e", "eg", "ie", "cf", "vs", "viz", "al", "mr", "mrs", "ms", "dr", "prof", "rev", "gen", "sen", "st", "mt",
            "fig", "figs", "eq", "sec", "ch", "vol", "pp", "ed", "eds", "no", "nos", "nr", "approx", "ca", "incl", "excl", "max",
            "min", "dept", "est", "tel", "ext", "a.k.a", "z.b", "d.h", "bzw", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
            "sep", "sept", "oct", "nov", "dec",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> AbbreviationLookup =
        Abbreviations.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The sentences in order, without the white space around them. Takes time linear in the text.</summary>
    public static IReadOnlyList<TextRange> Split(ReadOnlySpan<char> text) => [.. Parse(text).Select(sentence => sentence.Range)];

    internal static List<Sentence> Parse(ReadOnlySpan<char> text)
    {
        List<Sentence> sentences = [];
        var startsParagraph = true;
        var start = 0;
        for (var at = 0; at < text.Length;)
        {
            var unit = text[at];
            if (unit is '\n' or '\r' or '\f')
            {
                var line = Line.Ending(text, start, at);
                if (line.BreaksParagraph || line.BreaksSentence || at == start)
                {
                    startsParagraph = Add(text, start, at, startsParagraph, line) || line.BreaksParagraph;
                    start = line.Next;
                }

                at = line.Next;
            }
            else if (at == start && char.IsWhiteSpace(unit))
            {
                start = ++at;
            }
            else if (EndsSentence(text, start, at, out var end))
            {
                startsParagraph = Add(text, start, end, startsParagraph, default);
                start = at = end;
            }
            else
            {
                at = end;
            }
        }

        Add(text, start, text.Length, startsParagraph, default);
        return sentences;

        // Returns whether the next sentence still begins a paragraph because nothing was added.
        bool Add(ReadOnlySpan<char> text, int from, int to, bool startsParagraph, Line line)
        {
            var length = text[from..to].TrimEnd().Length;
            if (length == 0)
            {
                return startsParagraph;
            }

            var range = new TextRange(from, length);
            var isHeading = IsMarkedHeading(range.Of(text))
                || (startsParagraph && line.BreaksParagraph && length <= ShortLine && !IsPunctuated(range.Of(text)));
            sentences.Add(new Sentence(range, startsParagraph, isHeading));
            return false;
        }
    }

    /// <param name="text">The text.</param>
    /// <param name="start">Where the sentence begins.</param>
    /// <param name="at">The place to judge.</param>
    /// <param name="end">Where to go on, whatever the answer: a row of full stops is read once.</param>
    private static bool EndsSentence(ReadOnlySpan<char> text, int start, int at, out int end)
    {
        end = at + 1;
        if (text[at] is '\u3002' or '\uFF01' or '\uFF1F' or '\uFF61')
        {
            while (end < text.Length && text[end] is '\u3002' or '\uFF01' or '\uFF1F' or '\uFF61' or '\u300D' or '\u300F' or '\uFF09' or '\u201D')
            {
                end++;
            }

            return true;
        }

        if (text[at] is not ('.' or '!' or '?' or '\u2026' or '\u0964'))
        {
            return false;
        }

        while (end < text.Length && (text[end] is '.' or '!' or '?' or '\u2026' || Closing.Contains(text[end])))
        {
            end++;
        }

        if (end == text.Length)
        {
            return true;
        }

        return char.IsWhiteSpace(text[end])
            && !ContinuesInLowerCase(text[end..])
            && !(text[at] == '.' && end == at + 1 && IsPartOfWord(text[start..at]));
    }

    private static bool ContinuesInLowerCase(ReadOnlySpan<char> rest)
    {
        // A line break is judged by itself, and only a short look keeps endless white space linear.
        foreach (var unit in rest[..Math.Min(rest.Length, 8)])
        {
            if (!char.IsWhiteSpace(unit))
            {
                return char.IsLower(unit);
            }
        }

        return false;
    }

    /// <summary>Whether the full stop belongs to what is before it: an abbreviation, an initial, the number of a list entry.</summary>
    private static bool IsPartOfWord(ReadOnlySpan<char> sentence)
    {
        var from = sentence.Length;
        while (from > 0 && sentence.Length - from <= 8 && (char.IsLetterOrDigit(sentence[from - 1]) || sentence[from - 1] == '.'))
        {
            from--;
        }

        var word = sentence[from..];
        return AbbreviationLookup.Contains(word)
            || (word.Length == 1 && char.IsUpper(word[0]) && word[0] != 'I')
            || (from == 0 && word.Length is 1 or 2 && !word.ContainsAnyExceptInRange('0', '9'));
    }

    private static bool IsMarkedHeading(ReadOnlySpan<char> sentence)
    {
        var marks = sentence.IndexOfAnyExcept('#');
        return marks is >= 1 and <= 6 && char.IsWhiteSpace(sentence[marks]);
    }

    private static bool IsPunctuated(ReadOnlySpan<char> sentence) => sentence[^1] is '.' or '!' or '?' or ';' or ',' or ':' or '\u3002';

    internal readonly record struct Sentence(TextRange Range, bool StartsParagraph, bool IsHeading);

    /// <summary>What the end of a line means for the text around it.</summary>
    private readonly record struct Line(int Next, bool BreaksParagraph, bool BreaksSentence)
    {
        public static Line Ending(ReadOnlySpan<char> text, int sentenceStart, int at)
        {
            var breaks = 0;
            var next = at;
            for (; next < text.Length && char.IsWhiteSpace(text[next]); next++)
            {
                if (text[next] == '\f')
                {
                    breaks = 2;
                }
                else if (text[next] == '\n' || (text[next] == '\r' && (next + 1 == text.Length || text[next + 1] != '\n')))
                {
                    breaks++;
                }
            }

            var rest = text[next..];
            var before = text[sentenceStart..at];
            var line = before[(before.LastIndexOfAny('\n', '\r') + 1)..].Trim();
            if (breaks >= 2 || rest.IsEmpty || IsMarkedHeading(line) || IsMarkedHeading(rest[..Math.Min(rest.Length, 8)]))
            {
                return new Line(next, true, true);
            }

            var isList = IsListEntry(rest);
            var isShort = line.Length <= ShortLine && (char.IsUpper(rest[0]) || char.IsDigit(rest[0]));
            return new Line(next, false, isList || isShort);
        }

        private static bool IsListEntry(ReadOnlySpan<char> line)
        {
            if (line[0] is '-' or '*' or '+' or '\u2022' or '|')
            {
                return line.Length > 1 && (char.IsWhiteSpace(line[1]) || line[0] == '|');
            }

            var digits = line[..Math.Min(4, line.Length)].IndexOfAnyExceptInRange('0', '9');
            return digits > 0 && line[digits] is '.' or ')' && digits + 1 < line.Length && char.IsWhiteSpace(line[digits + 1]);
        }
    }
}
