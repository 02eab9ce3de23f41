using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>What a cube's names say: what its things are counted by and called by, and what its numbers are.</summary>
internal static class LayerNames
{
    private static readonly Dictionary<string, string[]> AggregateWords = new(StringComparer.Ordinal)
    {
        ["sum"] = ["sum", "total"],
        ["avg"] = ["avg", "average", "mean"],
        ["min"] = ["min", "minimum", "lowest"],
        ["max"] = ["max", "maximum", "highest"],
        ["count"] = ["count", "row", "number", "num", "cnt"],
        ["countDistinct"] = ["count", "number", "unique", "distinct"],
        ["countDistinctApprox"] = ["count", "number", "unique", "distinct", "approx"],
    };

    private static readonly string[] LabelNames = ["name", "title", "label", "full_name", "display_name", "caption"];

    /// <summary>Names of things that are people, of whom two may have one name.</summary>
    private static readonly HashSet<string> People =
    [
        .. ((string[])["customer", "client", "person", "people", "user", "member", "employee", "staff", "patient", "doctor", "physician", "nurse", "driver", "student", "teacher",
            "pupil", "contact", "lead", "candidate", "applicant", "agent", "manager", "worker", "technician", "author", "actor", "player", "guest", "tenant", "passenger", "resident"]).Select(QuestionWords.StemOf),
    ];

    /// <summary>Words of names that say an amount of money.</summary>
    private static readonly HashSet<string> MoneyWords =
        [.. ((string[])["amount", "total", "price", "value", "revenue", "sales", "cost", "sum", "subtotal", "fee"]).Select(QuestionWords.StemOf)];

    /// <summary>A member's name without its cube's.</summary>
    public static string Short(CubeMember member) => member.Name[(member.Name.IndexOf('.', StringComparison.Ordinal) + 1)..];

    public static IReadOnlyList<string> Words(CubeMember member) => QuestionWords.OfName(Short(member));

    /// <summary>The words of a measure's name without how it aggregates; empty for a count of the cube's things.</summary>
    public static IReadOnlyList<string> BaseWords(CubeMember measure, IReadOnlyList<string> words)
    {
        var rest = words.Except(AggregateWords.GetValueOrDefault(measure.AggType ?? string.Empty, [])).ToList();
        return rest.Count > 0 || measure.AggType is "count" or "countDistinct" or "countDistinctApprox" ? rest : words;
    }

    /// <summary>By what the cube's things are counted; null when it cannot be.</summary>
    public static CubeMember? Count(CubeInfo cube) => cube.Measures
        .Where(measure => measure.AggType == "count" && BaseWords(measure, Words(measure)).Count == 0)
        .OrderBy(measure => Short(measure) == "count" ? 0 : 1)
        .FirstOrDefault();

    /// <summary>
    /// The dimensions that the cube's things are told apart by for a reader: a name, for people their key too, as two may have one name. Empty when there
    /// is nothing.
    /// </summary>
    public static IReadOnlyList<string> Label(CubeInfo cube)
    {
        CubeMember? Find(string name) => cube.Dimensions.FirstOrDefault(dimension => Short(dimension) == name && dimension.Type == "string");
        var stems = Stems(QuestionWords.OfName(cube.Name));
        var names = Find("first_name") is { } first && Find("last_name") is { } last ? [first, last]
            : LabelNames.Select(Find).OfType<CubeMember>().FirstOrDefault() is { } label ? [label]
            : cube.Dimensions.FirstOrDefault(dimension => dimension.Type == "string"
                && Words(dimension) is var words && (stems.SetEquals(Stems(words)) || (words[^1] == "name" && stems.SetEquals(Stems(words.Take(words.Count - 1)))))) is { } own ? [own]
            : cube.Dimensions.Where(dimension => dimension.Type == "string" && Words(dimension) is [.., _, "name" or "title"]).ToList() is [var only] ? [only]
            : Array.Empty<CubeMember>();
        var keys = Keys(cube);
        var isPerson = cube.Dimensions.Any(dimension => Short(dimension) is "first_name" or "email" or "birth_date" or "date_of_birth") || stems.Overlaps(People);
        return [.. names.Length == 0 || isPerson ? keys : [], .. names.Select(name => name.Name)];
    }

    /// <summary>Whether the cube's things have a name.</summary>
    public static bool HasName(CubeInfo cube) => Label(cube).Except(Keys(cube)).Any();

    public static IReadOnlyList<string> Keys(CubeInfo cube) => [.. cube.Dimensions.Where(dimension => dimension.IsPrimaryKey).Select(dimension => dimension.Name)];

    /// <summary>Whether the cube only ties others together.</summary>
    public static bool IsLink(CubeInfo cube) => !cube.IsView && Keys(cube).Count > 1
        && cube.Dimensions.All(dimension => dimension.IsPrimaryKey || dimension.Type == "time" || Words(dimension)[^1] == "id")
        && cube.Measures.All(measure => measure.AggType == "count");

    /// <summary>Numbers that are amounts, not keys.</summary>
    public static IEnumerable<CubeMember> Numbers(CubeInfo cube) =>
        cube.Dimensions.Where(dimension => dimension.Type == "number" && !dimension.IsPrimaryKey && Words(dimension)[^1] != "id");

    public static bool IsMoney(IEnumerable<string> words) => Stems(words).Overlaps(MoneyWords);

    public static HashSet<string> Stems(IEnumerable<string> words) => words.Select(QuestionWords.StemOf).ToHashSet(StringComparer.Ordinal);
}
