using System.Buffers;
using System.Globalization;

namespace AiBackend.Chat.Analyses.Language;

/// <summary>
/// Tells the language of a text: by its script where that settles it, otherwise by its frequent words and by which letters follow each
/// other. A text that is too short, or in a language that nobody taught it, is undetermined.
/// </summary>
internal static class LanguageDetector
{
    /// <summary>ISO 639-2 for "undetermined".</summary>
    public const string Undetermined = "und";

    private const int MostCandidates = 3;
    private const int MostWords = 300;
    private const int FewestLetters = 4;
    private const double SureEnough = 0.6;

    /// <summary>Pieces of one text depend on each other, so that their chances must not be multiplied as if they did not.</summary>
    private const double Dependence = 2.5;

    /// <summary>
    /// A letter of a text in none of the languages is mostly less likely than this in each of them (natural logarithm). Chosen on the sentences
    /// of <c>LanguageTests</c>.
    /// </summary>
    private const double LeastPerLetter = -3.35;

    /// <summary>The same for a text without a single frequent word.</summary>
    private const double LeastWithoutFrequentWords = -2.95;

    /// <summary>Letters of Persian, Urdu and others that Arabic has not.</summary>
    private static readonly SearchValues<char> NotArabic = SearchValues.Create("پچژگکیےٹڈڑ");

    private static readonly LanguageProfile[] Latin = [.. LanguageSamples.Latin.Select(sample => new LanguageProfile(sample))];
    private static readonly LanguageProfile[] Cyrillic = [.. LanguageSamples.Cyrillic.Select(sample => new LanguageProfile(sample))];

    /// <summary>The result: <c>{"language": "en", "candidates": [{"language": "en", "score": 0.98}]}</c>.</summary>
    public static AnalysisResult Read(string text)
    {
        var found = Detect(text);
        return AnalysisResult.Of(
            new LanguageData(found.Language, [.. found.Candidates.Take(MostCandidates).Select(one => one with { Score = Math.Round(one.Score, 3) })]),
            found.Confidence);
    }

    public static DetectedLanguage Detect(string text)
    {
        var words = WordsOf(text).Take(MostWords).ToList();
        var letters = Script.Count(words);
        if (letters.Sum(script => script.Value) == 0)
        {
            return DetectedLanguage.None;
        }

        var (main, count) = letters.MaxBy(script => script.Value);
        var share = (double)count / letters.Sum(script => script.Value);
        return main switch
        {
            ScriptKind.Latin => Compare(Latin, words, share),
            ScriptKind.Cyrillic => Compare(Cyrillic, words, share),
            ScriptKind.Kana => Sure("ja", 0.99 * share),
            ScriptKind.Han => OfHan(letters, share),
            ScriptKind.Hangul => Sure("ko", 0.99 * share),
            ScriptKind.Arabic => words.Any(word => word.AsSpan().ContainsAny(NotArabic)) ? DetectedLanguage.None : Sure("ar", 0.95 * share),
            ScriptKind.Greek => Sure("el", 0.95 * share),
            ScriptKind.Hebrew => Sure("he", 0.95 * share),
            ScriptKind.Thai => Sure("th", 0.95 * share),
            _ => DetectedLanguage.None,
        };
    }

    /// <summary>Whether the word is one that every text of the language has. None of a language without a profile.</summary>
    public static bool IsFrequent(string language, string word) =>
        Latin.Concat(Cyrillic).FirstOrDefault(profile => profile.Language == language)?.IsFrequent(word) is true;

    /// <summary>The words in lower case, without addresses and what holds digits.</summary>
    public static IEnumerable<string> WordsOf(string text)
    {
        foreach (var token in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (token.Contains('@', StringComparison.Ordinal) || token.Contains("://", StringComparison.Ordinal) || token.Any(char.IsDigit))
            {
                continue;
            }

            var start = -1;
            for (var i = 0; i <= token.Length; i++)
            {
                var isInside = i < token.Length && (char.IsLetter(token[i]) || char.GetUnicodeCategory(token[i]) is UnicodeCategory.NonSpacingMark
                    || (start >= 0 && token[i] is '\'' or '’' && i + 1 < token.Length && char.IsLetter(token[i + 1])));
                if (isInside)
                {
                    start = start < 0 ? i : start;
                }
                else if (start >= 0)
                {
                    yield return token[start..i].ToLowerInvariant().Replace('’', '\'');
                    start = -1;
                }
            }
        }
    }

    // Japanese may be written with few kana, and a name in kana stands in a Chinese text now and then.
    private static DetectedLanguage OfHan(IReadOnlyDictionary<ScriptKind, int> letters, double share)
    {
        var (han, kana) = (letters[ScriptKind.Han], letters.GetValueOrDefault(ScriptKind.Kana));
        return kana * 8 >= han ? Sure("ja", 0.95) : Sure("zh", (han >= FewestLetters ? 0.95 : 0.7) * share);
    }

    private static DetectedLanguage Sure(string language, double confidence) => confidence >= SureEnough
        ? new DetectedLanguage(language, confidence, [new LanguageCandidate(language, confidence)])
        : new DetectedLanguage(Undetermined, confidence, [new LanguageCandidate(language, confidence)]);

    private static DetectedLanguage Compare(LanguageProfile[] profiles, List<string> words, double share)
    {
        var letters = words.Sum(word => word.Length + 1);
        var scores = Array.ConvertAll(profiles, profile => words.Sum(profile.Score));
        var best = scores.Max();
        var likelihoods = Array.ConvertAll(scores, score => Math.Exp((score - best) / Dependence));
        var sum = likelihoods.Sum();
        var candidates = profiles
            .Select((profile, i) => new LanguageCandidate(profile.Language, likelihoods[i] / sum * share))
            .OrderByDescending(candidate => candidate.Score)
            .ToList();
        var nearest = profiles[Array.IndexOf(scores, best)];
        var least = words.Exists(nearest.IsFrequent) ? LeastPerLetter : LeastWithoutFrequentWords;
        var isKnown = letters - words.Count >= FewestLetters && best / letters >= least && candidates[0].Score >= SureEnough;
        return new DetectedLanguage(isKnown ? candidates[0].Language : Undetermined, isKnown ? candidates[0].Score : 0, candidates);
    }

    private sealed record LanguageData(string Language, IReadOnlyList<LanguageCandidate> Candidates);
}

/// <param name="Language">ISO 639-1, or <see cref="LanguageDetector.Undetermined"/>.</param>
/// <param name="Candidates">Best first.</param>
internal sealed record DetectedLanguage(string Language, double Confidence, IReadOnlyList<LanguageCandidate> Candidates)
{
    /// <summary>There is nothing to tell it by.</summary>
    public static DetectedLanguage None { get; } = new(LanguageDetector.Undetermined, 0, []);
}

/// <param name="Score">0 to 1.</param>
internal sealed record LanguageCandidate(string Language, double Score);
