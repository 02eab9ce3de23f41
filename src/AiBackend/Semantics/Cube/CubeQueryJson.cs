using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Http;

namespace AiBackend.Semantics.Cube;

/// <summary>A query to and from Cube's JSON. What Cube does not know is refused, with the path of the field.</summary>
internal static class CubeQueryJson
{
    private const int DeepestFilter = 5;
    private const int MostFilters = 100;
    private const int MostValues = 1_000;
    private const int LongestText = 1_000;

    /// <param name="path">Where the query stands in the request, for what is wrong: <c>query</c>.</param>
    /// <exception cref="ApiException">422 with what is wrong by field.</exception>
    public static CubeQuery Read(JsonElement root, string path = "query")
    {
        var query = new CubeQuery();
        foreach (var (name, value) in Fields(root, path))
        {
            var at = $"{path}.{name}";
            query = name switch
            {
                "measures" => query with { Measures = Members(value, at) },
                "dimensions" => query with { Dimensions = Members(value, at) },
                "segments" => query with { Segments = Members(value, at) },
                "filters" => query with { Filters = Filters(value, at, 1) },
                "timeDimensions" => query with { TimeDimensions = List(value, at, TimeDimension) },
                "order" => query with { Order = Order(value, at) },
                "limit" => query with { Limit = Count(value, at) },
                "offset" => query with { Offset = Count(value, at) },
                "timezone" => query with { Timezone = Text(value, at) },
                "total" => query with { Total = Bool(value, at) },
                "ungrouped" => query with { Ungrouped = Bool(value, at) },
                _ => throw Unknown(at),
            };
        }

        return query;
    }

