using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>A column of an answer.</summary>
/// <param name="Name">As it is in the rows.</param>
/// <param name="Title">For people.</param>
/// <param name="Type"><c>string</c>, <c>number</c>, <c>time</c> or <c>boolean</c>.</param>
/// <param name="Format">Such as <c>currency</c>; for spans of time their granularity; null: as it is.</param>
/// <param name="Role"><c>measure</c>, <c>dimension</c> or <c>comparison</c>.</param>
internal sealed record QueryColumn(string Name, string Title, string Type, string? Format, string Role);

/// <summary>The columns of a query, and its rows with numbers as numbers.</summary>
internal static class QueryTable
{
    /// <summary>The column that tells which range a row is of where ranges are compared.</summary>
    public const string Comparison = "compareDateRange";

    public static IReadOnlyList<QueryColumn> Columns(CubeQuery query, CubeMeta meta) =>
    [
        .. query.TimeDimensions.Any(time => time.CompareDateRange.Count > 0) ? [new QueryColumn(Comparison, "Period", "string", null, "comparison")] : Array.Empty<QueryColumn>(),
        .. query.TimeDimensions.Where(time => time.Granularity is not null)
            .Select(time => new QueryColumn($"{time.Dimension}.{time.Granularity}", QueryWords.Title(time.Dimension, meta), "time", time.Granularity, "dimension")),
        .. query.Dimensions.Select(name => new QueryColumn(name, QueryWords.Title(name, meta), TypeOf(name, meta), FormatOf(name, meta), "dimension")),
        .. query.Measures.Select(name => new QueryColumn(name, QueryWords.Title(name, meta), TypeOf(name, meta), FormatOf(name, meta), "measure")),
    ];

    /// <summary>The queries that a query with compared ranges is, one for each; else it alone.</summary>
    public static IReadOnlyList<(CubeQuery Query, string? Period)> Parts(CubeQuery query)
    {
        if (query.TimeDimensions.FirstOrDefault(time => time.CompareDateRange.Count > 0) is not { } compared)
        {
            return [(query, null)];
        }

        return
        [
            .. compared.CompareDateRange.Select(range => (
                query with
                {
                    TimeDimensions = [.. query.TimeDimensions.Select(time => time == compared ? time with { CompareDateRange = [], DateRange = range } : time)],
                },
                (string?)QueryWords.Words(range))),
        ];
    }

    /// <summary>Rows by column name; Cube tells numbers as texts.</summary>
    public static IEnumerable<JsonObject> Rows(JsonElement data, IReadOnlyList<QueryColumn> columns, string? period)
    {
        foreach (var row in data.EnumerateArray())
        {
            var values = new JsonObject();
            foreach (var column in columns)
            {
                values[column.Name] = column.Role == "comparison" ? period : row.TryGetProperty(column.Name, out var value) ? Value(value, column.Type) : null;
            }

            yield return values;
        }
    }

    private static JsonNode? Value(JsonElement value, string type) => (value.ValueKind, type) switch
    {
        (JsonValueKind.Null or JsonValueKind.Undefined, _) => null,
        (JsonValueKind.String, "number") => Number(value.GetString()!),
        (JsonValueKind.String, "boolean") => value.GetString() switch { "true" or "t" or "1" => true, "false" or "f" or "0" => false, var other => other },
        (JsonValueKind.Number, "boolean") => value.GetRawText() != "0",
        _ => JsonNode.Parse(value.GetRawText()),
    };

    // Long decimals stay exact; what is no number stays as it is.
    private static JsonNode? Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole
        : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var large) && double.IsFinite(large) ? large
        : text;

    private static string TypeOf(string name, CubeMeta meta)
    {
        var parts = name.Split('.');
        return parts.Length == 3 ? "time" : meta.Find(name)?.Member.Type is { Length: > 0 } type ? type : "string";
    }

    private static string? FormatOf(string name, CubeMeta meta) => name.Split('.') is [_, _, var granularity] ? granularity : meta.Find(name)?.Member.Format;
}
