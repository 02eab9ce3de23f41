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
