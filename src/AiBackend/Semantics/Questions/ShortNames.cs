namespace AiBackend.Semantics.Questions;

/// <summary>What people leave out of a name: the unit, what the thing is, the first of its words. <c>weight_kg</c> is "weight" and <c>claim_type</c> "type".</summary>
internal static class ShortNames
{
    /// <summary>Of a name without its unit, which says as much.</summary>
    public const double WithoutUnitScore = 0.97;

    /// <summary>Of a name's last word, which others may end with too.</summary>
    public const double LastWordScore = 0.87;

    private static readonly HashSet<string> SpanUnits = ["seconds", "secs", "sec", "minutes", "mins", "min", "hours", "hrs", "days", "weeks", "months", "years", "ms"];

    private static readonly HashSet<string> OtherUnits =
        ["kg", "kgs", "g", "lbs", "tonnes", "tons", "km", "kms", "miles", "metres", "meters", "cm", "mm", "sqm", "litres", "liters", "eur", "usd", "gbp", "chf", "cents", "pct", "percent", "kwh", "celsius"];

    // As a last word these tell too little of what is meant.
    private static readonly HashSet<string> Vague = ["id", "name", "number", "no", "code", "date", "time", "at", "on", "value", "total", "count", "flag", "key", "ref", "text", "data", "info", "by", "to", "from", "in"];

    /// <summary>The shorter names that a member's may be called by, with how well they fit.</summary>
    /// <param name="words">Of the member's name without its cube's and without the aggregation.</param>
    /// <param name="type">Of the dimension; <c>number</c> for a measure.</param>
    public static IEnumerable<(IReadOnlyList<string> Words, double Score)> OfMember(IReadOnlyList<string> words, string type)
    {
        var isSpan = words.Count > 1 && SpanUnits.Contains(words[^1]);
        if (type == "number" && (isSpan || (words.Count > 1 && OtherUnits.Contains(words[^1]))))
        {
            words = [.. words.SkipLast(1)];
            yield return (words, WithoutUnitScore);
            if (isSpan)
            {
                yield return ([.. words, "time"], WithoutUnitScore);
            }
        }

        if (type is "number" or "string" && words.Count > 1 && IsTelling(words[^1]))
        {
            yield return ([words[^1]], LastWordScore);
        }
    }

    /// <summary>The last word of a cube's name: "legs" of <c>shipment_legs</c>.</summary>
    public static IReadOnlyList<string> OfCube(IReadOnlyList<string> words) => words.Count > 1 && IsTelling(words[^1]) ? [words[^1]] : [];

    private static bool IsTelling(string word) => word.Length > 2 && !Vague.Contains(word) && !SpanUnits.Contains(word) && !OtherUnits.Contains(word);
}
