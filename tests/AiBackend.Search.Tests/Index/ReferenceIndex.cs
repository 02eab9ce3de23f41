using AiBackend.Search.Index;

namespace AiBackend.Search.Tests.Index;

/// <summary>The engine's definition of a search, computed anew for each from plain lists.</summary>
internal sealed class ReferenceIndex
{
    private readonly Dictionary<string, IndexedDocument> documents = [];

    public void Put(IndexedDocument document) => documents[document.DocumentId] = document;

    public bool Remove(string documentId) => documents.Remove(documentId);

    public int RemoveCollection(string collectionId) =>
        documents.Values.Where(document => document.CollectionId == collectionId).ToList().Count(document => documents.Remove(document.DocumentId));

    public List<(string ChunkId, double Score, double Keyword, double? Cosine, double Coverage)> Search(SearchQuery query)
    {
        var all = documents.Values
            .SelectMany(document => document.Chunks.Select(chunk => new Row(document, chunk, ChunkTerms.Of(document.Title, chunk.Text))))
            .ToList();
        var terms = ChunkTerms.Of(query.Text).Counts;
        var average = all.Count == 0 ? 1 : Math.Max(1, all.Average(row => (double)row.Terms.Length));
        var idf = terms.Keys.ToDictionary(term => term, term =>
        {
            var frequency = all.Count(row => row.Terms.Counts.ContainsKey(term));
            return Math.Log(1 + ((all.Count - frequency + 0.5) / (frequency + 0.5)));
        });

        var scored = all
            .Where(row => query.CollectionIds?.Contains(row.Document.CollectionId) != false)
            .Where(row => row.Document.Acl.Count == 0 || row.Document.Acl.Intersect(query.Acl).Any())
            .Where(row => query.Filter?.Matches(row.Document.Metadata) != false)
            .Select(row => (
                row.Chunk.ChunkId,
                Keyword: terms.Sum(term => Bm25(row.Terms, term.Key, average) * idf[term.Key] * term.Value),
                Cosine: query.Mode == SearchMode.Keyword ? null : Cosine(row.Chunk, query, out _),
                IsNear: query.Mode != SearchMode.Keyword && Cosine(row.Chunk, query, out var floor) >= floor,
                Coverage: terms.Count == 0 ? 0 : terms.Keys.Where(row.Terms.Counts.ContainsKey).Sum(term => idf[term]) / idf.Values.Sum()))
            .Where(row => row.Keyword > 0 || row.Cosine is not null)
            .Where(row => query.Mode != SearchMode.Vector || row.Cosine is not null)
            .ToList();
        var keywords = scored.Select(row => row.Keyword).DefaultIfEmpty().ToList();
        var cosines = scored.Where(row => row.Cosine is not null).Select(row => row.Cosine!.Value).ToList();
        return
        [
            .. scored
                .Where(row => row.IsNear || (row.Keyword > 0 && query.Mode != SearchMode.Vector))
                .Select(row => (row.ChunkId, Score: query.Mode switch
                {
                    SearchMode.Vector => Math.Clamp(row.Cosine!.Value, 0, 1),
                    SearchMode.Hybrid when cosines.Count > 0 =>
                        (0.7 * Scale(row.Keyword, keywords)) + (0.3 * (row.Cosine is { } cosine ? Scale(cosine, cosines) : 0)),
                    _ => row.Keyword / keywords.Max(),
                }, row.Keyword, row.Cosine, row.Coverage))
                .OrderByDescending(row => row.Score),
        ];
    }

    private static double Bm25(ChunkTerms chunk, string term, double average)
    {
        var count = chunk.Counts.GetValueOrDefault(term);
        return count * 2.2 / (count + (1.2 * (0.25 + (0.75 * chunk.Length / average))));
    }

    private static double? Cosine(IndexedChunk chunk, SearchQuery query, out double floor)
    {
        floor = 0;
        if (chunk.Model is null || chunk.Vector is null || !query.Vectors.TryGetValue(chunk.Model, out var asked)
            || asked.Values.Length != chunk.Vector.Length)
        {
            return null;
        }

        floor = asked.CosineFloor;
        var lengths = Length(chunk.Vector) * Length(asked.Values);
        return lengths == 0 ? null : chunk.Vector.Zip(asked.Values, (a, b) => (double)a * b).Sum() / lengths;
    }

    private static double Length(float[] vector) => Math.Sqrt(vector.Sum(component => (double)component * component));

    private static double Scale(double value, List<double> all) =>
        all.Max() - all.Min() > 1e-5 * Math.Max(1, all.Max()) ? (value - all.Min()) / (all.Max() - all.Min()) : all.Max() > 1e-5 ? 1 : 0;

    private sealed record Row(IndexedDocument Document, IndexedChunk Chunk, ChunkTerms Terms);
}
