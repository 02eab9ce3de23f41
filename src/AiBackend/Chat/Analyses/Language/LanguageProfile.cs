using System.Collections.Frozen;

namespace AiBackend.Chat.Analyses.Language;

/// <summary>How likely words and their pieces of up to three letters are in one language.</summary>
internal sealed class LanguageProfile
{
    private const double WordBonus = 2.2;
    private const double ShortWordBonus = 1.2;
    private const double Smoothing = 4;
    private const double Alphabet = 60;

    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
    private readonly FrozenSet<string> frequent;
    private readonly int total;

    public LanguageProfile(LanguageSample sample)
    {
        Language = sample.Language;
        frequent = LanguageDetector.WordsOf(sample.Words).ToFrozenSet(StringComparer.Ordinal);
        foreach (var word in LanguageDetector.WordsOf(sample.Text).Concat(frequent))
        {
            var padded = $" {word} ";
            for (var end = 1; end <= padded.Length; end++)
            {
                for (var length = 1; length <= 3 && length <= end; length++)
                {
                    var piece = padded[(end - length)..end];
                    counts[piece] = counts.GetValueOrDefault(piece) + 1;
                }
            }

            total += padded.Length;
        }
    }

    /// <summary>ISO 639-1.</summary>
    public string Language { get; }

    /// <summary>Whether the word is one of those that say nothing but in which language they are.</summary>
    public bool IsFrequent(string word) => frequent.Contains(word);

    /// <summary>The logarithm of how likely the word is, letter after letter, with a bonus for a frequent one.</summary>
    /// <param name="word">In lower case.</param>
    public double Score(string word)
    {
        var padded = $" {word} ";
        var sum = 0.0;
        for (var i = 1; i < padded.Length; i++)
        {
            var single = Chance(padded[i..(i + 1)], total, 1 / Alphabet);
            var pair = Chance(padded[(i - 1)..(i + 1)], counts.GetValueOrDefault(padded[(i - 1)..i]), single);
            sum += Math.Log(i < 2 ? pair : Chance(padded[(i - 2)..(i + 1)], counts.GetValueOrDefault(padded[(i - 2)..i]), pair));
        }

        return sum + (!IsFrequent(word) ? 0 : word.Length == 1 ? ShortWordBonus : WordBonus);
    }

    // What was not seen is as likely as the shorter piece says.
    private double Chance(string piece, int context, double otherwise) =>
        (counts.GetValueOrDefault(piece) + (Smoothing * otherwise)) / (context + Smoothing);
}
