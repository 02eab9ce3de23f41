using System.Globalization;

namespace AiBackend.Events;

/// <summary>How long to wait after each failed attempt. One attempt more than there are waits is made.</summary>
internal sealed class RetrySchedule
{
    /// <summary>No wait may be longer, whoever asks for it.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(24);

    private const double Jitter = 0.2;

    private readonly IReadOnlyList<TimeSpan> waits;

    private RetrySchedule(IReadOnlyList<TimeSpan> waits) => this.waits = waits;

    /// <summary>Reads a list such as <c>5s,5m,2h</c>: whole numbers with <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>; at most 20.</summary>
    /// <exception cref="FormatException">The text is not such a list; the message says what is wrong.</exception>
    public static RetrySchedule Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length is > 0 and <= 20
            ? new RetrySchedule([.. parts.Select(Wait)])
            : throw new FormatException("A retry schedule has 1 to 20 waits, such as 5s,5m,30m,2h.");
    }

    /// <summary>When to try again, or null when the schedule is used up.</summary>
    /// <param name="attempts">How many attempts were made, the one that just failed included; from 1.</param>
    /// <param name="failedAt">When it failed.</param>
    /// <param name="atLeast">How long the receiver asked to be left alone, if it did.</param>
    public DateTimeOffset? Next(int attempts, DateTimeOffset failedAt, TimeSpan? atLeast)
    {
        if (attempts > waits.Count)
        {
            return null;
        }

        var wait = waits[attempts - 1] * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble()));
        var longest = atLeast > wait ? atLeast.Value : wait;
        return failedAt + (longest < LongestWait ? longest : LongestWait);
    }

    private static TimeSpan Wait(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !int.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw Wrong(text);
        }

        var wait = text[digits..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            "d" => TimeSpan.FromDays(number),
            _ => throw Wrong(text),
        };
        return wait > TimeSpan.Zero && wait <= LongestWait ? wait : throw Wrong(text);
    }

    private static FormatException Wrong(string text) =>
        new($"'{text}' is not a wait of a retry schedule: a whole number with ms, s, m, h or d, at most 24h.");
}
