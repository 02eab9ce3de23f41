using System.Runtime.InteropServices;
using AiBackend.Search.Text;

namespace AiBackend.Search.Index;

/// <summary>The telling terms of a text and how often each occurs. Stop words are left out.</summary>
internal sealed class ChunkTerms
{
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

    /// <summary>The number of occurrences.</summary>
    public int Length { get; private set; }

    public IReadOnlyDictionary<string, int> Counts => counts;

    public static ChunkTerms Of(params ReadOnlySpan<string?> texts)
    {
        var terms = new ChunkTerms();
        var lookup = terms.counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var text in texts)
        {
            var scanner = new TermScanner(text);
            while (scanner.Next(out var term, out _, out var isStopWord))
            {
                if (!isStopWord)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(lookup, term, out _)++;
                    terms.Length++;
                }
            }
        }

        return terms;
    }
}
