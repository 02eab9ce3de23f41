using System.Numerics.Tensors;
using AiBackend.Indexes;
using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>What can be found and asked on a layer: its members and sampled values, by word and meaning.</summary>
internal sealed class LayerIndex : IMemoryIndex
{
    private const double LeastScore = 0.2;
    private const double WordWeight = 0.6;
    private const int BytesPerEntry = 1_600;

    private readonly List<Entry> entries = [];
    private readonly Func<string, float[]> embed;

    /// <param name="samples">Values by the dimension's full name.</param>
    /// <param name="builtAt">By the clock's timestamp.</param>
    public LayerIndex(CubeMeta meta, IReadOnlyDictionary<string, IReadOnlyList<string>> samples, Func<string, float[]> embed, long builtAt)
    {
        (Meta, BuiltAt, Samples, this.embed) = (meta, builtAt, samples, embed);
        Lexicon = new LayerLexicon(meta, samples, embed);
        Parser = new QuestionParser(Lexicon);
        foreach (var cube in meta.Cubes)
        {
            Add(new LayerMember(cube.IsView ? "view" : "cube", cube.Name, cube.Name, cube.Title, cube.Description, null, null, 0), cube.Name, cube.Description);
            Add("measure", cube, cube.Measures);
            Add("dimension", cube, cube.Dimensions);
            Add("segment", cube, cube.Segments);
            foreach (var dimension in cube.Dimensions)
            {
                foreach (var value in samples.GetValueOrDefault(dimension.Name, []))
                {
                    Add(new LayerMember("value", dimension.Name, cube.Name, QueryWords.Title(dimension.Name, meta), null, dimension.Type, value, 0), value, null);
                }
            }
        }
    }

    public CubeMeta Meta { get; }

    public long BuiltAt { get; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Samples { get; }

    public LayerLexicon Lexicon { get; }

    public QuestionParser Parser { get; }

    public long ApproximateBytes => (long)entries.Count * BytesPerEntry;

    public int Entries => entries.Count;

    /// <summary>The members and values that fit the words best.</summary>
    public IReadOnlyList<LayerMember> Search(string query, int limit)
    {
        var words = QuestionWords.Of(query).Words.Select(word => word.Stem).Where(stem => stem.Any(char.IsLetterOrDigit)).Distinct(StringComparer.Ordinal).ToList();
        var vector = embed(query);
        return
        [
            .. entries.Select(entry => (entry, Score: Score(entry, words, vector)))
                .Where(found => found.Score >= LeastScore)
                .OrderByDescending(found => found.Score).ThenBy(found => found.entry.Member.Name, StringComparer.Ordinal)
                .Take(limit)
                .Select(found => found.entry.Member with { Score = Math.Round(found.Score, 3) }),
        ];
    }

    private static double Score(Entry entry, List<string> words, float[] vector)
    {
        var cosine = Math.Max(0, TensorPrimitives.Dot<float>(vector, entry.Vector));
        var common = words.Count(entry.Stems.Contains);
        var share = common == 0 ? 0 : 2.0 * common / (words.Count + entry.Stems.Count);
        return Math.Min(1, (WordWeight * share) + ((1 - WordWeight) * cosine));
    }

    private void Add(string kind, CubeInfo cube, IReadOnlyList<CubeMember> members)
    {
        foreach (var member in members)
        {
            var type = member.Type.Length > 0 ? member.Type : null;
            Add(
                new LayerMember(kind, member.Name, cube.Name, member.Title, member.Description, member.AggType ?? type, null, 0),
                $"{member.Title} {LayerNames.Short(member)}",
                member.Description);
        }
    }

    private void Add(LayerMember member, string text, string? description)
    {
        var name = string.Join(' ', QuestionWords.OfName(text));
        var stems = LayerNames.Stems(QuestionWords.OfName(text));
        entries.Add(new Entry(member, stems, embed(description is null ? name : $"{name} {description}")));
    }

    private sealed record Entry(LayerMember Member, HashSet<string> Stems, float[] Vector);
}

/// <summary>Something that a layer has.</summary>
/// <param name="Kind"><c>cube</c>, <c>view</c>, <c>measure</c>, <c>dimension</c>, <c>segment</c> or <c>value</c>.</param>
/// <param name="Name">In full, as in queries; of a value, its dimension's.</param>
/// <param name="Type">How a measure aggregates, or a dimension's type.</param>
/// <param name="Value">A value that the dimension has.</param>
/// <param name="Score">0 to 1; compares what one search found only.</param>
internal sealed record LayerMember(
    string Kind, string Name, string Cube, string Title, string? Description, string? Type, string? Value, double Score);