    /// <summary>As Cube takes it; what is empty is left out.</summary>
    public static JsonObject Write(CubeQuery query)
    {
        var json = new JsonObject();
        Add("measures", query.Measures.Count, () => Names(query.Measures));
        Add("dimensions", query.Dimensions.Count, () => Names(query.Dimensions));
        Add("segments", query.Segments.Count, () => Names(query.Segments));
        Add("filters", query.Filters.Count, () => Write(query.Filters));
        Add("timeDimensions", query.TimeDimensions.Count, () => new JsonArray([.. query.TimeDimensions.Select(Write)]));
        Add("order", query.Order.Count, () => new JsonArray([.. query.Order.Select(order => new JsonArray(order.Member, order.IsDescending ? "desc" : "asc"))]));
        Add("limit", query.Limit is null ? 0 : 1, () => query.Limit);
        Add("offset", query.Offset is null ? 0 : 1, () => query.Offset);
        Add("timezone", query.Timezone is null ? 0 : 1, () => query.Timezone);
        Add("total", query.Total ? 1 : 0, () => true);
        Add("ungrouped", query.Ungrouped ? 1 : 0, () => true);
        return json;

        void Add(string name, int count, Func<JsonNode?> make)
        {
            if (count > 0)
            {
                json[name] = make();
            }
        }
    }

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);

    private static JsonArray Write(IReadOnlyList<CubeFilter> filters) => new([.. filters.Select(Write)]);

    private static JsonObject Write(CubeFilter filter) => filter switch
    {
        CubeFilter.And and => new JsonObject { ["and"] = Write(and.Filters) },
        CubeFilter.Or or => new JsonObject { ["or"] = Write(or.Filters) },
        CubeFilter.Condition { Values.Count: 0 } bare => new JsonObject { ["member"] = bare.Member, ["operator"] = bare.Operator },
        CubeFilter.Condition condition => new JsonObject
        {
            ["member"] = condition.Member,
            ["operator"] = condition.Operator,
            ["values"] = new JsonArray([.. condition.Values.Select(value => value is null ? null : (JsonNode)value)]),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(filter)),
    };

    private static JsonObject Write(CubeTimeDimension time)
    {
        var json = new JsonObject { ["dimension"] = time.Dimension };
        if (time.Granularity is not null)
        {
            json["granularity"] = time.Granularity;
        }

        if (time.DateRange is not null)
        {
            json["dateRange"] = Write(time.DateRange);
        }

        if (time.CompareDateRange.Count > 0)
        {
            json["compareDateRange"] = new JsonArray([.. time.CompareDateRange.Select(Write)]);
        }

        return json;
    }

    private static JsonNode Write(CubeDateRange range) =>
        !range.IsList ? range.From : range.To is null ? new JsonArray(range.From) : new JsonArray(range.From, range.To);

    private static List<CubeFilter> Filters(JsonElement list, string path, int depth)
    {
        var filters = List(list, path, (entry, at) => Filter(entry, at, depth));
        return filters.Count <= MostFilters ? filters : throw ApiException.Invalid(path, $"There may be at most {MostFilters}.");
    }

    private static CubeFilter Filter(JsonElement json, string path, int depth)
    {
        if (depth > DeepestFilter)
        {
            throw ApiException.Invalid(path, $"Filters may be at most {DeepestFilter} deep.");
        }

        var fields = Fields(json, path).ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal);
        if (fields.Count == 1 && fields.TryGetValue("and", out var all))
        {
            return new CubeFilter.And(Filters(all, $"{path}.and", depth + 1));
        }

        if (fields.Count == 1 && fields.TryGetValue("or", out var any))
        {
            return new CubeFilter.Or(Filters(any, $"{path}.or", depth + 1));
        }

        if (fields.Keys.FirstOrDefault(name => name is not ("member" or "dimension" or "operator" or "values")) is { } odd)
        {
            throw Unknown($"{path}.{odd}");
        }

        // Cube's older name for it.
        var name = fields.ContainsKey("dimension") && !fields.ContainsKey("member") ? "dimension" : "member";
        return new CubeFilter.Condition(
            Text(Required(fields, name, path), $"{path}.{name}"),
            Operator(Text(Required(fields, "operator", path), $"{path}.operator"), $"{path}.operator"),
            fields.TryGetValue("values", out var values) ? Values(values, $"{path}.values") : []);
    }

    private static string Operator(string name, string path) => CubeOperators.IsKnown(name)
        ? name
        : throw ApiException.Invalid(path, $"There is no operator of that name. Operators: {string.Join(", ", CubeOperators.Names)}.");

    private static List<string?> Values(JsonElement list, string path)
    {
        var values = List(list, path, Value);
        return values.Count <= MostValues ? values : throw ApiException.Invalid(path, $"There may be at most {MostValues}.");
    }

    private static string? Value(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => Text(value, path, 0),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw ApiException.Invalid(path, "Must be a text, a number, true, false or null."),
    };

    private static CubeTimeDimension TimeDimension(JsonElement json, string path)
    {
        var fields = Fields(json, path).ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal);
        if (fields.Keys.FirstOrDefault(name => name is not ("dimension" or "granularity" or "dateRange" or "compareDateRange")) is { } odd)
        {
            throw Unknown($"{path}.{odd}");
        }

        if (fields.ContainsKey("dateRange") && fields.ContainsKey("compareDateRange"))
        {
            throw ApiException.Invalid($"{path}.compareDateRange", "Give either dateRange or compareDateRange.");
        }

        string? granularity = null;
        if (fields.TryGetValue("granularity", out var named) && named.ValueKind != JsonValueKind.Null)
        {
            granularity = Text(named, $"{path}.granularity");
            if (!CubeOperators.Granularities.Contains(granularity))
            {
                throw ApiException.Invalid($"{path}.granularity", $"Must be one of {string.Join(", ", CubeOperators.Granularities)}.");
            }
        }

        return new CubeTimeDimension
        {
            Dimension = Text(Required(fields, "dimension", path), $"{path}.dimension"),
            Granularity = granularity,
            DateRange = fields.TryGetValue("dateRange", out var range) ? CubeDates.Read(range, $"{path}.dateRange") : null,
            CompareDateRange = fields.TryGetValue("compareDateRange", out var ranges) ? CubeDates.ReadCompared(ranges, $"{path}.compareDateRange") : [],
        };
    }

    // A list of pairs, or an object, whose fields' order counts.
    private static List<CubeOrder> Order(JsonElement json, string path) => json.ValueKind == JsonValueKind.Object
        ? [.. Fields(json, path).Select(field => new CubeOrder(field.Name, IsDescending(field.Value, $"{path}.{field.Name}")))]
        : List(json, path, (entry, at) => entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2
            ? new CubeOrder(Text(entry[0], $"{at}[0]"), IsDescending(entry[1], $"{at}[1]"))
            : throw ApiException.Invalid(at, "Must be a member and asc or desc."));

    private static bool IsDescending(JsonElement json, string path) =>
        Text(json, path) switch { "asc" => false, "desc" => true, _ => throw ApiException.Invalid(path, "Must be asc or desc.") };

    private static List<string> Members(JsonElement list, string path) => List(list, path, (entry, at) => Text(entry, at));

    internal static List<T> List<T>(JsonElement list, string path, Func<JsonElement, string, T> read) => list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select((entry, index) => read(entry, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]")))]
        : throw ApiException.Invalid(path, "Must be a list.");

    internal static string Text(JsonElement json, string path, int least = 1) =>
        json.ValueKind != JsonValueKind.String || json.GetString() is not { } text ? throw ApiException.Invalid(path, "Must be a text.")
        : text.Length < least || text.Length > LongestText ? throw ApiException.Invalid(path, $"Must have {least} to {LongestText} characters.")
        : text;

    private static int Count(JsonElement json, string path) => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var count) && count >= 0
        ? count
        : throw ApiException.Invalid(path, "Must be a whole number, 0 or more.");

    private static bool Bool(JsonElement json, string path) => json.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? json.GetBoolean()
        : throw ApiException.Invalid(path, "Must be true or false.");

    private static List<(string Name, JsonElement Value)> Fields(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.Invalid(path, "Must be an object.");
        }

        var fields = json.EnumerateObject().Select(property => (property.Name, property.Value)).ToList();
        return fields.GroupBy(field => field.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Skip(1).Any()) is { } twice
            ? throw ApiException.Invalid($"{path}.{twice.Key}", "Is given twice.")
            : fields;
    }

    private static JsonElement Required(Dictionary<string, JsonElement> fields, string name, string path) =>
        fields.TryGetValue(name, out var value) ? value : throw ApiException.Invalid($"{path}.{name}", "Is required.");

    private static ApiException Unknown(string path) => ApiException.Invalid(path, "There is no such field.");
}
