using System.Globalization;
using System.Text.Json;
using AiBackend.Http;
using AiBackend.Semantics.Cube;
using AiBackend.Tests.Semantics.Questions;

namespace AiBackend.Tests.Semantics.Cube;

public sealed class CubeQueryTests
{
    private static readonly CubeMeta Meta = CubeMetaJson.Read(QuestionLayers.Meta("shop"));

    [Theory]
    [InlineData("""{"measures":["orders.count"],"dimensions":["customers.country"],"segments":["orders.first_orders"],"filters":[{"or":[{"member":"orders.status","operator":"equals","values":["open",null]},{"and":[{"member":"orders.total","operator":"gt","values":["5"]},{"member":"customers.email","operator":"set"}]}]}],"timeDimensions":[{"dimension":"orders.ordered_at","granularity":"month","dateRange":["2024-01-01","2024-12-31"]}],"order":[["orders.count","desc"],["customers.country","asc"]],"limit":5,"offset":10,"timezone":"Europe/Berlin","total":true,"ungrouped":true}""")]
    [InlineData("""{"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.ordered_at","compareDateRange":[["2024-01-01","2024-01-31"],"last month"]}]}""")]
    [InlineData("""{"dimensions":["orders.ordered_at.month"],"timeDimensions":[{"dimension":"orders.ordered_at","dateRange":"last 30 days"}]}""")]
    public void A_query_is_written_as_it_was_read(string json) =>
        Assert.Equal(json, CubeQueryJson.Write(CubeQueryJson.Read(JsonSerializer.Deserialize<JsonElement>(json))).ToJsonString());

    [Theory]
    [InlineData("""{"measures":["orders.count"],"colour":1}""", "query.colour")]
    [InlineData("""{"measures":"orders.count"}""", "query.measures")]
    [InlineData("""{"measures":[1]}""", "query.measures[0]")]
    [InlineData("""{"filters":[{"member":"orders.status","operator":"like","values":["x"]}]}""", "query.filters[0].operator")]
    [InlineData("""{"filters":[{"member":"orders.status"}]}""", "query.filters[0].operator")]
    [InlineData("""{"timeDimensions":[{"dimension":"orders.ordered_at","granularity":"decade"}]}""", "query.timeDimensions[0].granularity")]
    [InlineData("""{"timeDimensions":[{"dimension":"orders.ordered_at","dateRange":["2024-02-01","2024-01-01"]}]}""", "query.timeDimensions[0].dateRange")]
    [InlineData("""{"timeDimensions":[{"dimension":"orders.ordered_at","dateRange":"whenever"}]}""", "query.timeDimensions[0].dateRange")]
    [InlineData("""{"timeDimensions":[{"dimension":"orders.ordered_at","dateRange":"today","compareDateRange":["today","yesterday"]}]}""", "query.timeDimensions[0].compareDateRange")]
    [InlineData("""{"order":{"orders.count":"up"}}""", "query.order.orders.count")]
    [InlineData("""{"limit":-1}""", "query.limit")]
    public void What_is_no_query_is_refused_with_its_place(string json, string path) =>
        Assert.Equal(path, Assert.Single(Refused(json).Errors!).Key);

    [Theory]
    [InlineData("""{"measures":["orders.total"]}""", "query.measures[0]")]
    [InlineData("""{"measures":["orders.count"],"filters":[{"member":"orders.status","operator":"gt","values":["1"]}]}""", "query.filters[0].operator")]
    [InlineData("""{"measures":["orders.count"],"filters":[{"member":"orders.total","operator":"gt","values":["many"]}]}""", "query.filters[0].values[0]")]
    [InlineData("""{"measures":["orders.count"],"filters":[{"member":"orders.total","operator":"gt","values":["1","2"]}]}""", "query.filters[0].values")]
    [InlineData("""{"measures":["orders.count"],"filters":[{"or":[{"member":"orders.count","operator":"gt","values":["1"]},{"member":"orders.status","operator":"set"}]}]}""", "query.filters[0]")]
    [InlineData("""{"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.status"}]}""", "query.timeDimensions[0].dimension")]
    [InlineData("""{"measures":["orders.count"],"order":[["orders.revenue","asc"]]}""", "query.order[0]")]
    [InlineData("""{"measures":["orders.count","visits.count"]}""", "query")]
    [InlineData("""{"measures":["orders.count"],"timezone":"Mars/Base"}""", "query.timezone")]
    [InlineData("""{"limit":5}""", "query")]
    public void What_the_layer_does_not_allow_is_refused_with_its_place(string json, string path) =>
        Assert.Equal(path, Assert.Single(Refused(json).Errors!).Key);

    [Fact]
    public void An_unknown_member_is_named_with_those_that_are_near()
    {
        var refused = Refused("""{"measures":["orders.revenu"]}""");

        Assert.Equal((422, "unknown_member"), (refused.Status, refused.Code));
        Assert.Contains("orders.revenu.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("orders.revenue", refused.Message, StringComparison.Ordinal);
        Assert.Equal("query.measures[0]", Assert.Single(refused.Errors!).Key);
    }

    [Fact]
    public void Rows_are_always_limited()
    {
        Assert.Equal(1_000, Check("""{"measures":["orders.count"]}""").Limit);
        Assert.Equal(10_000, Check("""{"measures":["orders.count"],"limit":10000}""").Limit);
        Assert.Equal("query.limit", Assert.Single(Refused("""{"measures":["orders.count"],"limit":10001}""").Errors!).Key);
        Assert.Equal("query.limit", Assert.Single(Refused("""{"measures":["orders.count"],"limit":0}""").Errors!).Key);
    }

    [Theory]
    [InlineData("measures", "orders.count")]
    [InlineData("dimensions", "orders.status")]
    public void Members_are_limited(string kind, string member)
    {
        string Query(int count) => $$"""{"{{kind}}":[{{string.Join(",", Enumerable.Repeat($"\"{member}\"", count))}}]}""";

        Assert.NotNull(Check(Query(20)));
        Assert.Equal($"query.{kind}", Assert.Single(Refused(Query(21)).Errors!).Key);
    }

    [Fact]
    public void Filters_are_limited_in_depth_and_number()
    {
        static string Deep(int depth) => depth == 1
            ? """{"member":"orders.status","operator":"set"}"""
            : $$"""{"and":[{{Deep(depth - 1)}}]}""";
        string Query(string filters) => string.Create(CultureInfo.InvariantCulture, $"{{\"measures\":[\"orders.count\"],\"filters\":[{filters}]}}");

        Assert.NotNull(Check(Query(Deep(5))));
        Assert.Throws<ApiException>(() => Check(Query(Deep(6))));
        Assert.NotNull(Check(Query(string.Join(",", Enumerable.Repeat(Deep(1), 100)))));
        Assert.Throws<ApiException>(() => Check(Query(string.Join(",", Enumerable.Repeat(Deep(1), 101)))));
    }

    private static CubeQuery Check(string json) => CubeQueryCheck.Check(CubeQueryJson.Read(JsonSerializer.Deserialize<JsonElement>(json)), Meta);

    private static ApiException Refused(string json) => Assert.Throws<ApiException>(() => Check(json));
}
