using System.Runtime.CompilerServices;
using System.Text.Json;
using AiBackend.Search.Embedding;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Questions;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>The layers that the questions of <c>bench/AiBackend.Questions</c> are about.</summary>
internal static class QuestionLayers
{
    /// <summary>On which the questions were written.</summary>
    public static readonly DateOnly Today = new(2024, 11, 20);

    private static readonly Lazy<StaticEmbedder> Embedder = new(StaticEmbedder.LoadBuiltIn);

    /// <summary>What Cube answers of the layer's models.</summary>
    public static JsonElement Meta(string layer) => Json($"Layers/{layer}.json").GetProperty("meta");

    /// <summary>Values by dimension.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Values(string layer) => Json($"Layers/{layer}.json").GetProperty("values")
        .Deserialize<Dictionary<string, List<string>>>()!.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<string>)pair.Value);

    public static LayerLexicon Lexicon(string layer) => new(CubeMetaJson.Read(Meta(layer)), Values(layer), text => Embedder.Value.Embed(text));

    /// <summary>Questions of a set with the queries that answer each; none where it must be refused.</summary>
    public static IEnumerable<(string Layer, string Question, IReadOnlyList<JsonElement> Queries)> Set(string name) => File.ReadLines(Source($"{name}.jsonl"))
        .Select(line => JsonSerializer.Deserialize<JsonElement>(line))
        .Select(line => (line.GetProperty("layer").GetString()!, line.GetProperty("question").GetString()!, Queries(line)));

    private static IReadOnlyList<JsonElement> Queries(JsonElement line) => line.GetProperty("query") is { ValueKind: JsonValueKind.Object } query
        ? [query, .. line.TryGetProperty("also", out var also) ? also.EnumerateArray() : []]
        : [];

    private static JsonElement Json(string file) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Source(file)));

    private static string Source(string file, [CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../../../bench/AiBackend.Questions", file));
}
