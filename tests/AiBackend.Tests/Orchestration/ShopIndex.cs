using AiBackend.Orchestration;
using AiBackend.Search.Chunking;
using AiBackend.Search.Embedding;
using AiBackend.Search.Index;

namespace AiBackend.Tests.Orchestration;

/// <summary>The demo shop's documents in an index of the search engine, without storage and HTTP around it.</summary>
internal static class ShopIndex
{
    private const string ResourceFolder = "AiBackend.Service.Demo.";

    private static readonly Lazy<(ClientIndex Index, Dictionary<string, Source> Sources)> Built = new(Build);

    public static StaticEmbedder Embedder { get; } = StaticEmbedder.LoadBuiltIn();

    public static Task<FoundSources> FindAsync(AnswerRequest request, string query, CancellationToken ct)
    {
        var (index, sources) = Built.Value;
        var found = index.Search(new SearchQuery
        {
            Text = query,
            Vectors = new Dictionary<string, QueryVector> { [StaticEmbedder.ModelName] = new(Embedder.Embed(query), 0.1f) },
            Limit = 10,
        });
        return Task.FromResult(new FoundSources(
            [.. found.Hits.Select(hit => sources[hit.ChunkId] with { Score = hit.Score, Coverage = hit.Coverage })], index.WeighTerms(query)));
    }

    private static (ClientIndex Index, Dictionary<string, Source> Sources) Build()
    {
        var index = new ClientIndex();
        Dictionary<string, Source> sources = [];
        var assembly = typeof(Orchestrators).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourceFolder, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var text = reader.ReadToEnd();
            var topic = name[ResourceFolder.Length..^3];
            var title = text[2..text.IndexOf('\n', StringComparison.Ordinal)];
            var chunks = Chunker.Chunk(text).Select((chunk, i) => new Source
            {
                DocumentId = topic,
                ChunkId = $"{topic}-{i}",
                Title = title,
                Url = $"https://shop.example/{topic}",
                Text = chunk.Text,
                Score = 0,
                Coverage = 0,
            }).ToList();
            chunks.ForEach(chunk => sources.Add(chunk.ChunkId, chunk));
            index.Put(new IndexedDocument
            {
                DocumentId = topic,
                CollectionId = "help",
                Title = title,
                Chunks =
                [
                    .. chunks.Select(chunk => new IndexedChunk
                    {
                        ChunkId = chunk.ChunkId,
                        Text = chunk.Text,
                        Vector = Embedder.Embed($"{title}\n{chunk.Text}"),
                        Model = StaticEmbedder.ModelName,
                    }),
                ],
            });
        }

        return (index, sources);
    }
}
