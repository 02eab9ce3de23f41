using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Search.Embedding;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Questions;

// Questions in words against the queries that they mean: how many the parser without a model gets right, wrong, and refuses.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = AppContext.BaseDirectory;
var today = new DateOnly(2024, 11, 20);
var embedder = StaticEmbedder.LoadBuiltIn();
var parsers = Directory.GetFiles(Path.Combine(folder, "Layers"), "*.json").ToDictionary(
    file => Path.GetFileNameWithoutExtension(file),
    file =>
    {
        var layer = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        var values = layer.GetProperty("values").Deserialize<Dictionary<string, List<string>>>()!;
        var meta = CubeMetaJson.Read(layer.GetProperty("meta"));
        return (Meta: meta, Parser: new QuestionParser(new LayerLexicon(
            meta, values.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<string>)pair.Value), embedder.Embed)));
    });
if (args is ["ask", var asked, .. var rest])
{
    var answer = parsers[asked].Parser.Parse(string.Join(' ', rest), today);
    Console.WriteLine(answer.Query is null ? answer.Reason : $"{answer.Confidence} {CubeQueryJson.Write(answer.Query).ToJsonString()}");
    return 0;
}

Console.WriteLine("| questions | right | wrong | refused |");
Console.WriteLine("| --- | --- | --- | --- |");
var notes = new List<string>();
foreach (var set in (string[])["questions", "held-back", "second-held-back", "refuse"])
{
    var (right, wrong, refused) = (0, 0, 0);
    foreach (var line in File.ReadLines(Path.Combine(folder, $"{set}.jsonl")))
    {
        var question = JsonNode.Parse(line)!;
        var (meta, parser) = parsers[(string)question["layer"]!];
        var parsed = parser.Parse((string)question["question"]!, today);
        var expected = question["query"] is { } query ? Plain(query).ToJsonString() : null;
        var also = (question["also"] as JsonArray ?? []).Select(other => Plain(other!).ToJsonString());
        if (parsed.Query is null)
        {
            _ = expected is null ? right++ : refused++;
            notes.Add(expected is null ? string.Empty : $"refused: {question["question"]}\n    {parsed.Reason}");
            continue;
        }

        CubeQueryCheck.Check(parsed.Query, meta);
        var actual = Plain(CubeQueryJson.Write(parsed.Query)).ToJsonString();
        if (expected == actual || also.Contains(actual))
        {
            right++;
            continue;
        }

        wrong++;
        notes.Add($"WRONG:   {question["question"]}\n    {actual}\n    {expected ?? "must be refused"}");
    }

    Console.WriteLine($"| {set} ({right + wrong + refused}) | {right} | {wrong} | {refused} |");
}

Console.WriteLine(string.Join(Environment.NewLine, notes.Where(note => note.Length > 0 && args is not ["quiet"])));
return 0;

// Without the order of what has none.
static JsonObject Plain(JsonNode query)
{
    var plain = new JsonObject();
    foreach (var (name, value) in query.AsObject().OrderBy(field => field.Key, StringComparer.Ordinal))
    {
        plain[name] = name is "measures" or "dimensions" or "segments" or "filters"
            ? new JsonArray([.. value!.AsArray().Select(entry => entry!.DeepClone()).OrderBy(entry => entry.ToJsonString(), StringComparer.Ordinal)])
            : name is "timeDimensions" ? new JsonArray([.. value!.AsArray().Select(entry => (JsonNode)Plain(entry!))])
            : value!.DeepClone();
    }

    return plain;
}
