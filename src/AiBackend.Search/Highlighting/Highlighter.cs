using System.Text;
using AiBackend.Search.Chunking;
using AiBackend.Search.Text;

namespace AiBackend.Search.Highlighting;

/// <summary>A part of a text with the places that match a query.</summary>
/// <param name="Range">The part, in the text.</param>
/// <param name="Matches">The matching words and phrases, in the text, in order.</param>
/// <param name="Html">The part, escaped for HTML, with each match inside <c>&lt;em&gt;</c>.</param>
public sealed record Highlight(TextRange Range, IReadOnlyList<TextRange> Matches, string Html);

/// <summary>
/// Shows where a text matches a query: by stem, so that "return" marks "returned", and as one phrase where matching words follow each
/// other. Stop words never match by themselves.
/// </summary>
public static class Highlighter
{
    /// <summary>The best parts of the text, in the order of the text; none where no word matches.</summary>
    /// <param name="query">The query as it was asked.</param>
    /// <param name="text">The text that was found.</param>
    /// <param name="limit">The most parts.</param>
    /// <param name="longest">The most characters of a part; longer sentences are cut between words.</param>
    public static IReadOnlyList<Highlight> Find(string query, string text, int limit = 3, int longest = 240)
    {
        var wanted = ReadTerms(query);
        var matches = FindMatches(wanted, text);
        if (matches.Count == 0)
        {
            return [];
        }

        var parts = SentenceSplitter.Split(text)
            .SelectMany(sentence => Cut(text, sentence, longest))
            .Select((part, order) => (Part: part, Order: order, Matches: Inside(matches, part)))
            .Where(found => found.Matches.Count > 0)
            .OrderByDescending(found => found.Matches.Select(match => match.Term).Distinct().Count())
            .ThenByDescending(found => found.Matches.Count)
            .ThenBy(found => found.Order)
            .Take(limit)
            .OrderBy(found => found.Order);
        return [.. parts.Select(found => Mark(text, found.Part, Join(text, found.Matches)))];
    }

    private static HashSet<string> ReadTerms(string query)
    {
        HashSet<string> terms = new(StringComparer.Ordinal);
        var scanner = new TermScanner(query);
        while (scanner.Next(out var term, out _, out var isStopWord))
        {
            if (!isStopWord)
            {
                terms.Add(term.ToString());
            }
        }

        return terms;
    }

    private static List<Match> FindMatches(HashSet<string> wanted, string text)
    {
        List<Match> matches = [];
        var lookup = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        var scanner = new TermScanner(text);
        while (scanner.Next(out var term, out var source, out var isStopWord))
        {
            if (!isStopWord && lookup.TryGetValue(term, out var held))
            {
                matches.Add(new Match(held, source));
            }
        }

        return matches;
    }

    /// <summary>The sentence itself, or pieces of a long one.</summary>
    private static IEnumerable<TextRange> Cut(string text, TextRange sentence, int longest)
    {
        var start = sentence.Start;
        while (sentence.End - start > longest)
        {
            var end = text.LastIndexOf(' ', start + longest, longest);
            if (end <= start)
            {
                end = start + longest - (char.IsHighSurrogate(text[start + longest - 1]) ? 1 : 0);
            }

            yield return new TextRange(start, end - start);
            start = end;
            while (start < sentence.End && char.IsWhiteSpace(text[start]))
            {
                start++;
            }
        }

        if (start < sentence.End)
        {
            yield return new TextRange(start, sentence.End - start);
        }
    }

    private static List<Match> Inside(List<Match> matches, TextRange part)
    {
        // Matches are in order, so the first inside is found by halving.
        var (low, high) = (0, matches.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = matches[middle].Source.Start < part.Start ? (middle + 1, high) : (low, middle);
        }

        return [.. matches.Skip(low).TakeWhile(match => match.Source.End <= part.End)];
    }

    /// <summary>Matches with nothing but a few marks or white space between them become one.</summary>
    private static List<TextRange> Join(string text, List<Match> matches)
    {
        List<TextRange> joined = [];
        foreach (var (_, source) in matches)
        {
            if (joined is [.., var last] && IsGlue(text, last.End, source.Start))
            {
                joined[^1] = new TextRange(last.Start, Math.Max(last.End, source.End) - last.Start);
            }
            else
            {
                joined.Add(source);
            }
        }

        return joined;
    }

    private static bool IsGlue(string text, int from, int to) => from >= to
        || (to - from <= 2 && text.AsSpan(from, to - from).IndexOfAnyExcept(" -'\u2019") < 0);

    private static Highlight Mark(string text, TextRange part, List<TextRange> matches)
    {
        var html = new StringBuilder(part.Length + (matches.Count * 9));
        var at = part.Start;
        foreach (var match in matches)
        {
            Escape(html, text.AsSpan(at, match.Start - at));
            html.Append("<em>");
            Escape(html, match.Of(text));
            html.Append("</em>");
            at = match.End;
        }

        Escape(html, text.AsSpan(at, part.End - at));
        return new Highlight(part, matches, html.ToString());
    }

    private static void Escape(StringBuilder html, ReadOnlySpan<char> text)
    {
        foreach (var unit in text)
        {
            _ = unit switch
            {
                '&' => html.Append("&amp;"),
                '<' => html.Append("&lt;"),
                '>' => html.Append("&gt;"),
                '"' => html.Append("&quot;"),
                '\'' => html.Append("&#39;"),
                _ => html.Append(unit),
            };
        }
    }

    private readonly record struct Match(string Term, TextRange Source);
}
