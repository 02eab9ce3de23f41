using System.Globalization;
using System.Text.Json;
using AiBackend.Http;

namespace AiBackend.Chat;

/// <summary>Reads the filters of a list from its query.</summary>
internal sealed class QueryFields(IQueryCollection query)
{
    /// <summary>The text, or null when it is not given.</summary>
    public string? Text(string name) => query.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } text ? text : null;

    /// <summary>The text, or null when the name does not occur; refuses an empty one, by which more would be found than was meant.</summary>
    public string? TextIfGiven(string name) =>
        query.ContainsKey(name) ? Text(name) ?? throw ApiException.Invalid(name, "A value is expected.") : null;

    /// <summary>The time, or null when it is not given.</summary>
    public DateTimeOffset? Time(string name) => Text(name) is { } text ? QueryTime.Parse(name, text) : null;

    /// <summary>The whole number within these bounds, or null when it is not given.</summary>
    public int? Whole(string name, int min, int max)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw ApiException.Invalid(name, $"A whole number from {min} to {max} is expected.");
    }

    /// <summary>One of the words of an enumeration, in snake case; null when it is not given.</summary>
    public T? Word<T>(string name)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        foreach (var value in Enum.GetValues<T>())
        {
            if (WordOf(value) == text)
            {
                return value;
            }
        }

        throw ApiException.Invalid(name, $"One of {string.Join(", ", Enum.GetValues<T>().Select(WordOf))} is expected.");
    }

    private static string WordOf<T>(T value)
        where T : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
