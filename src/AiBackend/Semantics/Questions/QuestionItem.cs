namespace AiBackend.Semantics.Questions;

/// <summary>What some words of a question are.</summary>
/// <param name="Start">The first word.</param>
/// <param name="End">After the last word.</param>
internal abstract record QuestionItem(int Start, int End)
{
    /// <summary>A span of time.</summary>
    public sealed record When(int Start, int End, Period Period) : QuestionItem(Start, End);

    /// <summary>Spans to compare; <paramref name="First"/> null: the span that the question names elsewhere, or the current one.</summary>
    public sealed record Compare(int Start, int End, Period? First, Period Second) : QuestionItem(Start, End);

    /// <summary>By what spans to group; null: as fits.</summary>
    /// <param name="IsAsked">Whether the span itself is asked for ("which month").</param>
    public sealed record Grain(int Start, int End, string? Unit, bool IsAsked) : QuestionItem(Start, End);

    /// <summary>The best or worst.</summary>
    /// <param name="Count">How many; null: not said.</param>
    /// <param name="Form">How it was said.</param>
    /// <param name="About">What it is about ("longest": length); null: said by another word.</param>
    public sealed record Rank(int Start, int End, int? Count, bool IsDescending, RankForm Form, string? About) : QuestionItem(Start, End);

    /// <summary>How many are asked for of what is ranked by another word: "the 10 customers with the most orders".</summary>
    public sealed record Amount(int Start, int End, int Number) : QuestionItem(Start, End);

    /// <summary>A condition on a number.</summary>
    /// <param name="Conditions">Operators of Cube with their values.</param>
    /// <param name="Measure">The word for what is measured ("longer": length); null: said by another word.</param>
    public sealed record Test(int Start, int End, IReadOnlyList<(string Operator, string Value)> Conditions, string? Measure, string? Unit) : QuestionItem(Start, End);

    /// <summary>How to aggregate: <c>sum</c>, <c>avg</c>, <c>min</c> or <c>max</c>.</summary>
    public sealed record Aggregate(int Start, int End, string Type) : QuestionItem(Start, End);

    /// <summary>A word with a meaning for the order of things.</summary>
    public sealed record Sign(int Start, int End, SignKind Kind) : QuestionItem(Start, End);

    /// <summary>Members and values that the words may stand for.</summary>
    /// <param name="IsParticiple">Whether it is told as something done ("shipped").</param>
    public sealed record Mention(int Start, int End, IReadOnlyList<Meaning> Meanings, bool IsParticiple, bool IsPlural) : QuestionItem(Start, End);
}

internal enum RankForm
{
    /// <summary>"top 5 products", "5 best products".</summary>
    Top,

    /// <summary>"the most orders".</summary>
    Most,

    /// <summary>"the highest price", "the longest film".</summary>
    Extreme,

    /// <summary>"highest first": all of them, in that order.</summary>
    Order,
}

internal enum SignKind
{
    Count,
    Group,
    Which,
    List,
    Not,
    And,
    Or,
    Versus,
    Compare,
    Filler,
}
