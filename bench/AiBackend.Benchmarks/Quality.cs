using AiBackend.Search.Embedding;
using AiBackend.Search.Index;

namespace AiBackend.Benchmarks;

/// <summary>Measures how well the engine finds what people judged relevant: <c>quality [collection…]</c>.</summary>
internal static class Quality
{
    public static int Run(string[] names)
    {
        var embedder = StaticEmbedder.LoadBuiltIn();
        Console.WriteLine("| collection | mode | nDCG@10 | recall@100 | MAP |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        foreach (var collection in (names is [] ? ["cranfield", "cisi", "adi"] : names).Select(TestCollection.Read))
        {
            using var index = Build(collection, embedder);
            foreach (var mode in Enum.GetValues<SearchMode>())
            {
                var (ndcg, recall, precision) = Score(collection, index, embedder, mode);
                Console.WriteLine($"| {collection.Name} | {mode} | {ndcg:f3} | {recall:f3} | {precision:f3} |");
            }
        }

        return 0;
    }

    /// <summary>One chunk a document: the collections judge whole abstracts.</summary>
    public static ClientIndex Build(TestCollection collection, StaticEmbedder embedder)
    {
        var index = new ClientIndex();
        foreach (var document in collection.Documents)
        {
            index.Put(new IndexedDocument
            {
                DocumentId = document.Id,
                CollectionId = collection.Name,
                Title = document.Title,
                Chunks =
                [
                    new IndexedChunk
                    {
                        ChunkId = document.Id,
                        Text = document.Text,
                        Vector = embedder.Embed($"{document.Title} {document.Text}"),
                        Model = StaticEmbedder.ModelName,
                    },
                ],
            });
        }

        return index;
    }

    public static SearchQuery Ask(string text, StaticEmbedder embedder, SearchMode mode, int limit) => new()
    {
        Text = text,
        Mode = mode,
        Limit = limit,
        Vectors = new Dictionary<string, QueryVector> { [StaticEmbedder.ModelName] = new(embedder.Embed(text)) },
    };

    private static (double Ndcg, double Recall, double Precision) Score(
        TestCollection collection, ClientIndex index, StaticEmbedder embedder, SearchMode mode)
    {
        var scores = collection.Queries
            .Where(query => collection.Grades.TryGetValue(query.Id, out var grades) && grades.Values.Any(grade => grade > 0))
            .Select(query =>
            {
                var grades = collection.Grades[query.Id];
                var found = index.Search(Ask(query.Text, embedder, mode, 1_000)).Hits.Select(hit => hit.DocumentId).ToList();
                return (Ndcg: Ndcg(found, grades), Recall: Recall(found, grades), Precision: AveragePrecision(found, grades));
            })
            .ToList();
        return (scores.Average(score => score.Ndcg), scores.Average(score => score.Recall), scores.Average(score => score.Precision));
    }

    private static double Ndcg(List<string> found, IReadOnlyDictionary<string, int> grades)
    {
        var ideal = Gain(grades.Values.OrderDescending().Take(10));
        return Gain(found.Take(10).Select(id => grades.GetValueOrDefault(id))) / ideal;

        static double Gain(IEnumerable<int> best) => best.Select((grade, place) => grade / Math.Log2(place + 2)).Sum();
    }

    private static double Recall(List<string> found, IReadOnlyDictionary<string, int> grades) =>
        found.Take(100).Count(id => grades.GetValueOrDefault(id) > 0) / (double)grades.Values.Count(grade => grade > 0);

    private static double AveragePrecision(List<string> found, IReadOnlyDictionary<string, int> grades)
    {
        var (hits, sum) = (0, 0.0);
        for (var place = 0; place < found.Count; place++)
        {
            if (grades.GetValueOrDefault(found[place]) > 0)
            {
                sum += ++hits / (place + 1.0);
            }
        }

        return sum / grades.Values.Count(grade => grade > 0);
    }
}
