using System.Globalization;
using System.Text.RegularExpressions;
using AiBackend.Search.Answering;
using AiBackend.Search.Chunking;

namespace AiBackend.Orchestration.Model;

/// <summary>What stands behind a model's answer.</summary>
/// <param name="Confidence">0 to 1; null when there is nothing to measure.</param>
/// <param name="Citations">The nth is <c>[n]</c> in the text.</param>
internal sealed record Support(double? Confidence, IReadOnlyList<Citation> Citations);

/// <summary>
/// Compares a model's answer with the sources that it cites.
/// </summary>
/// <remarks>
/// A sentence is supported as far as its telling words, weighted by importance, are found in one sentence of a cited source, in
/// the same or like words. The confidence is the mean over the answer's sentences by their length. Without any citation it is 0:
/// sources were there, and the answer rests on none. An answer without telling words, such as "Yes [1].", has no confidence.
/// </remarks>
internal sealed partial class AnswerSupport(SentenceRanker ranker)
{
    /// <summary>What is said beyond these sentences does not change the judgement by much; their comparison would cost time.</summary>
    private const int MostSentences = 60;

    /// <param name="text">With its markers.</param>
    /// <param name="cited">The sources that the markers stand for, in their order.</param>
    public Support Judge(string text, IReadOnlyList<Source> cited)
    {
        if (cited.Count == 0)
        {
            return new Support(0, []);
        }

        SourcePassage[] passages = [.. cited.Select(source => source.Passage)];
        var best = new RankedSentence?[cited.Count];
        var (supported, total) = (0.0, 0.0);
        foreach (var sentence in Sentences(text).Take(MostSentences))
        {
            var found = ranker.Rank(sentence.Text, passages);
            if (found.Count == 0)
            {
                continue;
            }

            supported += found.Max(match => match.Coverage) * sentence.Text.Length;
            total += sentence.Text.Length;
            foreach (var place in sentence.Markers.Where(place => place < cited.Count))
            {
                var match = found.Where(match => match.PassageIndex == place).MaxBy(match => match.Coverage);
                best[place] = match is not null && !(best[place]?.Coverage >= match.Coverage) ? match : best[place];
            }
        }

        return new Support(
            total > 0 ? Math.Round(supported / total, 3) : null,
            [
                .. cited.Select((source, place) => best[place] is { } match
                    ? source.Cite(Quotation.Of(match.Range.Of(source.Text)))
                    : source.CiteBeginning()),
            ]);
    }

    /// <summary>The answer's sentences without their markers. A marker before a sentence's first word belongs to the one before.</summary>
    private static List<Sentence> Sentences(string text)
    {
        List<Sentence> sentences = [];
        foreach (var range in SentenceSplitter.Split(text))
        {
            var raw = range.Of(text).ToString();
            var leading = LeadingMarkers().Match(raw);
            if (leading.Success && sentences.Count > 0)
            {
                sentences[^1].Markers.AddRange(Places(leading.Value));
                raw = raw[leading.Length..];
            }

            var bare = Marker().Replace(raw, "").Trim();
            if (bare.Length > 0)
            {
                sentences.Add(new Sentence(bare, [.. Places(raw)]));
            }
        }

        return sentences;
    }

    private static IEnumerable<int> Places(string text) =>
        from marker in Marker().Matches(text)
        from number in marker.Value.Trim(' ', '[', ']').Split(", ")
        select int.Parse(number, CultureInfo.InvariantCulture) - 1;

    [GeneratedRegex(@" ?\[\d{1,3}(, \d{1,3})*\]")]
    private static partial Regex Marker();

    [GeneratedRegex(@"^(\s*\[\d{1,3}(, \d{1,3})*\])+")]
    private static partial Regex LeadingMarkers();

    private sealed record Sentence(string Text, List<int> Markers);
}
