using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Questions;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>What is assumed, and what is left alone, when a question's words are put together.</summary>
public sealed class QuestionReadingTests
{
    private static readonly LayerLexicon Shop = QuestionLayers.Lexicon("shop");
    private static readonly LayerLexicon Rental = QuestionLayers.Lexicon("rental");

    [Theory]
    [InlineData("revenue over time this month", "day")]
    [InlineData("revenue over time from 20 October 2024 to 19 November 2024", "day")]
    [InlineData("revenue over time from 19 October 2024 to 19 November 2024", "week")]
    [InlineData("revenue over time from November 2024 to January 2025", "day")]
    [InlineData("revenue over time since August", "week")]
    [InlineData("revenue over time this year", "month")]
    [InlineData("revenue over time", "month")]
    public void The_span_over_time_fits_what_has_passed_of_the_period(string question, string unit) =>
        Assert.Equal(unit, Assert.Single(Parse(Shop, question).Query!.TimeDimensions).Granularity);

    [Fact]
    public void A_month_is_compared_with_the_same_a_year_before()
    {
        var time = Assert.Single(Parse(Shop, "revenue in March 2024 by channel compared to last year").Query!.TimeDimensions);

        Assert.Equal([("2024-03-01", "2024-03-31"), ("2023-03-01", "2023-03-31")], time.CompareDateRange.Select(range => (range.From, range.To)));
    }

    [Theory]
    [InlineData("orders not from Germany from web", """[{"member":"customers.country","operator":"notEquals","values":["Germany"]},{"member":"orders.channel","operator":"equals","values":["web"]}]""")]
    [InlineData("customers not from Germany or France", """[{"member":"customers.country","operator":"notEquals","values":["Germany","France"]}]""")]
    [InlineData("customers who ordered", """[{"member":"orders.id","operator":"set"}]""")]
    public void Not_reaches_to_the_values_that_it_is_said_of(string question, string filters) =>
        Assert.Equal(filters, CubeQueryJson.Write(Parse(Shop, question).Query!)["filters"]!.ToJsonString());

    [Theory]
    [InlineData("revenue in March 2024 by channel compared to 2023", "which times are compared")]
    [InlineData("revenue in 2024 in March", "two times")]
    [InlineData("number of orders per order", "not connected")]
    [InlineData("revenue by city and product and supplier", "guessed")]
    [InlineData("orders over 100 euros and over 200 euros", "not connected")]
    [InlineData("revenue of customers who ordered", "not connected")]
    public void What_does_not_go_together_is_refused(string question, string reason)
    {
        var parsed = Parse(Shop, question);

        Assert.Null(parsed.Query);
        Assert.Contains(reason, parsed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_time_of_a_change_to_a_row_is_not_what_is_meant() => Assert.Null(Parse(Rental, "languages in 2024").Query);

    [Theory]
    [InlineData("updated_at", 0.3, 0.6)]
    [InlineData("made_on", 0.7, 0.8)]
    [InlineData("created_at", 0.85, 0.95)]
    [InlineData("parcel_date", 0.95, 1)]
    public void The_less_usual_the_time_is_that_is_meant_the_less_sure_is_the_answer(string time, double least, double most)
    {
        var meta = CubeMetaJson.Read(System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(
            $$"""{"cubes":[{"name":"parcels","title":"Parcels","measures":[{"name":"parcels.count","title":"Parcels Count","shortTitle":"Count","type":"number","aggType":"count"}],"dimensions":[{"name":"parcels.id","title":"Id","shortTitle":"Id","type":"number","primaryKey":true},{"name":"parcels.{{time}}","title":"Time","shortTitle":"Time","type":"time"}],"segments":[]}]}"""));
        var lexicon = new LayerLexicon(meta, new Dictionary<string, IReadOnlyList<string>>(), embed: null);

        Assert.InRange(Parse(lexicon, "number of parcels in 2024").Confidence, least, most);
    }

    [Theory]
    [InlineData(0.7f, "alpha")]
    [InlineData(0.82f, null)]
    public void Of_two_names_that_are_about_as_near_none_is_taken(float second, string? found)
    {
        var vectors = new Dictionary<string, float[]>(StringComparer.Ordinal) { ["alpha"] = [0.9f, 0], ["beta1"] = [second, 0], ["asked"] = [1, 0] };

        Assert.Equal(found, new NearWords(["alpha", "beta1"], word => vectors[word]).Find("asked").Name);
    }

    private static ParsedQuestion Parse(LayerLexicon lexicon, string question) => new QuestionParser(lexicon).Parse(question, QuestionLayers.Today);
}
