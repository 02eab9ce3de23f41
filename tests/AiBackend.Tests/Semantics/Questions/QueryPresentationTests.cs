using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Questions;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>What an answer says of itself: words, columns, chart.</summary>
public sealed class QueryPresentationTests
{
    private static readonly CubeMeta Meta = CubeMetaJson.Read(QuestionLayers.Meta("shop"));

    [Theory]
    [InlineData("""{"measures":["orders.count"]}""", "Number of Orders.")]
    [InlineData(
        """{"measures":["orders.revenue"],"dimensions":["customers.country"],"filters":[{"member":"orders.status","operator":"equals","values":["open","paid"]}],"timeDimensions":[{"dimension":"orders.ordered_at","granularity":"month","dateRange":["2024-01-01","2024-12-31"]}],"order":[["orders.revenue","desc"]],"limit":5}""",
        "Orders Revenue by Customers Country and month of Orders Ordered At, where Orders Status is open or paid, Orders Ordered At 2024-01-01 to 2024-12-31, highest Orders Revenue first, 5 rows at most.")]
    [InlineData(
        """{"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.ordered_at","compareDateRange":[["2024-01-01","2024-01-31"],["2023-01-01","2023-01-31"]]}]}""",
        "Number of Orders, Orders Ordered At 2024-01-01 to 2024-01-31 compared with 2023-01-01 to 2023-01-31.")]
    [InlineData(
        """{"measures":["orders.revenue"],"segments":["orders.first_orders"],"filters":[{"or":[{"member":"orders.total","operator":"lt","values":["5"]},{"member":"orders.total","operator":"gte","values":["10"]}]},{"member":"orders.shipped_at","operator":"notSet"},{"member":"orders.status","operator":"notEquals","values":["open"]}],"order":[["orders.revenue","asc"]],"limit":1000}""",
        "Orders Revenue, where (Orders Total is under 5 or Orders Total is at least 10), Orders Shipped At is missing, Orders Status is not open and Orders First Orders, lowest Orders Revenue first.")]
    [InlineData(
        """{"dimensions":["orders.status"],"filters":[{"and":[{"member":"orders.total","operator":"gt","values":["5"]},{"member":"orders.total","operator":"lte","values":["10"]}]},{"member":"orders.ordered_at","operator":"beforeDate","values":["2024-01-01"]}],"order":[["orders.status","desc"]],"limit":1}""",
        "List of Orders Status, where (Orders Total is over 5 and Orders Total is at most 10) and Orders Ordered At is before 2024-01-01, highest Orders Status first, 1 row at most.")]
    public void A_query_is_told_in_words(string query, string words) => Assert.Equal(words, QueryWords.Of(Read(query), Meta));

    [Fact]
    public void Numbers_become_numbers_and_compared_times_a_column()
    {
        var query = Read("""{"measures":["orders.revenue"],"dimensions":["customers.is_active"],"timeDimensions":[{"dimension":"orders.ordered_at","compareDateRange":[["2024-01-01","2024-01-31"],["2023-01-01","2023-01-31"]]}]}""");
        var columns = QueryTable.Columns(query, Meta);
        var parts = QueryTable.Parts(query);

        var rows = QueryTable.Rows(Json("""[{"orders.revenue":"12.50","customers.is_active":"true"},{"orders.revenue":null,"customers.is_active":false}]"""), columns, parts[1].Period);

        Assert.Equal([("compareDateRange", "comparison"), ("customers.is_active", "dimension"), ("orders.revenue", "measure")], columns.Select(column => (column.Name, column.Role)));
        Assert.Equal("currency", columns[2].Format);
        Assert.Equal(["2024-01-01", "2023-01-01"], parts.Select(part => Assert.Single(part.Query.TimeDimensions).DateRange!.From));
        Assert.Equal(
            ["""{"compareDateRange":"2023-01-01 to 2023-01-31","customers.is_active":true,"orders.revenue":12.50}""", """{"compareDateRange":"2023-01-01 to 2023-01-31","customers.is_active":false,"orders.revenue":null}"""],
            rows.Select(row => row.ToJsonString()));
    }

