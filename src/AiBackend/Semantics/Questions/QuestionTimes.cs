using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>Writes what a question says of time on a time dimension.</summary>
/// <param name="today">In the asker's time zone.</param>
internal sealed class QuestionTimes(DateOnly today)
{
    private const int MostDays = 31;
    private const int MostWeekDays = 120;

    public (CubeTimeDimension? Time, CubeFilter? Filter) Of(QuestionDraft draft, string dimension)
    {
        if (draft.Compare is { } compare)
        {
            var (first, second) = Compared(compare, draft.When?.Period);
            return (
                new CubeTimeDimension
                {
                    Dimension = dimension,
                    Granularity = draft.Grain is null ? null : Granularity(draft.Grain, first),
                    CompareDateRange = [Range(first), Range(second)],
                },
                null);
        }

        var period = draft.When?.Period;
        var granularity = draft.Grain is null ? null : Granularity(draft.Grain, period);
        if (period is { From: null })
        {
            var before = new CubeFilter.Condition(dimension, "beforeDate", [Period.Text(period.To.AddDays(1))]);
            return (granularity is null ? null : new CubeTimeDimension { Dimension = dimension, Granularity = granularity }, before);
        }

        return (new CubeTimeDimension { Dimension = dimension, Granularity = granularity, DateRange = period is null ? null : Range(period) }, null);
    }

    // "compared to last year" compares what is named with the same a year earlier; without a name the current year with the last.
    private static (Period First, Period Second) Compared(QuestionItem.Compare compare, Period? named)
    {
        if (compare.First is { } first)
        {
            return named is not null ? throw new NotUnderstoodException("It names three times.")
                : first.Unit == compare.Second.Unit && first.IsRelative == compare.Second.IsRelative ? (first, compare.Second)
                : compare.Second is { IsRelative: true, Unit: { } step } ? (first, first.Shift(step, -1))
                : first.Unit == compare.Second.Unit ? (first, compare.Second)
                : throw new NotUnderstoodException("The times that are compared are not of one length.");
        }

        var second = compare.Second;
        if (second.Unit is not { } unit || (named is { From: null }))
        {
            throw new NotUnderstoodException("It is not clear which times are compared.");
        }

        if (named is null)
        {
            return second.IsRelative ? (second.Shift(unit, 1), second) : throw new NotUnderstoodException("It is not clear what that time is compared with.");
        }

        return named.Unit == unit && !(second.IsRelative && !named.IsRelative) ? (named, second)
            : second.IsRelative ? (named, named.Shift(unit, -1))
            : throw new NotUnderstoodException("It is not clear which times are compared.");
    }

    private string Granularity(QuestionItem.Grain grain, Period? period)
    {
        if (grain.Unit is { } unit)
        {
            return unit;
        }

        var days = period is { From: { } from } ? Math.Min(period.To.DayNumber, today.DayNumber) - from.DayNumber + 1 : int.MaxValue;
        return days <= MostDays ? "day" : days <= MostWeekDays ? "week" : "month";
    }

    private static CubeDateRange Range(Period period) => period.From is { } from
        ? new CubeDateRange(Period.Text(from), Period.Text(period.To))
        : throw new NotUnderstoodException("A time without a beginning cannot be compared.");
}
