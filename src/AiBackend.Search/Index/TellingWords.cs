using AiBackend.Search.Text;

namespace AiBackend.Search.Index;

/// <summary>The words of a text that tell something, for texts that are in no index of ours.</summary>
public static class TellingWords
{
    /// <summary>The words as they are written, each once, without those that say nothing.</summary>
    public static IReadOnlyList<string> Of(string text)
    {
        List<string> words = [];
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        var scanner = new TermScanner(text);
        while (scanner.Next(out _, out var source, out var isStopWord))
        {
            var word = text.Substring(source.Start, source.Length);
            if (!isStopWord && seen.Add(word))
            {
                words.Add(word);
            }
        }

        return words;
    }

    /// <summary>The weight of those terms (see <see cref="ClientIndex.WeighTerms"/>) that a text holds.</summary>
    public static double WeightIn(IReadOnlyDictionary<string, double> terms, string text)
    {
        var held = ChunkTerms.Of(text).Counts;
        return terms.Where(term => held.ContainsKey(term.Key)).Sum(term => term.Value);
    }
}
