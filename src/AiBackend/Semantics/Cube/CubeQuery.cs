namespace AiBackend.Semantics.Cube;

/// <summary>A query in Cube's own form. Members are named in full (<c>orders.count</c>).</summary>
internal sealed record CubeQuery
{
    public IReadOnlyList<string> Measures { get; init; } = [];

    public IReadOnlyList<string> Dimensions { get; init; } = [];

    public IReadOnlyList<string> Segments { get; init; } = [];

    /// <summary>All of them must hold.</summary>
    public IReadOnlyList<CubeFilter> Filters { get; init; } = [];

    public IReadOnlyList<CubeTimeDimension> TimeDimensions { get; init; } = [];

    public IReadOnlyList<CubeOrder> Order { get; init; } = [];

    public int? Limit { get; init; }

    public int? Offset { get; init; }

    /// <summary>An IANA name; null: UTC.</summary>
    public string? Timezone { get; init; }

    /// <summary>Whether the number of all rows is asked for too.</summary>
    public bool Total { get; init; }

    /// <summary>Rows as they are, not grouped.</summary>
    public bool Ungrouped { get; init; }
}

/// <summary>A condition on a member, or conditions joined by and/or.</summary>
internal abstract record CubeFilter
{
    private CubeFilter()
    {
    }

    /// <param name="Member">A dimension or measure.</param>
    /// <param name="Operator">One of <see cref="CubeOperators"/>.</param>
    /// <param name="Values">As text; null stands for no value.</param>
    public sealed record Condition(string Member, string Operator, IReadOnlyList<string?> Values) : CubeFilter;

    public sealed record And(IReadOnlyList<CubeFilter> Filters) : CubeFilter;

    public sealed record Or(IReadOnlyList<CubeFilter> Filters) : CubeFilter;
}

/// <summary>A time dimension: by what spans it is grouped, and within which range.</summary>
internal sealed record CubeTimeDimension
{
    public required string Dimension { get; init; }

    /// <summary><c>second</c> to <c>year</c>; null: not grouped by.</summary>
    public string? Granularity { get; init; }

    /// <summary>At most one of this and <see cref="CompareDateRange"/>.</summary>
    public CubeDateRange? DateRange { get; init; }

    /// <summary>Each is asked for by itself, to be compared.</summary>
    public IReadOnlyList<CubeDateRange> CompareDateRange { get; init; } = [];
}

/// <summary>From the first day or time to the last, both within it; or Cube's own words such as <c>last week</c>.</summary>
/// <param name="From">A date or time, or the words.</param>
/// <param name="To">Null: <paramref name="From"/> alone (a day, or words).</param>
/// <param name="IsList">Whether it is written as a list; Cube's words are written as a text.</param>
internal sealed record CubeDateRange(string From, string? To, bool IsList = true);

/// <summary>By what rows are sorted.</summary>
internal sealed record CubeOrder(string Member, bool IsDescending);

/// <summary>Cube's operators and granularities.</summary>
internal static class CubeOperators
{
    public static readonly IReadOnlyList<string> Granularities = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

    private static readonly Dictionary<string, (string[] Types, int Least, int Most)> All = new(StringComparer.Ordinal)
    {
        ["equals"] = (["string", "number", "boolean", "time"], 1, int.MaxValue),
        ["notEquals"] = (["string", "number", "boolean", "time"], 1, int.MaxValue),
        ["in"] = (["string", "number", "boolean", "time"], 1, int.MaxValue),
        ["notIn"] = (["string", "number", "boolean", "time"], 1, int.MaxValue),
        ["contains"] = (["string"], 1, int.MaxValue),
        ["notContains"] = (["string"], 1, int.MaxValue),
        ["startsWith"] = (["string"], 1, int.MaxValue),
        ["notStartsWith"] = (["string"], 1, int.MaxValue),
        ["endsWith"] = (["string"], 1, int.MaxValue),
        ["notEndsWith"] = (["string"], 1, int.MaxValue),
        ["gt"] = (["number"], 1, 1),
        ["gte"] = (["number"], 1, 1),
        ["lt"] = (["number"], 1, 1),
        ["lte"] = (["number"], 1, 1),
        ["set"] = (["string", "number", "boolean", "time", "geo"], 0, 0),
        ["notSet"] = (["string", "number", "boolean", "time", "geo"], 0, 0),
        ["inDateRange"] = (["time"], 1, 2),
        ["notInDateRange"] = (["time"], 1, 2),
        ["onTheDate"] = (["time"], 1, 1),
        ["beforeDate"] = (["time"], 1, 1),
        ["beforeOrOnDate"] = (["time"], 1, 1),
        ["afterDate"] = (["time"], 1, 1),
        ["afterOrOnDate"] = (["time"], 1, 1),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static bool IsKnown(string name) => All.ContainsKey(name);

    /// <summary>The operators that a member of a type takes.</summary>
    public static IEnumerable<string> Of(string type) => All.Where(entry => entry.Value.Types.Contains(type)).Select(entry => entry.Key);

    public static bool Fits(string name, string type) => All[name].Types.Contains(type);

    public static bool TakesCount(string name, int values) => values >= All[name].Least && values <= All[name].Most;
}
