using System.Text.Json.Nodes;

namespace AiBackend.Semantics.Questions;

/// <summary>A Vega-Lite chart that fits the shape of an answer.</summary>
internal static class VegaChart
{
    private const string Schema = "https://vega.github.io/schema/vega-lite/v5.json";
    private const int MostBars = 30;
    private const int MostSeries = 12;
    private const int MostPoints = 2_000;

    /// <returns>Null where no chart says more than the rows: none at all, or no measure.</returns>
    public static JsonObject? Of(IReadOnlyList<QueryColumn> columns, IReadOnlyList<JsonObject> rows, string title)
    {
        var measures = columns.Where(column => column is { Role: "measure", Type: "number" }).ToList();
        if (measures.Count == 0 || rows.Count == 0)
        {
            return null;
        }

        var time = columns.FirstOrDefault(column => column is { Role: "dimension", Type: "time" });
        var groups = columns.Where(column => column.Role == "dimension" && column != time).ToList();
        var comparison = columns.FirstOrDefault(column => column.Role == "comparison");

        // Keys stand beside names only to tell apart those of one name.
        var labels = groups.Count > 1 && groups.Any(group => group.Type == "string") ? [.. groups.Where(group => group.Type == "string")] : groups;
        var measure = measures[0];
        return (time, labels.Count, comparison) switch
        {
            (not null, _, _) => Series(columns, rows, title, time, comparison ?? labels.FirstOrDefault(), measures),
            (null, 0, null) when rows.Count == 1 => Number(columns, rows, title, measure),
            (null, 0, not null) => Bars(columns, rows, title, comparison, null, measure, isSorted: false),
            (null, 0, null) => null,
            (null, _, _) => Bars(columns, rows, title, labels[0], comparison ?? labels.Skip(1).FirstOrDefault(), measure, isSorted: true),
        };
    }

    private static JsonObject Number(IReadOnlyList<QueryColumn> columns, IReadOnlyList<JsonObject> rows, string title, QueryColumn measure) =>
        Chart(columns, rows, title, new JsonObject { ["type"] = "text", ["fontSize"] = 40 }, new JsonObject { ["text"] = Channel(measure, "quantitative") });

    private static JsonObject Series(
        IReadOnlyList<QueryColumn> columns, IReadOnlyList<JsonObject> rows, string title, QueryColumn time, QueryColumn? series, List<QueryColumn> measures)
    {
        // Compared ranges lie over one another, by their place in the range.
        var encoding = new JsonObject
        {
            ["x"] = Channel(time, "temporal"),
            ["y"] = Channel(measures[0], "quantitative"),
        };
        if (series is not null && rows.Select(row => row[series.Name]?.ToString()).Distinct(StringComparer.Ordinal).Count() <= MostSeries)
        {
            encoding["color"] = Channel(series, "nominal");
        }
        else if (series is not null)
        {
            encoding["detail"] = Channel(series, "nominal");
        }

        return Chart(columns, rows.Take(MostPoints), title, new JsonObject { ["type"] = "line", ["point"] = rows.Count <= MostBars }, encoding);
    }

    private static JsonObject Bars(
        IReadOnlyList<QueryColumn> columns, IReadOnlyList<JsonObject> rows, string title, QueryColumn group, QueryColumn? series, QueryColumn measure, bool isSorted)
    {
        var shown = rows;
        var sums = rows.GroupBy(row => row[group.Name]?.ToString()).Select(same => (same.Key, Sum: same.Sum(row => NumberOf(row[measure.Name])))).ToList();
        if (sums.Count > MostBars)
        {
            var largest = sums.OrderByDescending(entry => entry.Sum).Take(MostBars).Select(entry => entry.Key).ToHashSet();
            shown = [.. rows.Where(row => largest.Contains(row[group.Name]?.ToString()))];
            title = $"{title} (the {MostBars} largest)";
        }

        var axis = Channel(group, "nominal");
        axis["sort"] = isSorted ? "-x" : null;
        var encoding = new JsonObject { ["y"] = axis, ["x"] = Channel(measure, "quantitative") };
        if (series is not null)
        {
            encoding["color"] = Channel(series, "nominal");

            // What is compared stands side by side, parts of a whole are put together.
            if (series.Role == "comparison")
            {
                encoding["yOffset"] = new JsonObject { ["field"] = Escape(series.Name) };
            }
        }

        return Chart(columns, shown, title, new JsonObject { ["type"] = "bar" }, encoding);
    }

    private static JsonObject Chart(IReadOnlyList<QueryColumn> columns, IEnumerable<JsonObject> rows, string title, JsonObject mark, JsonObject encoding)
    {
        mark["tooltip"] = true;
        return new JsonObject
        {
            ["$schema"] = Schema,
            ["title"] = title,
            ["data"] = new JsonObject
            {
                ["values"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonObject(columns.Select(column =>
                    KeyValuePair.Create(column.Name, row[column.Name]?.DeepClone()))))]),
            },
            ["mark"] = mark,
            ["encoding"] = encoding,
        };
    }

    private static JsonObject Channel(QueryColumn column, string type) =>
        new() { ["field"] = Escape(column.Name), ["type"] = type, ["title"] = column.Title };

    // A dot or bracket in a field's name means a way into an object.
    private static string Escape(string name) =>
        name.Replace(".", "\\.", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);

    private static decimal NumberOf(JsonNode? node) =>
        node is JsonValue value && decimal.TryParse(value.ToString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0;
}
