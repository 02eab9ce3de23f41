using System.Buffers;
using AiBackend.Chat.Analyses.Language;
using AiBackend.Search.Chunking;

namespace AiBackend.Chat.Recaps;

/// <summary>A sentence of a conversation, word for word.</summary>
internal sealed record Quote(RecapLine Line, string Text)
{
    /// <summary>How much of what the conversation is about it holds.</summary>
    public double Score { get; init; }
}

/// <summary>Finds the sentences that hold most of what a conversation is about: the words that come up again and again in it.</summary>
internal static class RankedQuotes
{
    /// <summary>A longer sentence is cut.</summary>
    public const int LongestQuote = 300;

    private const int ShortestWord = 3;
    private const int FewestTerms = 2;
    private const int LanguageSample = 4_000;

    /// <summary>A sentence that shares more of its words with a better one says nothing new.</summary>
    private const double MostShared = 0.6;

    /// <summary>Short sentences would win without it.</summary>
    private const double Damping = 4;

    private static readonly SearchValues<char> Citation = SearchValues.Create("0123456789, ");

    /// <summary>The sentences of what was said, without the numbers of citations.</summary>
    public static IEnumerable<Quote> Of(RecapLine line) => SentenceSplitter.Split(line.Text)
        .Select(range => new Quote(line, Cut(Uncited(range.Of(line.Text).ToString()))))
        .Where(quote => quote.Text.Length > 0);

    /// <summary>The best sentences, best first; what stands earlier wins where two are as good.</summary>
    public static IReadOnlyList<Quote> Rank(IReadOnlyList<RecapLine> lines)
    {
        var all = string.Join('\n', lines.Select(line => line.Text));
        var language = LanguageDetector.Detect(all.Length <= LanguageSample ? all : all[..LanguageSample]).Language;
        var frequent = new Dictionary<string, bool>(StringComparer.Ordinal);
        var candidates = lines.SelectMany(Of).Select(quote => (Quote: quote, Terms: TermsOf(quote.Text, language, frequent))).ToList();
        var counts = candidates.SelectMany(candidate => candidate.Terms).CountBy(term => term).ToDictionary(StringComparer.Ordinal);
        var ranked = candidates
            .Where(candidate => candidate.Terms.Count >= FewestTerms)
            .Select(candidate => candidate with
            {
                Quote = candidate.Quote with
                {
                    Score = candidate.Terms.Sum(term => Math.Log(1 + counts[term])) / (Damping + candidate.Terms.Count),
                },
            })
            .OrderByDescending(candidate => candidate.Quote.Score);
        var best = new List<(Quote Quote, HashSet<string> Terms)>();
        foreach (var candidate in ranked)
        {
            if (!best.Exists(better => candidate.Terms.Count(better.Terms.Contains) > MostShared * candidate.Terms.Count))
            {
                best.Add(candidate);
            }
        }

        return [.. best.Select(candidate => candidate.Quote)];
    }

    private static HashSet<string> TermsOf(string text, string language, Dictionary<string, bool> frequent)
    {
        var terms = new HashSet<string>(StringComparer.Ordinal);
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && char.IsLetterOrDigit(text[i]))
            {
                start = start < 0 ? i : start;
            }
            else if (start >= 0)
            {
                var word = text[start..i].ToLowerInvariant();
                start = -1;
                if (word.Length >= ShortestWord && !IsFrequent(word, language, frequent))
                {
                    terms.Add(word);
                }
            }
        }

        return terms;
    }

    private static bool IsFrequent(string word, string language, Dictionary<string, bool> known)
    {
        if (!known.TryGetValue(word, out var isFrequent))
        {
            known[word] = isFrequent = LanguageDetector.IsFrequent(language is LanguageDetector.Undetermined ? "en" : language, word);
        }

        return isFrequent;
    }

    private static string Uncited(string sentence)
    {
        var end = sentence.Length;
        while (end > 0 && sentence[end - 1] == ']' && sentence.LastIndexOf('[', end - 1) is var open and >= 0
            && sentence.AsSpan(open + 1, end - open - 2).IndexOfAnyExcept(Citation) < 0)
        {
            end = sentence.AsSpan(0, open).TrimEnd().Length;
        }

        return sentence[..end];
    }

    // A pair of surrogates stays together.
    private static string Cut(string text) =>
        text.Length <= LongestQuote ? text : $"{text[..(char.IsHighSurrogate(text[LongestQuote - 2]) ? LongestQuote - 2 : LongestQuote - 1)]}…";
}
