namespace AiBackend.Chat.Analytics;

/// <summary>When the hours, days, weeks and months of a time zone begin. Its offsets must be whole quarters of an hour.</summary>
internal sealed class LocalCalendar(TimeZoneInfo zone)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>The first moment of a local day; where the clocks are set forward over it, the moment they are.</summary>
    public DateTimeOffset BeginningOf(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);
        var around = new DateTimeOffset(local, TimeSpan.Zero);
        var (before, after) = (zone.GetUtcOffset(around - Day), zone.GetUtcOffset(around + Day));
        var at = around - (before > after ? before : after);
        while (LocalOf(at) < local)
        {
            at += AnalyticsLog.Quarter;
        }

        return at;
    }

    /// <summary>The first moment of the interval that this time is in.</summary>
    public DateTimeOffset BeginningOf(DateTimeOffset time, LocalInterval interval)
    {
        if (interval is not LocalInterval.Hour)
        {
            return BeginningOf(FirstDay(time, interval));
        }

        var at = AnalyticsLog.QuarterOf(time);
        while (!BeginsHour(at))
        {
            at -= AnalyticsLog.Quarter;
        }

        return at;
    }

    /// <summary>The first moment of the interval that comes so many after the one that this time is in.</summary>
    public DateTimeOffset Later(DateTimeOffset time, LocalInterval interval, int count) => interval switch
    {
        LocalInterval.Hour => BeginningOf(BeginningOf(time, interval).AddHours(count), interval),
        _ => BeginningOf(Later(FirstDay(time, interval), interval, count)),
    };

    /// <summary>The beginning, all beginnings of intervals after it, and the end, as far as the limit goes.</summary>
    public IReadOnlyList<DateTimeOffset> Edges(DateTimeOffset from, DateTimeOffset to, LocalInterval interval, int most)
    {
        var edges = new List<DateTimeOffset> { from };
        edges.AddRange((interval is LocalInterval.Hour ? Hours(from, to) : Days(from, to, interval)).Take(most));
        edges.Add(to);
        return edges;
    }

    private IEnumerable<DateTimeOffset> Hours(DateTimeOffset from, DateTimeOffset to)
    {
        for (var at = from + AnalyticsLog.Quarter; at < to; at += AnalyticsLog.Quarter)
        {
            if (BeginsHour(at))
            {
                yield return at;
            }
        }
    }

    private IEnumerable<DateTimeOffset> Days(DateTimeOffset from, DateTimeOffset to, LocalInterval interval)
    {
        var last = from;
        for (var day = Later(FirstDay(from, interval), interval, 1); ; day = Later(day, interval, 1))
        {
            var at = BeginningOf(day);
            if (at >= to)
            {
                yield break;
            }

            // A day that the time zone has left out takes no time.
            if (at > last)
            {
                yield return last = at;
            }
        }
    }

    // Set back by a whole hour, the clocks show an hour once more; set back by less, the hour is longer.
    private bool BeginsHour(DateTimeOffset at)
    {
        var (local, before) = (LocalOf(at), LocalOf(at - AnalyticsLog.Quarter));
        return local.Minute == 0 || local.Date.AddHours(local.Hour) > before;
    }

    private DateTime LocalOf(DateTimeOffset at) => at.UtcDateTime + zone.GetUtcOffset(at);

    private DateOnly FirstDay(DateTimeOffset time, LocalInterval interval)
    {
        var day = DateOnly.FromDateTime(LocalOf(time));
        return interval switch
        {
            LocalInterval.Week => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
            LocalInterval.Month => new DateOnly(day.Year, day.Month, 1),
            _ => day,
        };
    }

    private static DateOnly Later(DateOnly day, LocalInterval interval, int count) => interval switch
    {
        LocalInterval.Week => day.AddDays(7 * count),
        LocalInterval.Month => day.AddMonths(count),
        _ => day.AddDays(count),
    };
}

/// <summary>A length of time by the calendar.</summary>
internal enum LocalInterval
{
    Hour,
    Day,

    /// <summary>From Monday.</summary>
    Week,
    Month,
}
