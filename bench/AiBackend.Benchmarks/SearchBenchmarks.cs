using AiBackend.Search.Answering;
using AiBackend.Search.Embedding;
using AiBackend.Search.Index;
using BenchmarkDotNet.Attributes;

namespace AiBackend.Benchmarks;

/// <summary>
/// Searches of one client's index. Its chunks are the abstracts of Cranfield and CISI, each as often as the size asks for, with the
/// vectors of the built-in model; the queries are those of Cranfield. Times are per query.
/// </summary>
[MemoryDiagnoser]
public class SearchBenchmarks : IDisposable
{
    private const int Queries = 50;

    private readonly ClientIndex index = new();
    private SearchQuery[] hybrid = null!;
    private SearchQuery[] vector = null!;
    private SearchQuery[] keyword = null!;
    private IndexedDocument another = null!;
    private SentenceRanker ranker = null!;
    private SourcePassage[] passages = null!;

    [Params(1_000, 10_000, 100_000)]
    public int Chunks { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var embedder = StaticEmbedder.LoadBuiltIn();
        var cranfield = TestCollection.Read("cranfield");
        var documents = cranfield.Documents.Concat(TestCollection.Read("cisi").Documents)
            .Select(document => (document.Title, document.Text, Vector: embedder.Embed($"{document.Title} {document.Text}")))
            .ToArray();
        for (var i = 0; i < Chunks; i++)
        {
            var (title, text, unit) = documents[i % documents.Length];
            index.Put(ToDocument($"{i}", title, text, unit));
        }

        another = ToDocument("another", documents[0].Title, documents[0].Text, documents[0].Vector);
        var questions = cranfield.Queries.Take(Queries).Select(query => query.Text).ToArray();
        hybrid = [.. questions.Select(text => Quality.Ask(text, embedder, SearchMode.Hybrid, 10))];
        vector = [.. questions.Select(text => Quality.Ask(text, embedder, SearchMode.Vector, 10))];
        keyword = [.. questions.Select(text => Quality.Ask(text, embedder, SearchMode.Keyword, 10))];
        ranker = new SentenceRanker(embedder);
        passages = [.. documents.Take(6).Select(document => new SourcePassage(document.Title, document.Text))];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        index.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Queries)]
    public int Hybrid() => Run(hybrid);

    [Benchmark(OperationsPerInvoke = Queries)]
    public int Vector() => Run(vector);

    [Benchmark(OperationsPerInvoke = Queries)]
    public int Keyword() => Run(keyword);

    /// <summary>One document of one chunk comes and goes.</summary>
    [Benchmark]
    public bool PutAndRemove()
    {
        index.Put(another);
        return index.Remove(another.DocumentId);
    }

    /// <summary>Six abstracts as an answer's passages.</summary>
    [Benchmark]
    public int RankSentences() => ranker.Rank(hybrid[0].Text, passages).Count;

    private static IndexedDocument ToDocument(string id, string? title, string text, float[] unit) => new()
    {
        DocumentId = id,
        CollectionId = "all",
        Title = title,
        Chunks = [new IndexedChunk { ChunkId = id, Text = text, Vector = unit, Model = StaticEmbedder.ModelName }],
    };

    private int Run(SearchQuery[] queries)
    {
        var found = 0;
        foreach (var query in queries)
        {
            found += index.Search(query).Hits.Count;
        }

        return found;
    }
}
