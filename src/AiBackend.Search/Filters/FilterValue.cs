using System.Text.Json;

namespace AiBackend.Search.Filters;

/// <summary>
/// A JSON value that can be compared: a string, a number, a truth value or null. Numbers are exact to 28 digits and doubles beyond.
/// </summary>
internal readonly record struct FilterValue(JsonValueKind Kind, string? Text, decimal Exact, double Inexact)
{
    public static FilterValue Null { get; } = new(JsonValueKind.Null, null, 0, 0);

    /// <returns>False for lists, objects and text that is not valid Unicode.</returns>
    public static bool TryRead(JsonElement element, out FilterValue value)
    {
        value = element.ValueKind switch
        {
            JsonValueKind.String => new FilterValue(JsonValueKind.String, ReadText(element), 0, 0),
            JsonValueKind.Number =>
                new FilterValue(JsonValueKind.Number, null, element.TryGetDecimal(out var exact) ? exact : 0, element.GetDouble()),
            JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null => new FilterValue(element.ValueKind, null, 0, 0),
            _ => default,
        };
        return value.Kind != JsonValueKind.Undefined && (value.Kind != JsonValueKind.String || value.Text is not null);
    }

    private static string? ReadText(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            // JSON may escape half a surrogate pair, which no string can hold.
            return null;
        }
    }

    /// <returns>Below, at or above 0 as usual; null where the two do not compare.</returns>
    public int? CompareWith(FilterValue other) => (Kind, other.Kind) switch
    {
        (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(Text, other.Text),
        (JsonValueKind.Number, JsonValueKind.Number) =>
            Inexact == other.Inexact ? Exact.CompareTo(other.Exact) : Inexact.CompareTo(other.Inexact),
        _ => null,
    };
}
