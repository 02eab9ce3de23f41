using System.Globalization;
using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>Says in words what a query asks: measures, groups, filters, time, order.</summary>
internal static class QueryWords
{
    /// <summary>One sentence.</summary>
    public static string Of(CubeQuery query, CubeMeta meta)
    {
        var measures = query.Measures.Select(name => Title(name, meta)).ToList();
        var text = measures.Count > 0 ? List(measures, "and") : "List";
        var groups = query.Dimensions.Select(name => Title(name, meta))
            .Concat(query.TimeDimensions.Where(time => time.Granularity is not null).Select(time => $"{time.Granularity} of {Title(time.Dimension, meta)}"))
            .ToList();
        text += groups.Count == 0 ? string.Empty : $" {(measures.Count > 0 ? "by" : "of")} {List(groups, "and")}";
        var conditions = query.Filters.Select(filter => Words(filter, meta))
            .Concat(query.Segments.Select(segment => Title(segment, meta)))
            .ToList();
        text += conditions.Count == 0 ? string.Empty : $", where {List(conditions, "and")}";
        var times = query.TimeDimensions.Select(time => Words(time, meta)).OfType<string>().ToList();
        text += times.Count == 0 ? string.Empty : $", {List(times, "and")}";
        if (query.Order is [var order, ..])
        {
            text += $", {(order.IsDescending ? "highest" : "lowest")} {Title(order.Member, meta)} first";
        }

        return query.Limit is { } limit && query.Order.Count > 0 && limit < CubeQueryCheck.DefaultRows
            ? string.Create(CultureInfo.InvariantCulture, $"{text}, {limit} {(limit == 1 ? "row" : "rows")} at most.")
            : $"{text}.";
    }

    /// <summary>A member's title; of a count, what it counts.</summary>
    public static string Title(string name, CubeMeta meta)
    {
        var parts = name.Split('.');
        if (parts.Length == 3 && meta.Find($"{parts[0]}.{parts[1]}") is { } timed)
        {
            return $"{timed.Member.Title} ({parts[2]})";
        }

        return meta.Find(name) is not { } found ? name
            : found.Member.AggType == "count" && found.Member.ShortTitle is "Count" or "Row Count" ? $"Number of {found.Cube.Title}"
            : found.Member.Title;
    }

    private static string Words(CubeFilter filter, CubeMeta meta) => filter switch
    {
        CubeFilter.And and => $"({List([.. and.Filters.Select(inner => Words(inner, meta))], "and")})",
        CubeFilter.Or or => $"({List([.. or.Filters.Select(inner => Words(inner, meta))], "or")})",
        CubeFilter.Condition condition => $"{Title(condition.Member, meta)} {Operator(condition)}",
        _ => throw new ArgumentOutOfRangeException(nameof(filter)),
    };

    private static string Operator(CubeFilter.Condition condition)
    {
        var values = List([.. condition.Values.Select(value => value ?? "nothing")], "or");
        return condition.Operator switch
        {
            "equals" or "in" => $"is {values}",
            "notEquals" or "notIn" => $"is not {values}",
            "contains" => $"contains {values}",
            "notContains" => $"does not contain {values}",
            "startsWith" => $"begins with {values}",
            "notStartsWith" => $"does not begin with {values}",
            "endsWith" => $"ends with {values}",
            "notEndsWith" => $"does not end with {values}",
            "gt" => $"is over {values}",
            "gte" => $"is at least {values}",
            "lt" => $"is under {values}",
            "lte" => $"is at most {values}",
            "set" => "is there",
            "notSet" => "is missing",
            "inDateRange" => $"is within {string.Join(" to ", condition.Values)}",
            "notInDateRange" => $"is not within {string.Join(" to ", condition.Values)}",
            "onTheDate" => $"is on {values}",
            "beforeDate" => $"is before {values}",
            "beforeOrOnDate" => $"is on or before {values}",
            "afterDate" => $"is after {values}",
            "afterOrOnDate" => $"is on or after {values}",
            _ => $"{condition.Operator} {values}",
        };
    }

    private static string? Words(CubeTimeDimension time, CubeMeta meta) =>
        time.CompareDateRange.Count > 0 ? $"{Title(time.Dimension, meta)} {List([.. time.CompareDateRange.Select(Words)], "compared with")}"
        : time.DateRange is { } range ? $"{Title(time.Dimension, meta)} {Words(range)}"
        : null;

    public static string Words(CubeDateRange range) =>
        range.To is { } to && to != range.From ? $"{range.From} to {to}" : range.From;

    private static string List(List<string> entries, string last) => entries.Count switch
    {
        0 => string.Empty,
        1 => entries[0],
        _ => $"{string.Join(", ", entries.SkipLast(1))} {last} {entries[^1]}",
    };
}
