using System.Globalization;
using System.Text.RegularExpressions;

namespace AiBackend.Semantics.Questions;

/// <summary>Finds what a question says of time: spans, spans to compare, and by what spans to group.</summary>
/// <remarks>"The last 3 months" are the three whole months before the current one, as in Cube; "since" and "after" reach to today.</remarks>
internal static partial class TimePhrases
{
    private const string Point = TimePoints.Pattern;
    private const string Preposition = @"(?:in|on|during|for|of|at|over|within|throughout|from)";
    private const string Against = @"(?:vs|versus|against|compared (?:to|with)|in comparison (?:to|with)|relative to)";

    /// <summary>Finds them in what no item covers yet; <paramref name="add"/> refuses what is covered.</summary>
    public static void Find(QuestionWords words, DateOnly today, Func<QuestionItem, bool> add)
    {
        foreach (var (match, a, b) in Matches(Between(), words, "a", "b"))
        {
            var last = TimePoints.Read(b, today);
            var first = TimePoints.Read(a, today, last is { IsAssumed: false, Unit: not "year" } ? last.To.Year : null);
            if (first is { From: { } from } && last is not null && from <= last.To)
            {
                Add(match, (start, end) => new QuestionItem.When(start, end, new Period(from, last.To, null) { IsAssumed = last.IsAssumed }));
            }
        }

        foreach (var (match, a, b) in Matches(Compared(), words, "a", "b"))
        {
            var second = TimePoints.Read(b, today);
            if (TimePoints.Read(a, today, second is { IsAssumed: false } ? second.To.Year : null) is { } first && second is not null && first != second)
            {
                Add(match, (start, end) => new QuestionItem.Compare(start, end, first, second));
            }
        }

        foreach (var (match, b, _) in Matches(ComparedTo(), words, "b", "b"))
        {
            if (TimePoints.Read(b, today) is { } second)
            {
                Add(match, (start, end) => new QuestionItem.Compare(start, end, null, second));
            }
        }

        foreach (var (match, how, a) in Matches(Open(), words, "how", "a"))
        {
            // "From last month" is in it, "from last month on" is since.
            var isWithin = how == "from" && !match.Value.TrimEnd().EndsWith(" on", StringComparison.Ordinal) && !match.Value.Contains(" onward", StringComparison.Ordinal);
            if (!isWithin && TimePoints.Read(a, today) is { From: { } from } point)
            {
                var period = how switch
                {
                    "since" or "starting" or "from" => new Period(from, today, null) { Kind = PeriodKind.Since },
                    "after" => new Period(point.To.AddDays(1), today, null) { Kind = PeriodKind.After },
                    "before" or "prior to" => new Period(null, from.AddDays(-1), null) { Kind = PeriodKind.Before },
                    _ => new Period(null, point.To, null) { Kind = PeriodKind.Until },
                };
                if (period.From is not { } begin || begin <= period.To)
                {
                    Add(match, (start, end) => new QuestionItem.When(start, end, period with { IsAssumed = point.IsAssumed }));
                }
            }
        }

        foreach (var (match, count, unit) in Matches(Last(), words, "n", "unit"))
        {
            var number = int.Parse(count, CultureInfo.InvariantCulture);
            if (number is > 0 and <= 1_000)
            {
                var current = Period.Of(unit, today);
                Add(match, (start, end) => new QuestionItem.When(start, end, new Period(Period.Add(current.From!.Value, unit, -number), current.From.Value.AddDays(-1), null) { IsRelative = true }));
            }
        }

        foreach (var (match, unit, _) in Matches(ToDate(), words, "unit", "unit"))
        {
            var named = unit is "ytd" or "so far this year" ? "year" : unit is "mtd" or "so far this month" ? "month" : unit;
            Add(match, (start, end) => new QuestionItem.When(start, end, new Period(Period.Of(named, today).From, today, null) { IsRelative = true }));
        }

        foreach (var (match, unit, _) in Matches(Grains(), words, "unit", "unit"))
        {
            var asked = match.Groups["asked"].Success;
            Add(match, (start, end) => new QuestionItem.Grain(start, end, UnitOf(unit), asked));
        }

        foreach (var (match, a, _) in Matches(Single(), words, "a", "a"))
        {
            // "may" alone is a verb.
            if (TimePoints.Read(a, today) is { } period && !(match.Value.Trim() == "may"))
            {
                Add(match, (start, end) => new QuestionItem.When(start, end, period));
            }
        }

        foreach (var (match, _, _) in Matches(OverTime(), words, "all", "all"))
        {
            Add(match, (start, end) => new QuestionItem.Grain(start, end, null, IsAsked: false));
        }

        void Add(Match match, Func<int, int, QuestionItem> make)
        {
            var (start, end) = words.At(match);
            add(make(start, end));
        }
    }

