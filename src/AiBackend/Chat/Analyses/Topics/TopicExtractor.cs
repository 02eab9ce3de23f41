using System.Collections.Frozen;
using AiBackend.Chat.Analyses.Language;
using AiBackend.Chat.Analyses.Pii;

namespace AiBackend.Chat.Analyses.Topics;

/// <summary>
/// Takes the key terms out of a text: runs of words between frequent ones and punctuation. Longer and repeated ones come first. What
/// is personal is left out.
/// </summary>
internal static class TopicExtractor
{
    private const int MostTopics = 10;
    private const int MostWordsOfTopic = 3;
    private const int ShortestWord = 3;

    /// <summary>Besides the frequent words of each language: what customers say around the thing that they mean.</summary>
    private static readonly FrozenSet<string> Around = """
        able again already also always another anymore because before being best better both cannot come could days did does done each else even
        ever every find first get gets getting give given goes going good got great hello help here hey hours how into just keep know last let like
        long look looking lot made make many may maybe might minutes month months much must need needs never new next nobody nothing now old once
        only other over per please put really said same say see seems send sent several should show since some something soon still sure take tell
        than thank thanks their these thing things think this those though through time today together told tomorrow too took tried try trying two
        three under until use used using very want wanted way week weeks well went were what when where which while why work works would year
        years yes yesterday yet
        bitte danke vielen dank hallo schon noch immer wieder möchte würde gerne hätte alle mehr viel sehr ganz etwas nichts heute morgen gestern
        woche wochen tage tag seit geht gibt machen gemacht sagen leider diese dieser dieses welche weil damit denn also doch mal jetzt
        depuis toujours encore alors aussi votre notre plus moins beaucoup merci bonjour semaines jours voudrais puis dit aujourd'hui demain hier
        desde ahora siempre nunca mucho muchas gracias favor semanas días quisiera puede pueden cómo dónde hola todavía aún hace
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static readonly string[] Unspaced = ["zh", "ja", "th"];

    /// <summary>The result: <c>{"topics": [{"text": "return label", "score": 1, "count": 2}]}</c>, best first.</summary>
    /// <exception cref="AnalysisFailedException">The text's language does not put spaces between words.</exception>
    public static AnalysisResult Read(string text)
    {
        var language = LanguageDetector.Detect(text).Language;
        if (Unspaced.Contains(language))
        {
            throw new AnalysisFailedException(
                "language_not_supported", $"Key terms are found between spaces, which texts of this language ({language}) do not have.");
        }

        var phrases = PhrasesOf(PiiScanner.Without(text), language).ToList();
        var occurrences = phrases.SelectMany(phrase => phrase).GroupBy(KeyOf).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        var topics = phrases
            .GroupBy(phrase => string.Join(' ', phrase.Select(KeyOf)), StringComparer.Ordinal)
            .Select(group => new Topic(
                string.Join(' ', group.First()), group.First().Sum(word => Math.Sqrt(occurrences[KeyOf(word)])) * Math.Sqrt(group.Count()), group.Count()))
            .OrderByDescending(topic => topic.Score)
            .Take(MostTopics)
            .ToList();
        return AnalysisResult.Of(
            new TopicData([.. topics.Select(topic => topic with { Score = Math.Round(topic.Score / topics[0].Score, 3) })]), confidence: null);
    }

    private static string KeyOf(string word) => word.ToLowerInvariant();

    private static IEnumerable<IReadOnlyList<string>> PhrasesOf(string text, string language)
    {
        var phrase = new List<string>();
        foreach (var (word, isFollowed) in WordsOf(text))
        {
            var key = KeyOf(word);
            var isTerm = word.Length >= ShortestWord && word.Any(char.IsLetter) && !Around.Contains(key) && !IsFrequent(language, key);
            if (isTerm)
            {
                phrase.Add(word);
            }

            if ((!isTerm || !isFollowed || phrase.Count == MostWordsOfTopic) && phrase.Count > 0)
            {
                yield return phrase;
                phrase = [];
            }
        }
    }

    private static bool IsFrequent(string language, string word) =>
        LanguageDetector.IsFrequent(language is LanguageDetector.Undetermined ? "en" : language, word);

    /// <summary>The words, and whether another follows with nothing but a space between.</summary>
    private static IEnumerable<(string Word, bool IsFollowed)> WordsOf(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && (char.IsLetterOrDigit(text[i]) || (start >= 0 && IsJoint(text, i))))
            {
                start = start < 0 ? i : start;
            }
            else if (start >= 0)
            {
                yield return (text[start..i].Replace('’', '\''), i + 1 < text.Length && text[i] == ' ' && char.IsLetterOrDigit(text[i + 1]));
                start = -1;
            }
        }
    }

    private static bool IsJoint(string text, int at) =>
        text[at] is '-' or '\'' or '’' && at + 1 < text.Length && char.IsLetterOrDigit(text[at + 1]);

    private sealed record TopicData(IReadOnlyList<Topic> Topics);

    /// <param name="Score">1 for the best.</param>
    /// <param name="Count">How often it is there.</param>
    private sealed record Topic(string Text, double Score, int Count);
}
