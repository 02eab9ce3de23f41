using AiBackend.Search.Chunking;
using AiBackend.Search.Embedding;
using AiBackend.Search.Highlighting;
using BenchmarkDotNet.Attributes;

namespace AiBackend.Benchmarks;

/// <summary>What a document goes through on its way into the index, over the abstracts of Cranfield. Times are per text.</summary>
[MemoryDiagnoser]
public class TextBenchmarks
{
    private const int Texts = 1_000;

    private StaticEmbedder embedder = null!;
    private float[] vector = null!;
    private string[] sentences = null!;
    private string[] abstracts = null!;
    private string book = null!;

    [GlobalSetup]
    public void Setup()
    {
        embedder = StaticEmbedder.LoadBuiltIn();
        vector = new float[embedder.Dimensions];
        abstracts = [.. TestCollection.Read("cranfield").Documents.Select(document => document.Text).Where(text => text.Length > 300).Take(Texts)];
        sentences =
        [
            .. abstracts.SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Chunk(15))
                .Where(words => words.Length == 15)
                .Select(words => string.Join(' ', words))
                .Take(Texts),
        ];
        book = string.Join("\n\n", abstracts);
    }

    /// <summary>Mostly the file and the word table; the file is in the page cache.</summary>
    [Benchmark]
    public StaticEmbedder Load() => embedder = StaticEmbedder.LoadBuiltIn();

    [Benchmark(OperationsPerInvoke = Texts)]
    public void Embed15Words()
    {
        foreach (var text in sentences)
        {
            embedder.Embed(text, vector);
        }
    }

    [Benchmark(OperationsPerInvoke = Texts)]
    public void EmbedAbstract()
    {
        foreach (var text in abstracts)
        {
            embedder.Embed(text, vector);
        }
    }

    /// <summary>All abstracts as one text of a good megabyte, cut with the default budget.</summary>
    [Benchmark]
    public int ChunkBook() => Chunker.Chunk(book).Count;

    [Benchmark(OperationsPerInvoke = Texts)]
    public int HighlightAbstract()
    {
        var found = 0;
        foreach (var text in abstracts)
        {
            found += Highlighter.Find("heat transfer in a laminar boundary layer", text).Count;
        }

        return found;
    }
}
