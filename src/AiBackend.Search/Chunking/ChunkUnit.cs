using AiBackend.Search.Text;

namespace AiBackend.Search.Chunking;

/// <summary>What is never cut: a sentence, or a piece of one that alone exceeds the budget.</summary>
/// <param name="Range">Its place in the text.</param>
/// <param name="Cost">Its tokens.</param>
/// <param name="GapCost">The tokens of the white space before it.</param>
/// <param name="IsHeading">Whether it heads what follows.</param>
/// <param name="ParagraphCost">For the first of a paragraph the tokens of the whole paragraph, otherwise 0.</param>
internal readonly record struct ChunkUnit(TextRange Range, int Cost, int GapCost, bool IsHeading, int ParagraphCost)
{
    public int CostAfter(bool isFirst) => isFirst ? Cost : Cost + GapCost;
}

/// <summary>Cuts a text into units.</summary>
internal static class ChunkUnits
{
    public static List<ChunkUnit> Of(string text, int maxTokens, int overlapTokens)
    {
        List<ChunkUnit> units = [];
        var paragraph = 0;
        foreach (var sentence in SentenceSplitter.Parse(text))
        {
            if (sentence.StartsParagraph)
            {
                paragraph = units.Count;
            }

            var added = units.Count;
            var cost = TokenBudget.Count(sentence.Range.Of(text));
            if (cost <= maxTokens)
            {
                Add(units, text, sentence.Range, cost, sentence.IsHeading);
            }
            else
            {
                // Pieces as long as the overlap let even one endless sentence overlap.
                AddPieces(units, text, sentence.Range, overlapTokens == 0 ? maxTokens : overlapTokens);
            }

            for (; added < units.Count; added++)
            {
                units[paragraph] = units[paragraph] with
                {
                    ParagraphCost = units[paragraph].ParagraphCost + units[added].CostAfter(isFirst: false),
                };
            }
        }

        return units;
    }

    private static void AddPieces(List<ChunkUnit> units, string text, TextRange sentence, int budget)
    {
        var (start, end, cost, gap) = (sentence.Start, sentence.Start, 0, 0);
        var scanner = new TextScanner(sentence.Of(text));
        while (scanner.Next(out var kind, out var run))
        {
            var at = sentence.Start + run.Start;
            if (kind == RunKind.Space)
            {
                gap = TokenBudget.CostOf(kind, run.Length);
                continue;
            }

            foreach (var part in Parts(text, new TextRange(at, run.Length), budget))
            {
                var added = TokenBudget.CostOf(kind, part.Length);
                if (end > start && cost + gap + added > budget)
                {
                    Add(units, text, new TextRange(start, end - start), cost, isHeading: false);
                    (start, cost, gap) = (part.Start, 0, 0);
                }

                cost += gap + added;
                (end, gap) = (part.End, 0);
            }
        }

        Add(units, text, new TextRange(start, end - start), cost, isHeading: false);
    }

    /// <summary>The run itself, or pieces of one that alone exceeds the budget; a surrogate pair stays whole.</summary>
    private static IEnumerable<TextRange> Parts(string text, TextRange run, int budget)
    {
        var longest = (int)Math.Min(int.MaxValue, (long)budget * TokenBudget.CharactersPerToken);
        for (var start = run.Start; start < run.End;)
        {
            var end = Math.Min(run.End, start + (long)longest);
            if (end < run.End && char.IsLowSurrogate(text[(int)end]) && char.IsHighSurrogate(text[(int)end - 1]))
            {
                end--;
            }

            yield return new TextRange(start, (int)end - start);
            start = (int)end;
        }
    }

    private static void Add(List<ChunkUnit> units, string text, TextRange range, int cost, bool isHeading)
    {
        var gap = 0;
        if (units.Count > 0)
        {
            var before = units[^1].Range.End;
            // Two units without white space between them may join their symbols to a run that costs one more than its halves.
            gap = before == range.Start ? 1 : TokenBudget.CostOf(RunKind.Space, range.Start - before);
        }

        units.Add(new ChunkUnit(range, cost, gap, isHeading, 0));
    }
}
