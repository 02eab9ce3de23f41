namespace AiBackend.Search.Chunking;

/// <summary>A passage of a text: what is embedded, found and quoted.</summary>
/// <param name="Start">Where it begins in the text, in UTF-16 units.</param>
/// <param name="Length">Its length in UTF-16 units.</param>
/// <param name="Text">The passage itself.</param>
public sealed record TextChunk(int Start, int Length, string Text);

/// <summary>
/// Cuts a text into passages of whole sentences. A passage ends before a heading or a paragraph that would not fit as a whole,
/// where that leaves enough in it; a heading stays with what it heads.
/// </summary>
public static class Chunker
{
    /// <summary>Cuts the text. Takes time linear in the text, and leaves out nothing but white space.</summary>
    /// <param name="text">Any text; a blank one has no chunks.</param>
    /// <param name="maxTokens">The most that a chunk holds, as <see cref="TokenBudget"/> counts.</param>
    /// <param name="overlapTokens">
    /// Up to this much of a chunk's end is repeated at the beginning of the next, in whole sentences, but not across a heading.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The budget is below 1, or the overlap is negative or more than half of the budget.
    /// </exception>
    public static IReadOnlyList<TextChunk> Chunk(string text, int maxTokens = 256, int overlapTokens = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(overlapTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(overlapTokens, maxTokens / 2);

        var units = ChunkUnits.Of(text, maxTokens, overlapTokens);
        List<TextChunk> chunks = [];
        for (var (first, end) = (0, 0); end < units.Count;)
        {
            end = FindEnd(units, first, end, maxTokens);
            var start = units[first].Range.Start;
            var length = units[end - 1].Range.End - start;
            chunks.Add(new TextChunk(start, length, text.Substring(start, length)));
            first = FindOverlap(units, first, end, maxTokens, overlapTokens);
        }

        return chunks;
    }

    /// <param name="units">All units.</param>
    /// <param name="first">The chunk's first unit.</param>
    /// <param name="fresh">Its first unit that no chunk held before; it is taken in any case, so that there is progress.</param>
    /// <param name="maxTokens">The budget.</param>
    private static int FindEnd(List<ChunkUnit> units, int first, int fresh, int maxTokens)
    {
        var cost = 0;
        for (var i = first; i <= fresh; i++)
        {
            cost += units[i].CostAfter(i == first);
        }

        var end = fresh + 1;
        for (; end < units.Count; end++)
        {
            var unit = units[end];
            if (cost + unit.CostAfter(isFirst: false) > maxTokens)
            {
                // A heading at the end belongs to what follows.
                while (end - 1 > fresh && units[end - 1].IsHeading)
                {
                    end--;
                }

                break;
            }

            var startsSection = unit.IsHeading && !units[end - 1].IsHeading && cost >= maxTokens / 8;
            var startsLongParagraph = unit.ParagraphCost > 0 && cost >= maxTokens / 2 && cost + unit.ParagraphCost > maxTokens;
            if (startsSection || (startsLongParagraph && !units[end - 1].IsHeading))
            {
                break;
            }

            cost += unit.CostAfter(isFirst: false);
        }

        return end;
    }

    private static int FindOverlap(List<ChunkUnit> units, int first, int end, int maxTokens, int overlapTokens)
    {
        if (end == units.Count)
        {
            return end;
        }

        var start = end;
        var cost = 0;
        while (start - 1 > first && !units[start].IsHeading && !units[start - 1].IsHeading)
        {
            // The gap before the present start comes in, the one before the new start does not.
            var wider = cost + units[start - 1].Cost + units[start].GapCost;
            if (wider - units[end].GapCost > overlapTokens || wider + units[end].Cost > maxTokens)
            {
                break;
            }

            cost = wider;
            start--;
        }

        return start;
    }
}
