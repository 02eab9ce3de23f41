using System.Globalization;
using System.Text;
using AiBackend.Chat.Analyses.Language;

namespace AiBackend.Chat.Analyses.Sentiment;

/// <summary>
/// Reads from single words how the writer of an English text feels: negations turn them round, some words make them stronger or weaker,
/// and after "but" they count more. It knows no irony and no other language; the confidence says how much there was to go by.
/// </summary>
internal static class SentimentReader
{
    private const int NegationReach = 3;
    private const double NeutralWithin = 0.15;
    private const double NothingToGoBy = 0.3;
    private const double OtherLanguage = 0.1;

    /// <summary>The result: <c>{"sentiment": "negative", "score": -0.7, "words": 3}</c>; <c>words</c> is how many it rests on.</summary>
    public static AnalysisResult Read(string text)
    {
        var (sum, strength, words) = Weigh(text);
        if (words == 0)
        {
            var isEnglish = LanguageDetector.Detect(text).Language is "en" or LanguageDetector.Undetermined;
            return AnalysisResult.Of(new SentimentData("neutral", 0, 0), isEnglish ? NothingToGoBy : OtherLanguage);
        }

        // Falls off towards 1, so that a long complaint is not judged to be more than a complaint.
        var score = sum / Math.Sqrt((sum * sum) + 6);
        var sentiment = score > NeutralWithin ? "positive" : score < -NeutralWithin ? "negative" : "neutral";
        var agreement = strength > 0 ? Math.Abs(sum) / strength : 0;
        var confidence = sentiment == "neutral"
            ? 0.4
            : 0.4 + (0.3 * agreement * Math.Min(1, words / 3.0)) + (0.2 * Math.Abs(score));
        return AnalysisResult.Of(new SentimentData(sentiment, Math.Round(score, 3), words), confidence);
    }

    private static (double Sum, double Strength, int Words) Weigh(string text)
    {
        var (sum, strength, words) = (0.0, 0.0, 0);
        foreach (var sentence in Sentences(text))
        {
            var found = new List<double>();
            var beforeTurn = 0;
            for (var i = 0; i < sentence.Count; i++)
            {
                if (SentimentLexicon.Turns.Contains(sentence[i]))
                {
                    beforeTurn = found.Count;
                    continue;
                }

                if (WeightAt(sentence, i) is { } weight)
                {
                    found.Add(weight);
                }
            }

            for (var i = 0; i < found.Count; i++)
            {
                var weight = i < beforeTurn ? found[i] * 0.5 : found[i];
                (sum, strength, words) = (sum + weight, strength + Math.Abs(weight), words + 1);
            }
        }

        return (sum, strength, words);
    }

    private static double? WeightAt(List<string> sentence, int at)
    {
        if (!SentimentLexicon.Weights.TryGetValue(sentence[at], out var weight))
        {
            return SentimentLexicon.Expected.Contains(sentence[at]) && IsNegated(sentence, at) ? SentimentLexicon.UnmetExpectation : null;
        }

        // "Thank you" and emoji are not negated by what stands before them.
        for (var i = at - 1; i >= 0 && i >= at - NegationReach && char.IsLetter(sentence[at][0]); i--)
        {
            if (SentimentLexicon.Negations.Contains(sentence[i]))
            {
                // "Not good" is bad; "not bad" is fair, "not terrible" hardly that.
                return weight > 0 ? -0.8 * weight : -0.4 * weight;
            }

            if (SentimentLexicon.Strengths.TryGetValue(sentence[i], out var factor))
            {
                weight *= factor;
            }
        }

        return weight;
    }

    private static bool IsNegated(List<string> sentence, int at)
    {
        for (var i = at - 1; i >= 0 && i >= at - NegationReach; i--)
        {
            if (SentimentLexicon.Negations.Contains(sentence[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Words in lower case, clauses apart; emoji are words of their own.</summary>
    private static IEnumerable<List<string>> Sentences(string text)
    {
        var sentence = new List<string>();
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetter(rune) || Rune.IsDigit(rune))
            {
                word.Append(Rune.ToLowerInvariant(rune).ToString());
                continue;
            }

            // Typographic or not, the apostrophe of "don't" says nothing that the letters do not.
            if (rune.Value is '\'' or '’')
            {
                continue;
            }

            Flush();
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherSymbol)
            {
                sentence.Add(rune.ToString());
            }
            else if (rune.Value is '.' or '!' or '?' or ';' or ':' or '\n' or '。')
            {
                yield return sentence;
                sentence = [];
            }
        }

        Flush();
        yield return sentence;

        void Flush()
        {
            if (word.Length > 0)
            {
                sentence.Add(word.ToString());
                word.Clear();
            }
        }
    }

    private sealed record SentimentData(string Sentiment, double Score, int Words);
}
