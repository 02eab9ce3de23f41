using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>What a word of a question may stand for on a layer.</summary>
/// <param name="Score">1 for its own name; less for a synonym or a word that is near.</param>
internal abstract record Meaning(CubeInfo Cube, double Score)
{
    /// <summary>The things of a cube ("orders").</summary>
    public sealed record Entity(CubeInfo Cube, double Score) : Meaning(Cube, Score);

    /// <summary>A dimension that is no time.</summary>
    /// <param name="IsNegative">Whether it is the opposite of a boolean ("inactive").</param>
    public sealed record Dimension(CubeInfo Cube, CubeMember Member, double Score, bool IsNegative = false) : Meaning(Cube, Score);

    /// <summary>A time dimension.</summary>
    public sealed record Time(CubeInfo Cube, CubeMember Member, double Score) : Meaning(Cube, Score);

    /// <summary>Measures of one thing, by how they aggregate it.</summary>
    public sealed record Measured(CubeInfo Cube, MeasureFamily Family, double Score) : Meaning(Cube, Score);

    public sealed record Segment(CubeInfo Cube, CubeMember Member, double Score) : Meaning(Cube, Score);

    /// <summary>A value that a dimension has.</summary>
    public sealed record Value(CubeInfo Cube, CubeMember Member, string Text, double Score) : Meaning(Cube, Score);
}

/// <summary>Measures that differ only in how they aggregate (<c>amount_sum</c>, <c>amount_avg</c>).</summary>
/// <param name="Words">Stems of the name without the aggregation's.</param>
/// <param name="ByType">By <c>sum</c>, <c>avg</c>, …</param>
internal sealed record MeasureFamily(CubeInfo Cube, IReadOnlyList<string> Words, Dictionary<string, CubeMember> ByType)
{
    // Nobody asks for the sum of these, and which else is meant is not said.
    private static readonly HashSet<string> NotSummed =
        [.. ((string[])["price", "rate", "rating", "age", "year", "score", "percent", "percentage", "ratio", "temperature", "duration", "length"]).Select(QuestionWords.StemOf)];

    /// <summary>The measure of a type; without a type the one that is meant when none is said. Null when there is none.</summary>
    public CubeMember? Of(string? type) =>
        type is not null ? ByType.GetValueOrDefault(type)
        : ByType.Count > 1 && Words.Any(NotSummed.Contains) ? null
        : ByType.GetValueOrDefault("sum") ?? (ByType.Count == 1 ? ByType.Values.First() : ByType.GetValueOrDefault("number"));
}