    [Theory]
    [InlineData("""{"measures":["orders.count"]}""", """[{"orders.count":"5"}]""", "text", null)]
    [InlineData("""{"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.ordered_at","granularity":"day"}]}""", """[{"orders.count":"5","orders.ordered_at.day":"2024-01-01T00:00:00.000"}]""", "line", null)]
    [InlineData("""{"measures":["orders.count"],"dimensions":["orders.status"]}""", """[{"orders.count":"5","orders.status":"open"},{"orders.count":"6","orders.status":"paid"}]""", "bar", null)]
    [InlineData("""{"measures":["orders.count"],"dimensions":["orders.status","orders.channel"]}""", """[{"orders.count":"5","orders.status":"open","orders.channel":"web"}]""", "bar", "orders\\.channel")]
    public void The_chart_fits_the_shape(string query, string data, string mark, string? series)
    {
        var columns = QueryTable.Columns(Read(query), Meta);
        var chart = VegaChart.Of(columns, [.. QueryTable.Rows(Json(data), columns, null)], "Title")!;

        Assert.Equal("https://vega.github.io/schema/vega-lite/v5.json", chart["$schema"]!.ToString());
        Assert.Equal(mark, chart["mark"]!["type"]!.ToString());
        Assert.Equal(series, chart["encoding"]!["color"]?["field"]?.ToString());
        Assert.Contains(chart["encoding"]!.AsObject(), channel => channel.Value!["field"]?.ToString() == "orders\\.count" && channel.Value["type"]?.ToString() == "quantitative");
    }

    [Theory]
    [InlineData(30, 30)]
    [InlineData(31, 30)]
    public void Many_bars_are_cut_to_the_largest(int groups, int bars)
    {
        var columns = QueryTable.Columns(Read("""{"measures":["orders.count"],"dimensions":["customers.city"]}"""), Meta);
        List<JsonObject> rows = [.. Enumerable.Range(1, groups).Select(index => new JsonObject { ["customers.city"] = $"City {index}", ["orders.count"] = index })];

        var chart = VegaChart.Of(columns, rows, "Title")!;

        var shown = chart["data"]!["values"]!.AsArray();
        Assert.Equal(bars, shown.Count);
        Assert.Equal(groups, shown.Max(row => row!["orders.count"]!.GetValue<int>()));
        Assert.Equal(groups > bars, chart["title"]!.ToString().Contains("largest", StringComparison.Ordinal));
    }

    [Fact]
    public void A_column_of_a_span_of_time_is_titled_with_it() => Assert.Equal("Orders Ordered At (month)", QueryWords.Title("orders.ordered_at.month", Meta));

    [Fact]
    public void Bars_are_sorted_and_keys_beside_names_are_not_drawn()
    {
        var columns = QueryTable.Columns(Read("""{"measures":["orders.revenue"],"dimensions":["customers.id","customers.name"]}"""), Meta);

        var encoding = VegaChart.Of(columns, [new JsonObject { ["customers.id"] = 1, ["customers.name"] = "Ann", ["orders.revenue"] = 5 }], "Title")!["encoding"]!;

        Assert.Equal(("customers\\.name", "-x"), (encoding["y"]!["field"]!.ToString(), encoding["y"]!["sort"]!.ToString()));
        Assert.Null(encoding["color"]);
    }

