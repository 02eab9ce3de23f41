using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AiBackend.Http;

namespace AiBackend.Semantics.Cube;

/// <summary>Date ranges in a query: dates and times, or the words that Cube takes for a range (<c>last week</c>).</summary>
internal static partial class CubeDates
{
    private const int MostCompared = 10;

    private static readonly string[] Formats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFF", "yyyy-MM-dd HH:mm:ss"];

    /// <exception cref="ApiException">422 with the path.</exception>
    public static CubeDateRange Read(JsonElement json, string path)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            var text = CubeQueryJson.Text(json, path);
            return IsDate(text) || Words().IsMatch(text)
                ? new CubeDateRange(text, null, IsList: false)
                : throw ApiException.Invalid(path, "Must be a date, a list of two dates, or words such as last week, this month, last 30 days, today.");
        }

        var dates = CubeQueryJson.List(json, path, Date);
        return dates switch
        {
            [var day] => new CubeDateRange(day, null),
            [var from, var to] when string.CompareOrdinal(from[..10], to[..10]) <= 0 => new CubeDateRange(from, to),
            [_, _] => throw ApiException.Invalid(path, "The range ends before it begins."),
            _ => throw ApiException.Invalid(path, "Must be one date or two."),
        };
    }

    public static IReadOnlyList<CubeDateRange> ReadCompared(JsonElement json, string path)
    {
        var ranges = CubeQueryJson.List(json, path, Read);
        return ranges.Count is >= 2 and <= MostCompared ? ranges : throw ApiException.Invalid(path, $"Must be 2 to {MostCompared} ranges.");
    }

    /// <summary>Whether it is a date or a time without a zone, as Cube takes it.</summary>
    public static bool IsDate(string text) =>
        DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static string Date(JsonElement json, string path) =>
        CubeQueryJson.Text(json, path) is var text && IsDate(text) ? text : throw ApiException.Invalid(path, "Must be a date (2024-03-31) or a time (2024-03-31T12:00:00).");

    [GeneratedRegex(@"^(today|yesterday|tomorrow|(this|last|next) (second|minute|hour|day|week|month|quarter|year)|(last|next) \d{1,4} (second|minute|hour|day|week|month|quarter|year)s?|from \d{1,4} (second|minute|hour|day|week|month|quarter|year)s? ago to (now|\d{1,4} (second|minute|hour|day|week|month|quarter|year)s? (ago|from now)))$", RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
