using System.Buffers;

namespace AiBackend.Search.Index;

/// <summary>One search over a state of the index that does not change meanwhile.</summary>
internal sealed class SearchPass(
    SearchQuery query,
    ChunkTerms terms,
    IReadOnlyList<ChunkPlace> places,
    KeywordIndex keywords,
    IReadOnlyDictionary<(string Model, int Dimensions), VectorIndex> vectors)
{
    /// <summary>How many of the best by keyword, and as many by vector, are ranked against each other.</summary>
    private const int CandidatesPerList = 1_000;

    private const double KeywordWeight = 0.7;

    private readonly int depth = Math.Max(CandidatesPerList, query.Limit);

    /// <param name="allowed">Slots that may be found; empty for all.</param>
    public SearchResults Run(ReadOnlySpan<bool> allowed)
    {
        var scores = ArrayPool<float>.Shared.Rent(places.Count);
        var weights = ArrayPool<float>.Shared.Rent(places.Count);
        scores.AsSpan(0, places.Count).Clear();
        weights.AsSpan(0, places.Count).Clear();
        var totalWeight = keywords.Score(terms, allowed, scores, weights);
        var nearest = query.Mode == SearchMode.Keyword ? [] : FindVectors();

        HashSet<int> slots = [];
        if (query.Mode != SearchMode.Vector)
        {
            slots.UnionWith(BestByKeyword(scores.AsSpan(0, places.Count)));
        }

        foreach (var (index, unit, _) in nearest)
        {
            var list = new TopList(depth);
            index.Scan(unit, allowed, list);
            slots.UnionWith(list.Slots);
        }

        List<Candidate> candidates = new(slots.Count);
        foreach (var slot in slots)
        {
            var coverage = totalWeight > 0 ? Math.Min(1, weights[slot] / totalWeight) : 0;
            candidates.Add(Measure(slot, scores[slot], coverage, nearest));
        }

        ArrayPool<float>.Shared.Return(scores);
        ArrayPool<float>.Shared.Return(weights);
        return Rank(candidates);
    }

    private List<(VectorIndex Index, float[] Unit, float Floor)> FindVectors()
    {
        List<(VectorIndex, float[], float)> found = [];
        foreach (var (model, vector) in query.Vectors)
        {
            if (vectors.TryGetValue((model, vector.Values.Length), out var index)
                && VectorIndex.Normalise(vector.Values) is { } unit)
            {
                found.Add((index, unit, vector.CosineFloor));
            }
        }

        return found;
    }

    private IEnumerable<int> BestByKeyword(ReadOnlySpan<float> scores)
    {
        var best = new TopList(depth);
        for (var slot = 0; slot < scores.Length; slot++)
        {
            if (scores[slot] > 0)
            {
                best.Offer(slot, scores[slot]);
            }
        }

        return best.Slots;
    }

    private static Candidate Measure(
        int slot, float keyword, float coverage, List<(VectorIndex Index, float[] Unit, float Floor)> nearest)
    {
        foreach (var (index, unit, floor) in nearest)
        {
            if (index.Cosine(slot, unit) is { } cosine)
            {
                return new Candidate(slot, keyword, coverage, cosine, cosine >= floor);
            }
        }

        return new Candidate(slot, keyword, coverage, null, false);
    }

    private SearchResults Rank(List<Candidate> candidates)
    {
        var keywordRange = Range.Of(candidates.Select(candidate => (double)candidate.Keyword));
        var cosineRange = Range.Of(candidates.Where(candidate => candidate.Cosine is not null).Select(candidate => (double)candidate.Cosine!));

        var hits = candidates
            .Where(candidate => candidate.IsNear || (candidate.Keyword > 0 && query.Mode != SearchMode.Vector))
            .Select(candidate => (Candidate: candidate, Score: ScoreOf(candidate, keywordRange, cosineRange)))
            .Where(hit => query.MinScore is not { } least || hit.Score >= least)
            .ToList();
        var best = hits
            .OrderByDescending(hit => hit.Score)
            .ThenBy(hit => places[hit.Candidate.Slot].ChunkId, StringComparer.Ordinal)
            .Take(query.Limit)
            .Select(hit => ToHit(hit.Candidate, hit.Score));
        return new SearchResults([.. best], hits.Count);
    }

    private double ScoreOf(Candidate candidate, Range keyword, Range cosine) => query.Mode switch
    {
        SearchMode.Keyword => candidate.Keyword / keyword.Max,
        SearchMode.Vector => Math.Clamp(candidate.Cosine ?? 0, 0, 1),
        _ when double.IsNaN(cosine.Max) => candidate.Keyword / keyword.Max,
        _ => (KeywordWeight * keyword.Scale(candidate.Keyword)) + ((1 - KeywordWeight) * cosine.Scale(candidate.Cosine)),
    };

    private SearchHit ToHit(Candidate candidate, double score)
    {
        var (chunkId, document) = places[candidate.Slot];
        return new SearchHit(
            chunkId, document.DocumentId, document.CollectionId, score, candidate.Cosine, candidate.Keyword, candidate.Coverage);
    }

    private readonly record struct Candidate(int Slot, float Keyword, float Coverage, float? Cosine, bool IsNear);

    private readonly record struct Range(double Min, double Max)
    {
        private const double Rounding = 1e-5;

        public static Range Of(IEnumerable<double> values)
        {
            var range = new Range(double.NaN, double.NaN);
            foreach (var value in values)
            {
                range = double.IsNaN(range.Min) ? new Range(value, value) : new Range(Math.Min(range.Min, value), Math.Max(range.Max, value));
            }

            return range;
        }

        /// <summary>
        /// 0 for the worst and for what is absent, 1 for the best; where all are alike, 1 unless they are nothing. Differences that
        /// come from rounding are none: scaling would blow them up to the full range.
        /// </summary>
        public double Scale(double? value) => value is not { } present ? 0
            : Max - Min > Rounding * Math.Max(1, Max) ? (present - Min) / (Max - Min)
            : Max > Rounding ? 1 : 0;
    }
}
