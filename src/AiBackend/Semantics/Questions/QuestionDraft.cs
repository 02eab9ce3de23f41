using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>A part of a query that the words allow, and what speaks against it.</summary>
/// <param name="Cube">Where its members are.</param>
/// <param name="Members">Measures or dimensions; the measure or dimension of a filter.</param>
/// <param name="Cost">0: it was said so; more, the farther it is from what was said.</param>
internal sealed record Choice(CubeInfo Cube, IReadOnlyList<string> Members, double Cost)
{
    public CubeFilter.Condition? Filter { get; init; }
}

/// <summary>What a question asks, with choices where words have several meanings.</summary>
internal sealed class QuestionDraft
{
    public List<IReadOnlyList<Choice>> Measures { get; } = [];

    public List<IReadOnlyList<Choice>> Groups { get; } = [];

    public List<IReadOnlyList<Choice>> Filters { get; } = [];

    public List<IReadOnlyList<Choice>> Segments { get; } = [];

    /// <summary>Cubes whose things were named but not counted or grouped by; each must be of use.</summary>
    public List<IReadOnlyList<CubeInfo>> Contexts { get; } = [];

    /// <summary>Cubes of all things that were named.</summary>
    public HashSet<string> Named { get; } = new(StringComparer.Ordinal);

    /// <summary>The time dimensions that were named; empty: the usual one.</summary>
    public List<Choice> Times { get; } = [];

    /// <summary>The cube of which something was done when the time is told ("who ordered in May"); null: that of the measure.</summary>
    public CubeInfo? Done { get; set; }

    public QuestionItem.When? When { get; set; }

    public QuestionItem.Compare? Compare { get; set; }

    public QuestionItem.Grain? Grain { get; set; }

    public bool? IsDescending { get; set; }

    public int? Limit { get; set; }

    /// <summary>Whether values are compared, so that they are told apart.</summary>
    public bool IsComparison { get; set; }

    /// <summary>Whether filters of different members are alternatives.</summary>
    public bool IsAlternative { get; set; }

    /// <summary>Whether only things were counted, which those in context narrow.</summary>
    public bool IsCountOfThings { get; set; }

    /// <summary>What had to be assumed.</summary>
    public double Doubt { get; set; }
}
