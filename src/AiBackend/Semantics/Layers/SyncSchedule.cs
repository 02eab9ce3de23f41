using Cronos;

namespace AiBackend.Semantics.Layers;

/// <summary>When a linked store is synced by itself: five fields of cron, in UTC.</summary>
internal static class SyncSchedule
{
    /// <summary>Whether it is a schedule that will ever be due.</summary>
    public static bool IsSchedule(string text, DateTimeOffset now) => TryParse(text, out var parsed) && NextOf(parsed, now) is not null;

    /// <summary>The first time after this one at which the schedule is due; null without one.</summary>
    public static DateTimeOffset? Next(string? schedule, DateTimeOffset after) =>
        schedule is not null && TryParse(schedule, out var parsed) ? NextOf(parsed, after) : null;

    private static DateTimeOffset? NextOf(CronExpression schedule, DateTimeOffset after) => schedule.GetNextOccurrence(after, TimeZoneInfo.Utc);

    private static bool TryParse(string text, out CronExpression parsed)
    {
        // A macro such as @daily is no five fields.
        parsed = CronExpression.Daily;
        return !text.Contains('@', StringComparison.Ordinal) && CronExpression.TryParse(text, CronFormat.Standard, out parsed!);
    }
}
