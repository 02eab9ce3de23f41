using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>
/// Understands a question in English without a model. Each word must be accounted for and one reading must be clearly the best; else nothing is understood.
/// </summary>
internal sealed class QuestionParser(LayerLexicon lexicon)
{
    private const int MostWords = 40;

    /// <summary>Of names and synonyms; what is only near in meaning is less.</summary>
    private const double LeastNamed = 0.85;

    /// <param name="question">In words.</param>
    /// <param name="today">In the asker's time zone.</param>
    public ParsedQuestion Parse(string question, DateOnly today)
    {
        var words = QuestionWords.Of(question);
        if (words.Words.Count is 0 or > MostWords)
        {
            return ParsedQuestion.Refused(words.Words.Count == 0 ? "There is no word in it." : $"It has more than {MostWords} words.");
        }

        var items = Items(words, today);
        var unknown = Enumerable.Range(0, words.Words.Count)
            .Where(index => !items.Any(item => item.Start <= index && index < item.End) && words.Words[index].Text is not (";" or ","))
            .Select(index => words.Words[index].Raw)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .ToList();
        if (unknown.Count > 0)
        {
            return ParsedQuestion.Refused($"These words are not understood: {string.Join(", ", unknown)}.");
        }

        try
        {
            var reading = new QuestionReading(lexicon, words, items).Read();
            return new QuestionResolver(lexicon, reading, today).Resolve();
        }
        catch (NotUnderstoodException not)
        {
            return ParsedQuestion.Refused(not.Message);
        }
    }

    /// <summary>
    /// Whether a text that is not understood whole asks for numbers of this layer all the same: it counts, aggregates or ranks something that the layer has,
    /// or tells a measure with a time or a group, and most of its words are known.
    /// </summary>
    public bool AsksForNumbers(string question, DateOnly today)
    {
        var words = QuestionWords.Of(question);
        if (words.Words.Count is 0 or > MostWords)
        {
            return false;
        }

        var items = Items(words, today);
        var covered = items.Sum(item => item.End - item.Start);
        var telling = items.Where(item => item is not QuestionItem.Sign { Kind: SignKind.Filler }).Sum(item => item.End - item.Start);
        return words.Words.Count - covered <= telling && items.Any(item => item switch
        {
            QuestionItem.Sign { Kind: SignKind.Count } => IsBefore(item, meaning => meaning is Meaning.Entity),
            QuestionItem.Aggregate or QuestionItem.Rank => IsBefore(item, meaning => meaning is Meaning.Entity or Meaning.Measured or Meaning.Dimension),
            QuestionItem.Mention { Meanings: var meanings } => meanings.Any(meaning => meaning is Meaning.Measured { Score: >= 1 })
                && items.Any(other => other is QuestionItem.When or QuestionItem.Grain or QuestionItem.Compare or QuestionItem.Sign { Kind: SignKind.Group }),
            _ => false,
        });

        // With one word between at most: "how many late orders".
        bool IsBefore(QuestionItem sign, Func<Meaning, bool> isWanted) => items.OfType<QuestionItem.Mention>()
            .Any(mention => mention.Start >= sign.End && mention.Start - sign.End <= 1 && mention.Meanings.Any(meaning => meaning.Score >= LeastNamed && isWanted(meaning)));
    }

    private List<QuestionItem> Items(QuestionWords words, DateOnly today)
    {
        var items = new List<QuestionItem>();
        var taken = new bool[words.Words.Count];
        bool Add(QuestionItem item)
        {
            if (taken.AsSpan(item.Start..item.End).Contains(true) || Enumerable.Range(item.Start, item.End - item.Start).Any(index => words.Words[index].IsQuoted && item is not QuestionItem.Mention))
            {
                return false;
            }

            taken.AsSpan(item.Start..item.End).Fill(true);
            items.Add(item);
            return true;
        }

        QuestionPhrases.FindTests(words, Add);
        for (var length = LayerLexicon.LongestName; length > 1; length--)
        {
            FindNames(words, length, Add, taken);
        }

        TimePhrases.Find(words, today, Add);
        QuestionPhrases.FindSigns(words, Add);
        FindNames(words, 1, Add, taken);
        QuestionPhrases.FindFillers(words, Add);
        for (var at = 0; at < taken.Length; at++)
        {
            if (!taken[at] && lexicon.FindNear(words.Words[at]) is { Count: > 0 } near)
            {
                Add(Mention(words, at, at + 1, near));
            }
        }

        return [.. items.OrderBy(item => item.Start)];
    }

    private void FindNames(QuestionWords words, int length, Func<QuestionItem, bool> add, bool[] taken)
    {
        for (var start = 0; start + length <= words.Words.Count; start++)
        {
            if (!taken.AsSpan(start, length).Contains(true)
                && lexicon.Find([.. words.Words.Skip(start).Take(length)]) is { Count: > 0 } meanings)
            {
                add(Mention(words, start, start + length, meanings));
            }
        }
    }

    private static QuestionItem.Mention Mention(QuestionWords words, int start, int end, IReadOnlyList<Meaning> meanings)
    {
        var last = words.Words[end - 1].Text;
        return new QuestionItem.Mention(
            start, end, meanings,
            IsParticiple: (end - start == 1 && last.EndsWith("ed", StringComparison.Ordinal)) || last is "paid" or "sold" or "sent" or "spent" or "bought",
            IsPlural: last.EndsWith('s') && !last.EndsWith("ss", StringComparison.Ordinal));
    }
}

/// <summary>The words of a question cannot be put together.</summary>
/// <param name="reason">In words, for who asked.</param>
internal sealed class NotUnderstoodException(string reason) : Exception(reason);

/// <summary>What a question means, or why it is not understood.</summary>
internal sealed record ParsedQuestion
{
    /// <summary>Null: not understood.</summary>
    public CubeQuery? Query { get; private init; }

    /// <summary>0 to 1.</summary>
    public double Confidence { get; private init; }

    /// <summary>Why it is not understood.</summary>
    public string? Reason { get; private init; }

    public static ParsedQuestion Understood(CubeQuery query, double confidence) => new() { Query = query, Confidence = confidence };

    public static ParsedQuestion Refused(string reason) => new() { Reason = reason };
}
