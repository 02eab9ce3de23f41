using System.Collections.Frozen;
using System.Numerics.Tensors;
using AiBackend.Search.Embedding;
using AiBackend.Search.Text;

namespace AiBackend.Search.Answering;

/// <summary>A telling word.</summary>
/// <param name="Stem">As the keyword index knows it.</param>
/// <param name="Unit">Its vector at length 1.</param>
/// <param name="Importance">How much it says whatever the text: near 0 for "the", about 1.5 for a rare noun.</param>
internal readonly record struct TellingWord(string Stem, float[] Unit, float Importance);

/// <summary>Reads the telling words of questions and sentences; words that were read before are not embedded again.</summary>
internal sealed class WordReader(StaticEmbedder embedder)
{
    /// <summary>What every text of a shop, a manual or a forum calls its subject.</summary>
    private const float VagueImportance = 0.3f;

    private static readonly FrozenSet<string> VagueWords = FrozenSet.ToFrozenSet(
        [
            "item", "items", "product", "products", "article", "articles", "thing", "things", "stuff", "nothing",
            "everything", "someone", "anyone", "somewhere", "anywhere", "get", "need", "want", "like", "happens", "happen",
        ],
        StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, (float[] Unit, float Importance)> known = new(StringComparer.OrdinalIgnoreCase);

    public List<TellingWord> Read(ReadOnlySpan<char> text)
    {
        List<TellingWord> words = [];
        var scanner = new TermScanner(text);
        while (scanner.Next(out var term, out var source, out var isStopWord))
        {
            if (!isStopWord)
            {
                var (unit, importance) = Look(source.Of(text));
                words.Add(new TellingWord(term.ToString(), unit, importance));
            }
        }

        return words;
    }

    private (float[] Unit, float Importance) Look(ReadOnlySpan<char> word)
    {
        var lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(word, out var found))
        {
            var unit = new float[embedder.Dimensions];
            var importance = embedder.Sum(word, unit);
            if (importance > 0)
            {
                TensorPrimitives.Divide(unit, importance, unit);
            }

            var isVague = VagueWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
            lookup[word] = found = (unit, isVague ? importance * VagueImportance : importance);
        }

        return found;
    }
}
