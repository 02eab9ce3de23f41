namespace AiBackend.Search.Index;

/// <summary>
/// An inverted index with BM25 (k1 = 1.2, b = 0.75). Removed chunks leave the postings at once, so document frequencies are always
/// those of the chunks that are there.
/// </summary>
internal sealed class KeywordIndex
{
    private const float K1 = 1.2f;
    private const float B = 0.75f;

    private readonly Dictionary<string, Postings> terms = new(StringComparer.Ordinal);
    private Postings[]?[] termsOf = [];
    private int[] lengths = [];
    private long totalLength;
    private int count;

    public void Add(int slot, ChunkTerms chunk)
    {
        if (slot >= termsOf.Length)
        {
            var capacity = Math.Max(slot + 1, termsOf.Length * 2);
            Array.Resize(ref termsOf, capacity);
            Array.Resize(ref lengths, capacity);
        }

        var held = new Postings[chunk.Counts.Count];
        var i = 0;
        foreach (var (term, occurrences) in chunk.Counts)
        {
            if (!terms.TryGetValue(term, out var postings))
            {
                terms.Add(term, postings = new Postings(term));
            }

            postings.Add(slot, occurrences);
            held[i++] = postings;
        }

        termsOf[slot] = held;
        lengths[slot] = chunk.Length;
        totalLength += chunk.Length;
        count++;
    }

    public void Remove(int slot)
    {
        foreach (var postings in termsOf[slot]!)
        {
            postings.Remove(slot);
            if (postings.Count == 0)
            {
                terms.Remove(postings.Term);
            }
        }

        totalLength -= lengths[slot];
        count--;
        termsOf[slot] = null;
        lengths[slot] = 0;
    }

    /// <summary>How much a term tells: high for a rare one, highest for one that occurs nowhere.</summary>
    public float InverseDocumentFrequency(string term)
    {
        var frequency = terms.TryGetValue(term, out var postings) ? postings.Count : 0;
        return MathF.Log(1 + ((count - frequency + 0.5f) / (frequency + 0.5f)));
    }

    /// <summary>Adds up, per slot, the BM25 score and the weight of the query terms that it holds.</summary>
    /// <param name="query">The query's terms.</param>
    /// <param name="allowed">Slots that may be found; empty for all.</param>
    /// <param name="scores">All 0 before.</param>
    /// <param name="weights">All 0 before.</param>
    /// <returns>The weight of all terms of the query together.</returns>
    public float Score(ChunkTerms query, ReadOnlySpan<bool> allowed, Span<float> scores, Span<float> weights)
    {
        var average = count == 0 ? 1 : Math.Max(1, (float)totalLength / count);
        var total = 0f;
        foreach (var (term, repeats) in query.Counts)
        {
            var idf = InverseDocumentFrequency(term);
            total += idf;
            if (!terms.TryGetValue(term, out var postings))
            {
                continue;
            }

            var slots = postings.Slots;
            var counts = postings.Counts;
            for (var i = 0; i < slots.Length; i++)
            {
                var slot = slots[i];
                if (allowed.IsEmpty || allowed[slot])
                {
                    var norm = K1 * (1 - B + (B * lengths[slot] / average));
                    scores[slot] += repeats * idf * counts[i] * (K1 + 1) / (counts[i] + norm);
                    weights[slot] += idf;
                }
            }
        }

        return total;
    }
}