    private static IEnumerable<(Match Match, string One, string Other)> Matches(Regex pattern, QuestionWords words, string one, string other) =>
        pattern.Matches(words.Line).Select(match => (match, match.Groups[one].Value, match.Groups[other].Value));

    private static string UnitOf(string word) => word switch
    {
        "daily" => "day",
        "weekly" => "week",
        "monthly" => "month",
        "quarterly" => "quarter",
        "yearly" or "annual" or "annually" => "year",
        "hourly" => "hour",
        _ => word.TrimEnd('s'),
    };

    [GeneratedRegex($@"(?<!\S)(?:{Preposition} )?(?:between|from) (?:the )?(?<a>{Point}) (?:and|to|until|till|through) (?<b>{Point})(?= )|(?<!\S)(?:{Preposition} )?(?<a>{Point}) (?:to|until|till|through) (?<b>{Point})(?= )")]
    private static partial Regex Between();

    [GeneratedRegex($@"(?<!\S)(?:{Preposition} )?(?<a>{Point}) (?:and|{Against}) (?:{Preposition} )?(?<b>{Point})(?= )")]
    private static partial Regex Compared();

    [GeneratedRegex($@"(?<!\S)(?:, )?{Against} (?:(?:that|those) )?(?:{Preposition} )?(?:the same (?:period|time) )?(?:{Preposition} )?(?<b>{Point})(?= )")]
    private static partial Regex ComparedTo();

    [GeneratedRegex($@"(?<!\S)(?<how>since|starting|after|before|prior to|until|till|up to|through|from)(?: (?:from|in|on))?(?: the (?:start|beginning|end) of)? (?<a>{Point})(?: (?:on|onward|onwards))?(?= )")]
    private static partial Regex Open();

    [GeneratedRegex($@"(?<!\S)(?:{Preposition} )?(?:the |our )?(?:last|past|previous) (?<n>\d{{1,4}}) (?<unit>{TimePoints.Unit})s?(?= )")]
    private static partial Regex Last();

    [GeneratedRegex(@"(?<!\S)(?<unit>year|quarter|month|week) to date(?= )|(?<!\S)(?<unit>ytd|mtd)(?= )|(?<!\S)(?<unit>so far this (?:year|month))(?= )")]
    private static partial Regex ToDate();

    [GeneratedRegex(
        @"(?<!\S)(?:by|per|each|every|for each|for every|in each|grouped by|group by|broken down by|split by) (?:the )?(?:calendar )?(?<unit>hour|day|week|month|quarter|year)(?= )(?! of )"
        + @"|(?<!\S)(?<unit>hour|day|week|month|quarter|year) (?:by|after) \k<unit>(?= )"
        + @"|(?<!\S)(?:and|,) (?:by |per )?(?<unit>hour|day|week|month|quarter|year)(?= )(?! (?:of|by|after) )"
        + @"|(?<!\S)(?:on a )?(?<unit>daily|weekly|monthly|quarterly|yearly|annual|annually|hourly)(?: basis)?(?= )"
        + @"|(?<!\S)(?:in )?(?<asked>which|what) (?<unit>hour|day|week|month|quarter|year)(?= )(?! of )")]
    private static partial Regex Grains();

    [GeneratedRegex($@"(?<!\S)(?:{Preposition} )?(?<a>{Point})(?= )")]
    private static partial Regex Single();

    [GeneratedRegex(@"(?<!\S)(?:over time|trend over time|as a trend|(?:the )?trend of|trend|development)(?= )")]
    private static partial Regex OverTime();
}
