using System.Globalization;
using AiBackend.DataStores;

namespace AiBackend.Semantics.Rows;

/// <summary>Whether what a row says of when it was changed can be relied on.</summary>
internal static class RowTimes
{
    /// <summary>Within this time after a row's own time of change it may change again without another time, or its clock may be ahead of ours.</summary>
    private static readonly TimeSpan Unsettled = TimeSpan.FromMinutes(10);

    /// <summary>How far a local time, of which we do not know where, may be behind UTC.</summary>
    private static readonly TimeSpan FarthestZone = TimeSpan.FromHours(12);

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>False when the row may change again and still say the same.</summary>
    /// <param name="column">The column that tells of changes.</param>
    /// <param name="value">What it says.</param>
    /// <param name="readAt">When the reading of the row began.</param>
    public static bool IsSettled(ColumnSchema column, string value, DateTimeOffset readAt) => column.Kind switch
    {
        ColumnKind.Integer or ColumnKind.Number => !SinceEpoch(value).Any(at => (at - readAt).Duration() < Day),
        ColumnKind.Time => IsLongAgo(value, TellsZone(column.Type), readAt),
        ColumnKind.Date => IsLongAgo(value, tellsZone: false, readAt),

        // Some databases keep times in columns of texts. What is none is a version.
        _ => value is not [_, _, _, _, '-', _, _, '-', _, _, ..] || IsLongAgo(value, value.EndsWith('Z'), readAt),
    };

    private static bool IsLongAgo(string value, bool tellsZone, DateTimeOffset readAt)
    {
        // A day is over at its end; times that cannot be read are never relied on.
        var isDay = !value.Contains(':', StringComparison.Ordinal);
        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            && at < readAt - Unsettled - (isDay ? Day : TimeSpan.Zero) - (tellsZone ? TimeSpan.Zero : FarthestZone);
    }

    private static bool TellsZone(string type) =>
        type.Contains("with time zone", StringComparison.OrdinalIgnoreCase) || type.Contains("timestamptz", StringComparison.OrdinalIgnoreCase);

    // What points in time a number may mean: seconds, milliseconds or microseconds.
    private static IEnumerable<DateTimeOffset> SinceEpoch(string value)
    {
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            yield break;
        }

        foreach (var seconds in new[] { number, number / 1e3, number / 1e6 })
        {
            if (seconds is > 0 and < 1e11)
            {
                yield return DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(seconds);
            }
        }
    }
}
