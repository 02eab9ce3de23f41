using AiBackend.Search.Answering;

namespace AiBackend.Orchestration.Extractive;

/// <summary>An answer made of sentences of the sources, word for word.</summary>
/// <param name="Pieces">What it is streamed in; each ends in its citation's number, and together they are the text.</param>
/// <param name="Citations">In the order of their numbers.</param>
internal sealed record QuotedAnswer(IReadOnlyList<string> Pieces, IReadOnlyList<Citation> Citations)
{
    private const int MostSentences = 3;

    /// <summary>A further sentence must itself most likely answer the question, and nearly as well as the best, from a passage as near to it.</summary>
    private const double LeastFurtherScore = 0.5;
    private const double LeastShareOfBest = 0.75;
    private const double LeastShareOfCoverage = 0.8;

    /// <summary>How much less the passage counts than the sentence. Chosen on the questions of <c>bench</c>.</summary>
    private const double PassageBase = 0.5;

    public string Text => string.Concat(Pieces);

    /// <summary>
    /// Sentences by how well they answer, those of passages that hold more of the question's words before others that fit alike:
    /// "How long do I have to return boots?" is a matter of the passage on returns, which names boots, not of the warranty on boots.
    /// </summary>
    public static IReadOnlyList<RankedSentence> Order(IEnumerable<RankedSentence> sentences, IReadOnlyList<Source> sources) =>
        [.. sentences.OrderByDescending(sentence => Fit(sentence, sources))];

    /// <summary>Quotes the best sentence and up to two that fit nearly as well.</summary>
    /// <param name="ordered">As <see cref="Order"/> gives them, at least one.</param>
    /// <remarks>
    /// Sentences of one passage stand in the order of the passage; passages in the order of their best sentence. Each passage is one
    /// citation. Sentences that follow each other there share a number at their end.
    /// </remarks>
    public static QuotedAnswer Of(IReadOnlyList<RankedSentence> ordered, IReadOnlyList<Source> sources)
    {
        var least = Fit(ordered[0], sources) * LeastShareOfBest;
        var leastCoverage = sources[ordered[0].PassageIndex].Coverage * LeastShareOfCoverage;
        var chosen = ordered.Take(1).Concat(ordered.Skip(1)
            .Where(next => sources[next.PassageIndex].Coverage >= leastCoverage)
            .Take(MostSentences - 1)
            .TakeWhile(next => next.Score >= LeastFurtherScore && Fit(next, sources) >= least));
        List<string> pieces = [];
        List<Citation> citations = [];
        foreach (var passage in chosen.GroupBy(sentence => sentence.PassageIndex))
        {
            var source = sources[passage.Key];
            var sentences = passage.OrderBy(sentence => sentence.Range.Start).ToList();
            var quotes = sentences.ConvertAll(sentence => Quotation.Of(sentence.Range.Of(source.Text)));
            for (var i = 0; i < sentences.Count; i++)
            {
                var isFollowed = i + 1 < sentences.Count
                    && string.IsNullOrWhiteSpace(source.Text[sentences[i].Range.End..sentences[i + 1].Range.Start]);
                var number = isFollowed ? "" : $" [{citations.Count + 1}]";
                pieces.Add($"{(pieces.Count > 0 ? " " : "")}{quotes[i]}{number}");
            }

            citations.Add(source.Cite(string.Join(' ', quotes)));
        }

        return new QuotedAnswer(pieces, citations);
    }

    private static double Fit(RankedSentence sentence, IReadOnlyList<Source> sources) =>
        sentence.Score * (PassageBase + sources[sentence.PassageIndex].Coverage);
}
