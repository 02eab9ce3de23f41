using System.Globalization;

namespace AiBackend.Semantics.Questions;

/// <summary>A span of days, both within it.</summary>
/// <param name="From">Null: from the beginning.</param>
/// <param name="Unit">What the span is one of (<c>year</c>, <c>month</c>, …); null when it is none.</param>
internal sealed record Period(DateOnly? From, DateOnly To, string? Unit)
{
    /// <summary>How it was asked for, which is what counts where a year is a number and no time.</summary>
    public PeriodKind Kind { get; init; }

    /// <summary>Whether a part was left to be understood, such as which year's March.</summary>
    public bool IsAssumed { get; init; }

    /// <summary>Whether it was told from now, such as last month.</summary>
    public bool IsRelative { get; init; }

    /// <summary>The period of a unit in which a day is.</summary>
    public static Period Of(string unit, DateOnly day)
    {
        var from = unit switch
        {
            "day" => day,
            "week" => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
            "month" => new DateOnly(day.Year, day.Month, 1),
            "quarter" => new DateOnly(day.Year, ((day.Month - 1) / 3 * 3) + 1, 1),
            "year" => new DateOnly(day.Year, 1, 1),
            _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Unknown unit."),
        };
        return new Period(from, Add(from, unit, 1).AddDays(-1), unit);
    }

    /// <summary>The same span some units earlier or later; a whole unit stays whole.</summary>
    public Period Shift(string unit, int count)
    {
        if (From is not { } from)
        {
            return this with { To = Add(To, unit, count) };
        }

        var isWholeMonths = from.Day == 1 && To.AddDays(1).Day == 1;
        return this with { From = Add(from, unit, count), To = isWholeMonths && unit is not ("day" or "week") ? Add(To.AddDays(1), unit, count).AddDays(-1) : Add(To, unit, count) };
    }

    public static DateOnly Add(DateOnly day, string unit, int count) => unit switch
    {
        "day" => day.AddDays(count),
        "week" => day.AddDays(7 * count),
        "month" => day.AddMonths(count),
        "quarter" => day.AddMonths(3 * count),
        "year" => day.AddYears(count),
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Unknown unit."),
    };

    public static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>How a period was asked for.</summary>
internal enum PeriodKind
{
    Within,
    Since,
    After,
    Before,
    Until,
}
