using System.Text.Json;

namespace AiBackend.Search.Filters;

/// <summary>Reads the filter language; every error names its place.</summary>
internal static class FilterParser
{
    /// <summary>How deep conditions may be nested; deeper ones would endanger the stack of whoever evaluates them.</summary>
    public const int DeepestNesting = 16;

    public static Condition Parse(JsonElement filter, string path)
    {
        try
        {
            return ParseObject(filter, path, DeepestNesting);
        }
        catch (InvalidOperationException)
        {
            // JSON may escape half a surrogate pair, which no string can hold.
            throw new SearchFilterException(path, "holds a name that is not valid text");
        }
    }

    private static Condition ParseObject(JsonElement filter, string path, int depth)
    {
        if (depth == 0)
        {
            throw new SearchFilterException(path, $"conditions are nested more than {DeepestNesting} deep");
        }

        if (filter.ValueKind != JsonValueKind.Object)
        {
            throw new SearchFilterException(path, "must be an object");
        }

        List<Condition> parts = [];
        foreach (var property in filter.EnumerateObject())
        {
            var inner = $"{path}.{property.Name}";
            parts.Add(property.Name switch
            {
                "$and" => new AllOf(ParseList(property.Value, inner, depth)),
                "$or" => new AnyOf(ParseList(property.Value, inner, depth)),
                "$not" => new Not(ParseObject(property.Value, inner, depth - 1)),
                ['$', ..] => throw new SearchFilterException(inner, "is not an operator here; known are $and, $or and $not"),
                "" => throw new SearchFilterException(inner, "a field needs a name"),
                _ => ParseField(property.Name, property.Value, inner),
            });
        }

        return parts.Count == 1 ? parts[0] : new AllOf(parts);
    }

    private static List<Condition> ParseList(JsonElement list, string path, int depth)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new SearchFilterException(path, "must be a list of conditions");
        }

        if (list.GetArrayLength() == 0)
        {
            throw new SearchFilterException(path, "must hold at least one condition");
        }

        return [.. list.EnumerateArray().Select((part, i) => ParseObject(part, $"{path}[{i}]", depth - 1))];
    }

    private static Condition ParseField(string field, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return new EqualsOneOf(field, [ReadValue(value, path)]);
        }

        List<Condition> parts = [];
        foreach (var property in value.EnumerateObject())
        {
            parts.Add(ParseOperator(field, property.Name, property.Value, $"{path}.{property.Name}"));
        }

        return parts switch
        {
            [] => throw new SearchFilterException(path, "must hold an operator"),
            [var single] => single,
            _ => new AllOf(parts),
        };
    }

    private static Condition ParseOperator(string field, string name, JsonElement value, string path) => name switch
    {
        "$in" => new EqualsOneOf(field, ReadValues(value, path)),
        "$ne" => new Not(new EqualsOneOf(field, [ReadValue(value, path)])),
        "$gt" => new Compares(field, Bound.Above, ReadComparable(value, path)),
        "$gte" => new Compares(field, Bound.AtLeast, ReadComparable(value, path)),
        "$lt" => new Compares(field, Bound.Below, ReadComparable(value, path)),
        "$lte" => new Compares(field, Bound.AtMost, ReadComparable(value, path)),
        "$exists" => value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? new Exists(field, value.GetBoolean())
            : throw new SearchFilterException(path, "must be true or false"),
        _ => throw new SearchFilterException(path, "is not an operator; known are $in, $gt, $gte, $lt, $lte, $ne and $exists"),
    };

    private static List<FilterValue> ReadValues(JsonElement list, string path) => list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select((value, i) => ReadValue(value, $"{path}[{i}]"))]
        : throw new SearchFilterException(path, "must be a list of values");

    private static FilterValue ReadComparable(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number
            ? ReadValue(value, path)
            : throw new SearchFilterException(path, "must be a number or a string");

    private static FilterValue ReadValue(JsonElement value, string path) => FilterValue.TryRead(value, out var read)
        ? read
        : throw new SearchFilterException(path, "must be a string, a number, a truth value or null; use $in for several");
}
