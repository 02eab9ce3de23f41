using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Chat.Analytics;

/// <summary>The time to report on.</summary>
/// <param name="From">Inclusive; on a quarter of an hour, as <paramref name="To"/> is.</param>
/// <param name="To">Exclusive.</param>
internal sealed partial record AnalyticsPeriod(DateTimeOffset From, DateTimeOffset To, TimeZoneInfo Zone)
    : IBindableFromHttpContext<AnalyticsPeriod>, IEndpointParameterMetadataProvider
{
    /// <summary>The longest time to report on: five years.</summary>
    public const int MostDays = 1_827;

    /// <summary>Since then the offsets of all time zones are whole quarters of an hour.</summary>
    public const int FirstYear = 1980;
    public const int LastYear = 2200;

    public static ValueTask<AnalyticsPeriod?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<AnalyticsPeriod?>(Read(context, LocalInterval.Day, count: 30));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        Describe(builder, "30 days, today included,");

    /// <summary>Reads the period from the query.</summary>
    /// <param name="interval">Without times: the period ends with the interval that is now,</param>
    /// <param name="count">and begins so many before.</param>
    /// <exception cref="ApiException">422.</exception>
    public static AnalyticsPeriod Read(HttpContext context, LocalInterval interval, int count)
    {
        var query = context.Request.Query;
        var zone = ZoneOf(query["time_zone"].ToString());
        var calendar = new LocalCalendar(zone);
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var to = Time(query, "to", calendar) ?? calendar.Later(now, interval, 1);
        var from = Time(query, "from", calendar) ?? calendar.Later(to - AnalyticsLog.Quarter, interval, 1 - count);
        if (from >= to)
        {
            throw ApiException.Invalid("from", "A time before to is expected.");
        }

        return (to - from).TotalDays <= MostDays
            ? new AnalyticsPeriod(from, to, zone)
            : throw ApiException.Invalid("from", $"At most {MostDays} days are reported at once.");
    }

    /// <summary>Says what the query may name.</summary>
    public static void Describe(EndpointBuilder builder, string length)
    {
        builder.Metadata.Add(new QueryParameterMetadata(
            "from", $"The beginning, inclusive: a time on a quarter of an hour, or a date in the time zone; by default {length} before to.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata(
            "to", "The end, exclusive: a time on a quarter of an hour, or a date in the time zone; by default the interval that is now is the last.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("time_zone", "An IANA name such as Europe/Berlin; UTC by default.", typeof(string)));
    }

    private static DateTimeOffset? Time(IQueryCollection query, string name, LocalCalendar calendar)
    {
        if (query[name].ToString() is not { Length: > 0 } text)
        {
            return null;
        }

        var isDay = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day);
        var time = isDay ? default : QueryTime.Parse(name, text).ToUniversalTime();
        if ((isDay ? day.Year : time.Year) is < FirstYear or > LastYear)
        {
            throw ApiException.Invalid(name, $"A time between the years {FirstYear} and {LastYear} is expected.");
        }

        if (isDay)
        {
            return calendar.BeginningOf(day);
        }

        return AnalyticsLog.QuarterOf(time) == time
            ? time
            : throw ApiException.Invalid(name, "A time on a quarter of an hour is expected, such as 2026-11-22T15:45:00Z: that is how exactly things are counted.");
    }

    private static TimeZoneInfo ZoneOf(string name)
    {
        if (name is "" or "UTC")
        {
            return TimeZoneInfo.Utc;
        }

        return ZoneName().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw ApiException.Invalid("time_zone", "An IANA time zone such as Europe/Berlin is expected.");
    }

    // The names are files: those that count leap seconds, and what lies elsewhere, are not meant.
    [GeneratedRegex(@"\A(?!right/|posix/)[A-Za-z][A-Za-z0-9_+-]{0,40}(/[A-Za-z0-9_+-]{1,40}){0,2}\z")]
    private static partial Regex ZoneName();
}

/// <summary>What to show over time.</summary>
internal sealed record TimeseriesQuery(AnalyticsPeriod Period, Metric Metric, LocalInterval Interval, IReadOnlyList<DateTimeOffset> Edges)
    : IBindableFromHttpContext<TimeseriesQuery>, IEndpointParameterMetadataProvider
{
    /// <summary>The most intervals in one answer.</summary>
    public const int MostIntervals = 5_000;

    public static ValueTask<TimeseriesQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = context.Request.Query;
        var metric = Metric.All.FirstOrDefault(metric => metric.Name == query["metric"].ToString())
            ?? throw ApiException.Invalid("metric", $"One of {string.Join(", ", Metric.All.Select(metric => metric.Name))} is expected.");
        var (interval, count) = query["interval"].ToString() switch
        {
            "hour" => (LocalInterval.Hour, 24),
            "" or "day" => (LocalInterval.Day, 30),
            "week" => (LocalInterval.Week, 12),
            "month" => (LocalInterval.Month, 12),
            _ => throw ApiException.Invalid("interval", "hour, day, week or month is expected."),
        };
        var period = AnalyticsPeriod.Read(context, interval, count);
        var edges = new LocalCalendar(period.Zone).Edges(period.From, period.To, interval, MostIntervals);
        return edges.Count - 1 <= MostIntervals
            ? ValueTask.FromResult<TimeseriesQuery?>(new TimeseriesQuery(period, metric, interval, edges))
            : throw ApiException.Invalid("from", $"At most {MostIntervals} intervals are reported at once.");
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new QueryParameterMetadata("metric", $"{string.Join(", ", Metric.All.Select(metric => metric.Name))}.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("interval", "hour, day (the default), week (from Monday) or month.", typeof(string)));
        AnalyticsPeriod.Describe(builder, "24 hours, 30 days, 12 weeks or 12 months");
    }
}