    [Fact]
    public void Compared_times_stand_side_by_side()
    {
        var ranges = """[["2024-01-01","2024-01-31"],["2023-01-01","2023-01-31"]]""";
        var alone = QueryTable.Columns(Read($$"""{"measures":["orders.revenue"],"timeDimensions":[{"dimension":"orders.ordered_at","compareDateRange":{{ranges}}}]}"""), Meta);
        var grouped = QueryTable.Columns(Read($$"""{"measures":["orders.revenue"],"dimensions":["orders.status"],"timeDimensions":[{"dimension":"orders.ordered_at","compareDateRange":{{ranges}}}]}"""), Meta);
        var row = new JsonObject { ["compareDateRange"] = "a", ["orders.status"] = "open", ["orders.revenue"] = 5 };

        var two = VegaChart.Of(alone, [row], "Title")!["encoding"]!;
        var bars = VegaChart.Of(grouped, [row], "Title")!["encoding"]!;

        Assert.Equal(("compareDateRange", null), (two["y"]!["field"]!.ToString(), two["y"]!["sort"]));
        Assert.Equal(("compareDateRange", "compareDateRange"), (bars["color"]!["field"]!.ToString(), bars["yOffset"]!["field"]!.ToString()));
    }

    [Fact]
    public void Parts_of_a_whole_are_put_together()
    {
        var columns = QueryTable.Columns(Read("""{"measures":["orders.count"],"dimensions":["orders.status","orders.channel"]}"""), Meta);

        var encoding = VegaChart.Of(columns, [new JsonObject { ["orders.status"] = "open", ["orders.channel"] = "web", ["orders.count"] = 5 }], "Title")!["encoding"]!;

        Assert.Null(encoding["yOffset"]);
    }

    [Theory]
    [InlineData(30, true, 30)]
    [InlineData(31, false, 31)]
    [InlineData(2_001, false, 2_000)]
    public void A_long_line_has_no_points_and_an_end(int rows, bool hasPoints, int drawn)
    {
        var columns = QueryTable.Columns(Read("""{"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.ordered_at","granularity":"day"}]}"""), Meta);

        var chart = VegaChart.Of(columns, [.. Enumerable.Range(1, rows).Select(day => new JsonObject { ["orders.ordered_at.day"] = $"{day}", ["orders.count"] = day })], "Title")!;

        Assert.Equal((hasPoints, drawn), (chart["mark"]!["point"]!.GetValue<bool>(), chart["data"]!["values"]!.AsArray().Count));
    }

    [Theory]
    [InlineData(12, "color")]
    [InlineData(13, "detail")]
    public void More_lines_than_can_be_told_apart_have_no_colours(int series, string channel)
    {
        var columns = QueryTable.Columns(Read("""{"measures":["orders.count"],"dimensions":["customers.city"],"timeDimensions":[{"dimension":"orders.ordered_at","granularity":"day"}]}"""), Meta);

        var encoding = VegaChart.Of(
            columns, [.. Enumerable.Range(1, series).Select(city => new JsonObject { ["orders.ordered_at.day"] = "2024-01-01", ["customers.city"] = $"City {city}", ["orders.count"] = 1 })], "Title")!["encoding"]!.AsObject();

        Assert.Equal(["x", "y", channel], encoding.Select(field => field.Key));
    }

    [Fact]
    public void A_fields_dots_and_brackets_are_no_way_into_an_object()
    {
        var chart = VegaChart.Of([new QueryColumn("a.b[0]", "A", "number", null, "measure")], [new JsonObject { ["a.b[0]"] = 1 }], "Title")!;

        Assert.Equal("a\\.b\\[0\\]", chart["encoding"]!["text"]!["field"]!.ToString());
    }

    [Fact]
    public void Several_numbers_of_nothing_have_no_chart() =>
        Assert.Null(VegaChart.Of(QueryTable.Columns(Read("""{"measures":["orders.count"]}"""), Meta), [new JsonObject { ["orders.count"] = 1 }, new JsonObject { ["orders.count"] = 2 }], "Title"));

    [Fact]
    public void Without_rows_or_measures_there_is_no_chart()
    {
        var measured = QueryTable.Columns(Read("""{"measures":["orders.count"]}"""), Meta);
        var listed = QueryTable.Columns(Read("""{"dimensions":["orders.status"]}"""), Meta);

        Assert.Null(VegaChart.Of(measured, [], "Title"));
        Assert.Null(VegaChart.Of(listed, [new JsonObject { ["orders.status"] = "open" }], "Title"));
    }

    private static CubeQuery Read(string json) => CubeQueryJson.Read(Json(json));

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
