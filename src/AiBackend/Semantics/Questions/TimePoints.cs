using System.Globalization;
using System.Text.RegularExpressions;

namespace AiBackend.Semantics.Questions;

/// <summary>Reads words that name one period: a day, month, quarter, half or year, told by date or from now. Weeks begin on Monday.</summary>
internal static partial class TimePoints
{
    public const string Month = "(?:january|february|march|april|june|july|august|september|october|november|december|may|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)";
    public const string Year = @"(?:(?:19|20)\d\d)";
    public const string Unit = "(?:day|week|month|quarter|year)";

    /// <summary>What <see cref="Read"/> reads.</summary>
    public const string Pattern =
        $@"(?:\d{{4}}-\d{{2}}(?:-\d{{2}})?|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}"
        + $@"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{Month}(?: ,)?(?: {Year})?|{Month} \d{{1,2}}(?:st|nd|rd|th)?(?: ,)? {Year}|{Month} \d{{1,2}}(?:st|nd|rd|th)?"
        + $@"|{Month}(?: ,| of)? {Year}|(?:last|this) {Month}|{Month}"
        + $@"|(?:the )?q[1-4](?: of)?(?: {Year})?|(?:the )?(?:first|second|third|fourth|last|1st|2nd|3rd|4th) quarter(?: of)?(?: {Year})|(?:the )?(?:first|second|third|fourth|1st|2nd|3rd|4th) quarter"
        + $@"|(?:the )?h[12](?: of)? {Year}|(?:the )?(?:first|second|1st|2nd) half of {Year}"
        + $@"|today|yesterday|tomorrow|(?:the )?(?:this|current|last|previous|prior|past|next) {Unit}|(?:the )?(?:year )?{Year})";

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <param name="year">For what names no year; null: the latest that has begun.</param>
    /// <returns>Null when the words name no day that there is.</returns>
    public static Period? Read(string text, DateOnly today, int? year = null)
    {
        var match = Parts().Match(text.StartsWith("the ", StringComparison.Ordinal) ? text[4..] : text);
        if (!match.Success)
        {
            return null;
        }

        var named = match.Groups["year"] is { Success: true } written ? int.Parse(written.Value, CultureInfo.InvariantCulture) : (int?)null;
        if (match.Groups["iso"] is { Success: true } iso)
        {
            return iso.Length == 7 ? Day(iso.Value + "-01") is { } first ? Period.Of("month", first) : null
                : Day(iso.Value) is { } day ? Period.Of("day", day) : null;
        }

        if (match.Groups["dotted"] is { Success: true } dotted)
        {
            return DateOnly.TryParseExact(dotted.Value, "d.M.yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? Period.Of("day", day) : null;
        }

        if (match.Groups["month"] is { Success: true } month)
        {
            var number = Array.IndexOf(Months, month.Value[..3]) + 1;
            var dayOfMonth = match.Groups["day"] is { Success: true } days ? int.Parse(days.Value, CultureInfo.InvariantCulture) : (int?)null;
            var unit = dayOfMonth is null ? "month" : "day";
            return Latest(unit, named ?? year, today, y => dayOfMonth is not { } d ? new DateOnly(y, number, 1) : d <= DateTime.DaysInMonth(y, number) && d > 0 ? new DateOnly(y, number, d) : null);
        }

        if (match.Groups["quarter"] is { Success: true } quarter)
        {
            var number = Ordinal(quarter.Value);
            return Latest("quarter", named ?? year, today, y => new DateOnly(y, (number * 3) - 2, 1));
        }

        if (match.Groups["half"] is { Success: true } half)
        {
            var from = new DateOnly(named!.Value, Ordinal(half.Value) == 1 ? 1 : 7, 1);
            return new Period(from, from.AddMonths(6).AddDays(-1), null);
        }

        if (match.Groups["unit"] is { Success: true } of)
        {
            var current = Period.Of(of.Value, today) with { IsRelative = true };
            return match.Groups["which"].Value switch { "this" or "current" => current, "next" => current.Shift(of.Value, 1), _ => current.Shift(of.Value, -1) };
        }

        return match.Groups["now"].Value switch
        {
            "today" => Period.Of("day", today) with { IsRelative = true },
            "tomorrow" => Period.Of("day", today.AddDays(1)) with { IsRelative = true },
            "yesterday" => Period.Of("day", today.AddDays(-1)) with { IsRelative = true },
            _ => named is { } alone ? Period.Of("year", new DateOnly(alone, 1, 1)) : null,
        };
    }

    private static Period? Latest(string unit, int? year, DateOnly today, Func<int, DateOnly?> begin)
    {
        if (year is { } known)
        {
            return begin(known) is { } day ? Period.Of(unit, day) : null;
        }

        var latest = begin(today.Year) is { } now && now <= today ? now : begin(today.Year - 1);
        return latest is { } found ? Period.Of(unit, found) with { IsAssumed = true } : null;
    }

    private static DateOnly? Day(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private static int Ordinal(string word) => word switch { "first" or "1" or "1st" => 1, "second" or "2" or "2nd" => 2, "third" or "3" or "3rd" => 3, _ => 4 };

    [GeneratedRegex(
        $@"^(?:(?<iso>\d{{4}}-\d{{2}}(?:-\d{{2}})?)|(?<dotted>\d{{1,2}}\.\d{{1,2}}\.\d{{4}})"
        + $@"|(?<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?<month>{Month})(?: ,)?(?: (?<year>{Year}))?"
        + $@"|(?<month>{Month}) (?<day>\d{{1,2}})(?:st|nd|rd|th)?(?:(?: ,)? (?<year>{Year}))?"
        + $@"|(?:(?:last|this) )?(?<month>{Month})(?:(?: ,| of)? (?<year>{Year}))?"
        + $@"|q(?<quarter>[1-4])(?: of)?(?: (?<year>{Year}))?|(?<quarter>last) quarter(?: of)? (?<year>{Year})|(?<quarter>first|second|third|fourth|1st|2nd|3rd|4th) quarter(?: of)?(?: (?<year>{Year}))?"
        + $@"|h(?<half>[12])(?: of)? (?<year>{Year})|(?<half>first|second|1st|2nd) half of (?<year>{Year})"
        + $@"|(?<now>today|yesterday|tomorrow)|(?<which>this|current|last|previous|prior|past|next) (?<unit>{Unit})|(?:year )?(?<year>{Year}))$")]
    private static partial Regex Parts();
}
