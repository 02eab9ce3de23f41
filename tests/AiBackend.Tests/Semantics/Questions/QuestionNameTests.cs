using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Questions;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>Names as people shorten them, and words that only look like names.</summary>
public sealed class QuestionNameTests
{
    [Theory]
    [InlineData("how many legs", """{"measures":["shipment_legs.count"]}""")]
    [InlineData("average weight", """{"measures":["parcels.weight_kg_avg"]}""")]
    [InlineData("average unloading time", """{"measures":["parcels.unloading_minutes_avg"]}""")]
    [InlineData("claims by type", """{"measures":["claims.count"],"dimensions":["claims.claim_type"]}""")]
    [InlineData("how many electric vans", """{"measures":["vehicles.count"],"filters":[{"member":"vehicles.fuel","operator":"equals","values":["electric"]},{"member":"vehicles.vehicle_type","operator":"equals","values":["van"]}]}""")]
    [InlineData("parcels over 20 kg", """{"measures":["parcels.count"],"filters":[{"member":"parcels.weight_kg","operator":"gt","values":["20"]}]}""")]
    [InlineData("list our preferred carriers", """{"dimensions":["carriers.company_name"],"filters":[{"member":"carriers.preferred","operator":"equals","values":["true"]}]}""")]
    [InlineData("claims by type, highest first", """{"measures":["claims.count"],"dimensions":["claims.claim_type"],"order":[["claims.count","desc"]]}""")]
    [InlineData("the total number of open claims", """{"measures":["claims.count"],"filters":[{"member":"claims.status","operator":"equals","values":["open"]}]}""")]
    [InlineData("open claims", """{"measures":["claims.count"],"filters":[{"member":"claims.status","operator":"equals","values":["open"]}]}""")]
    [InlineData("how many carriers AT", """{"measures":["carriers.count"],"filters":[{"member":"carriers.country","operator":"equals","values":["AT"]}]}""")]
    public void What_is_left_out_is_understood(string question, string query) => Assert.Equal(query, CubeQueryJson.Write(Parse(question).Query!).ToJsonString());

    [Theory]
    [InlineData("carriers with no claims")]
    [InlineData("parcels over 20 km")]
    [InlineData("parcels with weight over 20 km")]
    [InlineData("parcels by country")]
    [InlineData("parcels joined in 2023")]
    [InlineData("claims from open to settled")]
    public void What_only_looks_like_a_name_is_refused(string question)
    {
        var parsed = Parse(question);

        Assert.True(parsed.Query is null, parsed.Query is { } query ? CubeQueryJson.Write(query).ToJsonString() : string.Empty);
    }

    [Fact]
    public void A_small_word_is_no_code() => Assert.DoesNotContain(Parse("how many carriers at").Query?.Filters ?? [], _ => true);

    [Theory]
    [InlineData("total rating of carriers", "rating", false)]
    [InlineData("total weight of parcels", "weight", true)]
    public void What_nobody_sums_is_not_suggested(string question, string measure, bool isSuggested)
    {
        var suggested = QuestionSuggestions.For(question, TrapLayer.Freight, new QuestionParser(TrapLayer.Freight), new DateOnly(2024, 5, 15));

        Assert.Equal(isSuggested, suggested.Any(text => text.StartsWith($"Total {measure}", StringComparison.Ordinal)));
        Assert.NotEmpty(suggested);
    }

    private static ParsedQuestion Parse(string question) => new QuestionParser(TrapLayer.Freight).Parse(question, new DateOnly(2024, 5, 15));
}
