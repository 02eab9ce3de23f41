using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>Tells whether a number is in the unit that a question names. Nothing is converted: what is in another unit, or does not say in which, does not fit.</summary>
internal static class Units
{
    private static readonly string[] Spans = ["second", "minute", "hour", "day", "week", "month", "year"];

    /// <summary>Units of weight, distance and volume, each by all of its names.</summary>
    private static readonly string[][] Physical = [["kg", "kilogram", "kilo"], ["t", "tonne", "ton"], ["km", "kilometre", "kilometer"], ["m", "metre", "meter"], ["mile"], ["litre", "liter"]];

    private static readonly string[] NoMoney = [.. Spans, "duration", "length", "quantity", "count", "stock", "unit", "piece", "age", "weight", "distance", .. Physical.SelectMany(unit => unit)];

    /// <summary>Whether it is a currency; none of those that are known is anything else.</summary>
    public static bool IsMoney(string unit) => unit is "€" or "$" or "£" or "eur" or "usd" or "gbp" || unit.TrimEnd('s') is "euro" or "dollar" or "pound";

    /// <param name="number">A dimension or measure.</param>
    /// <param name="unit">As it was written; null: none was.</param>
    public static bool Fits(CubeMember number, string? unit)
    {
        if (unit is null)
        {
            return true;
        }

        var words = QuestionWords.OfName($"{LayerNames.Short(number)} {number.Description}").Select(word => word.TrimEnd('s')).ToHashSet(StringComparer.Ordinal);
        var one = unit is "min" or "mins" ? "minute" : unit.TrimEnd('s');
        return one switch
        {
            "second" or "minute" or "hour" or "day" => words.Contains(one),
            "percent" => words.Overlaps(["percent", "percentage", "pct"]) || number.Format == "percent",
            "star" => words.Overlaps(["star", "rating"]),
            "piece" => words.Overlaps(["quantity", "piece", "unit", "stock", "qty", "count"]),
            _ when Array.Find(Physical, names => names.Contains(one)) is { } named => words.Overlaps(named),
            _ => !words.Overlaps(NoMoney),
        };
    }
}
