using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Ai;
using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>The members that a model may use for one question: those nearest to it, and others of their cubes as far as there is room.</summary>
internal sealed class QuestionMembers
{
    private const int MostMembers = 60;
    private const int MostSamples = 8;
    private const int LongestText = 200;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly LayerIndex index;
    private readonly List<(string Name, CubeMember Member, CubeMemberKind Kind)> members = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    public QuestionMembers(LayerIndex index, string question)
    {
        this.index = index;
        var found = index.Search(question, MostMembers);
        var cubes = found.Select(member => member.Cube).Distinct(StringComparer.Ordinal).ToList();
        var nearest = found.Where(member => member.Kind is "measure" or "dimension" or "segment" or "value").Select(member => member.Name)
            .Concat(cubes.SelectMany(name => index.Meta.Cubes.Where(cube => cube.Name == name)).SelectMany(cube => cube.Measures.Concat(cube.Dimensions)).Select(member => member.Name));
        foreach (var name in nearest)
        {
            if (members.Count < MostMembers && index.Meta.Find(name) is { } known && names.Add(name))
            {
                members.Add((name, known.Member, known.Kind));
            }
        }
    }

    public bool IsEmpty => members.Count == 0;

    /// <summary>Where a query names a member that is not among them; null: nowhere.</summary>
    public string? FirstOutside(CubeQuery query) =>
        Named(query).Where(used => !names.Contains(used.Name)).Select(used => used.Path).FirstOrDefault();

    /// <summary>What a model is told of them, as data.</summary>
    public string Json()
    {
        var list = new JsonArray();
        foreach (var (name, member, kind) in members)
        {
            var entry = new JsonObject
            {
                ["name"] = name,
                ["kind"] = kind.ToString().ToLower(CultureInfo.InvariantCulture),
                ["title"] = Beginning(member.Title),
                ["type"] = member.AggType ?? member.Type,
            };
            if (member.Description is { Length: > 0 } description)
            {
                entry["description"] = Beginning(description);
            }

            if (index.Samples.GetValueOrDefault(name, []) is { Count: > 0 } samples)
            {
                entry["values"] = new JsonArray([.. samples.Take(MostSamples).Select(value => (JsonNode)Beginning(value))]);
            }

            list.Add(entry);
        }

        return list.ToJsonString(Plain);
    }

    /// <summary>The shape of an answer: a query of these members alone, or null. What Cube takes beyond that is not for a model to ask.</summary>
    public AnswerShape Shape()
    {
        var all = Text(members.Where(member => member.Kind is not CubeMemberKind.Segment));
        var condition = Object(
            ("member", all, true),
            ("operator", Text(CubeOperators.Names), true),
            ("values", List(new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") }), false));
        var query = new List<(string, JsonObject, bool)>
        {
            ("measures", List(Text(Of(CubeMemberKind.Measure))), true),
            ("dimensions", List(Text(Of(CubeMemberKind.Dimension))), true),
            ("segments", List(Text(Of(CubeMemberKind.Segment))), false),
            ("filters", List(new JsonObject { ["anyOf"] = new JsonArray(condition, Object(("or", List(condition.DeepClone()), true)), Object(("and", List(condition.DeepClone()), true))) }), false),
            ("timeDimensions", List(Object(
                ("dimension", Text(Of(CubeMemberKind.Dimension).Where(member => member.Member.Type == "time")), true),
                ("granularity", Text(CubeOperators.Granularities), false),
                ("dateRange", Pair(), false))), false),
            ("order", List(Pair()), false),
            ("limit", new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = CubeQueryCheck.MostRows }, false),
        };
        var shape = Object(("query", new JsonObject { ["anyOf"] = new JsonArray(Object([.. query]), new JsonObject { ["type"] = "null" }) }, true));
        return new AnswerShape("cube_query", JsonSerializer.SerializeToElement(shape));
    }

    private static IEnumerable<(string Name, string Path)> Named(CubeQuery query) =>
    [
        .. query.Measures.Select((name, at) => (name, $"measures[{at}]")),
        .. query.Dimensions.Select((name, at) => (name, $"dimensions[{at}]")),
        .. query.Segments.Select((name, at) => (name, $"segments[{at}]")),
        .. query.Filters.SelectMany((filter, at) => Named(filter, $"filters[{at}]")),
        .. query.TimeDimensions.Select((time, at) => (time.Dimension, $"timeDimensions[{at}].dimension")),
        .. query.Order.Select((order, at) => (order.Member, $"order[{at}]")),
    ];

    private static IEnumerable<(string Name, string Path)> Named(CubeFilter filter, string path) => filter switch
    {
        CubeFilter.And and => and.Filters.SelectMany((inner, at) => Named(inner, $"{path}.and[{at}]")),
        CubeFilter.Or or => or.Filters.SelectMany((inner, at) => Named(inner, $"{path}.or[{at}]")),
        CubeFilter.Condition condition => [(condition.Member, $"{path}.member")],
        _ => throw new ArgumentOutOfRangeException(nameof(filter)),
    };

    private IEnumerable<(string Name, CubeMember Member, CubeMemberKind Kind)> Of(CubeMemberKind kind) => members.Where(member => member.Kind == kind);

    private static JsonObject Text(IEnumerable<(string Name, CubeMember Member, CubeMemberKind Kind)> of) => Text(of.Select(member => member.Name));

    // A list of nothing is no valid enum.
    private static JsonObject Text(IEnumerable<string> words) => words.ToList() is { Count: > 0 } some
        ? new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. some.Select(word => (JsonNode)word)]) }
        : new JsonObject { ["type"] = "string" };

    private static JsonObject List(JsonNode of) => new() { ["type"] = "array", ["items"] = of };

    private static JsonObject Pair() =>
        new() { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" }, ["minItems"] = 2, ["maxItems"] = 2 };

    private static JsonObject Object(params (string Name, JsonObject Shape, bool IsRequired)[] fields) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)field.Shape))),
        ["required"] = new JsonArray([.. fields.Where(field => field.IsRequired).Select(field => (JsonNode)field.Name)]),
        ["additionalProperties"] = false,
    };

    private static string Beginning(string text) => text.Length <= LongestText ? text : text[..LongestText];
}
