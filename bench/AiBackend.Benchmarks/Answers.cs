using AiBackend.Search.Answering;
using AiBackend.Search.Chunking;
using AiBackend.Search.Embedding;
using AiBackend.Search.Index;

namespace AiBackend.Benchmarks;

/// <summary>
/// Measures whether questions about the demo shop get the right sentence with confidence, and whether others are refused:
/// <c>answers [show]</c>. The factors of the ranking were fitted on other texts and questions.
/// </summary>
internal static class Answers
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Questions");

    public static int Run(string[] args)
    {
        var embedder = StaticEmbedder.LoadBuiltIn();
        var ranker = new SentenceRanker(embedder);
        using var index = new ClientIndex();
        var passages = Build(index, embedder);

        var answered = File.ReadLines(Path.Combine(Folder, "answered.tsv")).Select(line => line.Split('\t'))
            .Select(fields => (Answer: Ask(fields[0]), Expected: fields[1])).ToList();
        var unanswered = File.ReadLines(Path.Combine(Folder, "unanswered.tsv")).Select(Ask).ToList();
        if (args is ["show"])
        {
            foreach (var (question, sentence, score) in answered.Select(item => item.Answer).Concat(unanswered))
            {
                Console.WriteLine($"{score:f2} {question} | {sentence}");
            }
        }

        var right = answered.Count(item => item.Answer.Sentence.Contains(item.Expected, StringComparison.Ordinal));
        Console.WriteLine("| questions | right sentence first | score ≥ .25 | score > .5 | lowest / median / highest score |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        Console.WriteLine($"| {answered.Count} answered by the texts | {right} | {Summarise([.. answered.Select(item => item.Answer.Score)])}");
        Console.WriteLine($"| {unanswered.Count} not answered | – | {Summarise([.. unanswered.Select(item => item.Score)])}");
        return 0;

        (string Question, string Sentence, double Score) Ask(string question)
        {
            var vector = new QueryVector(embedder.Embed(question), CosineFloor: 0.1f);
            var found = index.Search(new SearchQuery
            {
                Text = question,
                Limit = 6,
                Vectors = new Dictionary<string, QueryVector> { [StaticEmbedder.ModelName] = vector },
            });
            SourcePassage[] sources = [.. found.Hits.Select(hit => passages[hit.ChunkId])];
            return ranker.Rank(question, sources, index.WeighTerms(question)) is [var best, ..]
                ? (question, best.Range.Of(sources[best.PassageIndex].Text).ToString(), best.Score)
                : (question, "", 0);
        }
    }

    private static Dictionary<string, SourcePassage> Build(ClientIndex index, StaticEmbedder embedder)
    {
        Dictionary<string, SourcePassage> passages = [];
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder, "Documents"), "*.md").Order(StringComparer.Ordinal))
        {
            var text = File.ReadAllText(file);
            var title = text.Split('\n')[0].TrimStart('#', ' ');
            List<IndexedChunk> chunks = [];
            foreach (var chunk in Chunker.Chunk(text))
            {
                var id = $"{title}-{chunk.Start}";
                passages.Add(id, new SourcePassage(title, chunk.Text));
                chunks.Add(new IndexedChunk { ChunkId = id, Text = chunk.Text, Vector = embedder.Embed(chunk.Text), Model = StaticEmbedder.ModelName });
            }

            index.Put(new IndexedDocument { DocumentId = title, CollectionId = "shop", Title = title, Chunks = chunks });
        }

        return passages;
    }

    private static string Summarise(double[] scores)
    {
        Array.Sort(scores);
        return $"{scores.Count(score => score >= 0.25)} | {scores.Count(score => score > 0.5)} | {scores[0]:f2} / {scores[scores.Length / 2]:f2} / {scores[^1]:f2} |";
    }
}
