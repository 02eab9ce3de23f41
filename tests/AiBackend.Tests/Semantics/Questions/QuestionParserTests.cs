using System.Text.Json.Nodes;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Questions;

namespace AiBackend.Tests.Semantics.Questions;

public sealed class QuestionParserTests
{
    private static readonly LayerLexicon Shop = QuestionLayers.Lexicon("shop");
    private static readonly LayerLexicon Rental = QuestionLayers.Lexicon("rental");
    private static readonly LayerLexicon Clinic = QuestionLayers.Lexicon("clinic");

    [Theory]
    [InlineData("questions", 0.7)]
    [InlineData("held-back", 0.7)]
    [InlineData("second-held-back", 0.5)]
    public void Of_the_recorded_questions_most_are_right_and_none_is_wrong(string set, double leastRight)
    {
        var all = QuestionLayers.Set(set).ToList();
        var wrong = new List<string>();
        var right = 0;

        foreach (var (layer, question, queries) in all)
        {
            if (Parse(layer, question).Query is { } understood)
            {
                var actual = Plain(CubeQueryJson.Write(understood));
                _ = queries.Any(query => Plain(JsonNode.Parse(query.GetRawText())!) == actual) ? right++ : Add(wrong, $"{question}: {actual}");
            }
            else
            {
                right += queries.Count == 0 ? 1 : 0;
            }
        }

        Assert.Empty(wrong);
        Assert.True(right >= leastRight * all.Count, $"{right} of {all.Count} are right.");
    }

    [Fact]
    public void What_a_layer_cannot_answer_is_refused()
    {
        var understood = QuestionLayers.Set("refuse").Where(asked => Parse(asked.Layer, asked.Question).Query is not null).Select(asked => asked.Question);

        Assert.Empty(understood);
    }

    [Theory]
    [InlineData("revenue today", "2024-11-20", "2024-11-20")]
    [InlineData("revenue yesterday", "2024-11-19", "2024-11-19")]
    [InlineData("revenue this week", "2024-11-18", "2024-11-24")]
    [InlineData("revenue last week", "2024-11-11", "2024-11-17")]
    [InlineData("revenue last quarter", "2024-07-01", "2024-09-30")]
    [InlineData("revenue in the last 7 days", "2024-11-13", "2024-11-19")]
    [InlineData("revenue in the past 2 years", "2022-01-01", "2023-12-31")]
    [InlineData("revenue year to date", "2024-01-01", "2024-11-20")]
    [InlineData("revenue in December", "2023-12-01", "2023-12-31")]
    [InlineData("revenue in February 2024", "2024-02-01", "2024-02-29")]
    [InlineData("revenue from January to March 2023", "2023-01-01", "2023-03-31")]
    [InlineData("revenue on 5 May 2024", "2024-05-05", "2024-05-05")]
    [InlineData("revenue on 05.05.2024", "2024-05-05", "2024-05-05")]
    [InlineData("revenue in the second half of 2023", "2023-07-01", "2023-12-31")]
    [InlineData("revenue in Q3 2023", "2023-07-01", "2023-09-30")]
    [InlineData("revenue since March 2024", "2024-03-01", "2024-11-20")]
    [InlineData("revenue after 2022", "2023-01-01", "2024-11-20")]
    public void Times_are_read_by_the_clock(string question, string from, string to)
    {
        var time = Assert.Single(Parse("shop", question).Query!.TimeDimensions);

        Assert.Equal(("orders.ordered_at", new CubeDateRange(from, to)), (time.Dimension, time.DateRange!));
    }

    [Fact]
    public void A_time_without_a_beginning_is_a_filter()
    {
        var query = Parse("shop", "orders before 2023").Query!;

        Assert.Equal("""[{"member":"orders.ordered_at","operator":"beforeDate","values":["2023-01-01"]}]""", CubeQueryJson.Write(query)["filters"]!.ToJsonString());
        Assert.Empty(query.TimeDimensions);
    }

    [Theory]
    [InlineData("revenue in March 2024 compared to the previous year", "2024-03-01", "2023-03-01")]
    [InlineData("revenue compared to last year", "2024-01-01", "2023-01-01")]
    [InlineData("revenue this quarter vs last quarter", "2024-10-01", "2024-07-01")]
    public void Comparisons_name_both_times(string question, string first, string second)
    {
        var time = Assert.Single(Parse("shop", question).Query!.TimeDimensions);

        Assert.Equal([first, second], time.CompareDateRange.Select(range => range.From));
    }

    [Theory]
    [InlineData("revenue by name", "several ways")]
    [InlineData("revenue and visits", "two kinds")]
    [InlineData("revenue by blorp", "blorp")]
    [InlineData("revenue by", "end is missing")]
    [InlineData("revenue by country or status", "Or")]
    [InlineData("in 2024", "counted")]
    [InlineData("revenue March 2024 vs 2023", "one length")]
    public void A_refusal_says_why(string question, string reason)
    {
        var parsed = Parse("shop", question);

        Assert.Null(parsed.Query);
        Assert.Contains(reason, parsed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_more_takes_the_answer_away()
    {
        Assert.NotNull(Parse("shop", "revenue by country in 2024").Query);
        Assert.Null(Parse("shop", "gross revenue by country in 2024").Query);
        Assert.Null(Parse("shop", "revenue by country in 2024 without returns").Query);
    }

    [Fact]
    public void What_was_said_plainly_is_surer_than_what_was_assumed()
    {
        var plain = Parse("shop", "How many orders did we get in March 2024?");
        var assumed = Parse("shop", "orders in March");

        Assert.InRange(plain.Confidence, 0.9, 1);
        Assert.InRange(assumed.Confidence, 0.3, plain.Confidence - 0.05);
    }

    [Theory]
    [InlineData("rental", "films longer than 3 hours", "what the number is of")]
    [InlineData("rental", "films shorter than 90 seconds by category", "what the number is of")]
    [InlineData("rental", "films with length over 2 hours", "not known to be in hours")]
    [InlineData("clinic", "appointments longer than 2 hours", "what the number is of")]
    [InlineData("clinic", "admissions with cost over 100 minutes", "not known to be in minutes")]
    [InlineData("clinic", "admissions with length of stay over 10 euros", "not known to be in euros")]
    [InlineData("shop", "average number of orders per customer", "average of how many")]
    [InlineData("shop", "average daily orders in October", "average of how many")]
    [InlineData("shop", "orders with discount", "which discount is meant")]
    [InlineData("shop", "revenue without discount", "without discount")]
    [InlineData("shop", "how many products did Germany buy", "several ways")]
    [InlineData("clinic", "patients not admitted in 2024", "without admitted")]
    [InlineData("clinic", "departments by cost", "grouped by cost")]
    [InlineData("shop", "orders with status open or channel web", "values of the same kind")]
    [InlineData("shop", "price of products by Nordlicht", "highest price is meant")]
    [InlineData("shop", "top 3 countries by revenue per customer", "ranked by what")]
    public void What_would_be_read_as_something_else_is_refused(string layer, string question, string reason)
    {
        var parsed = Parse(layer, question);

        Assert.Null(parsed.Query);
        Assert.Contains(reason, parsed.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rental", "films longer than 90 minutes", """{"measures":["film.count"],"filters":[{"member":"film.length","operator":"gt","values":["90"]}]}""")]
    [InlineData("clinic", "appointments longer than 30 minutes", """{"measures":["appointments.count"],"filters":[{"member":"appointments.duration_minutes","operator":"gt","values":["30"]}]}""")]
    [InlineData("clinic", "admissions with cost over 100 euros", """{"measures":["admissions.count"],"filters":[{"member":"admissions.cost","operator":"gt","values":["100"]}]}""")]
    [InlineData("clinic", "appointments per doctor", """{"measures":["appointments.count"],"dimensions":["doctors.id","doctors.name"]}""")]
    [InlineData("clinic", "admissions in 2023", """{"measures":["admissions.count"],"timeDimensions":[{"dimension":"admissions.admitted_at","dateRange":["2023-01-01","2023-12-31"]}]}""")]
    [InlineData("clinic", "appointments tomorrow", """{"measures":["appointments.count"],"timeDimensions":[{"dimension":"appointments.scheduled_at","dateRange":["2024-11-21","2024-11-21"]}]}""")]
    [InlineData("clinic", "appointments next week", """{"measures":["appointments.count"],"timeDimensions":[{"dimension":"appointments.scheduled_at","dateRange":["2024-11-25","2024-12-01"]}]}""")]
    [InlineData("clinic", "patients born in 1980", """{"measures":["patients.count"],"timeDimensions":[{"dimension":"patients.birth_date","dateRange":["1980-01-01","1980-12-31"]}]}""")]
    public void What_is_near_to_those_is_understood(string layer, string question, string query) =>
        Assert.Equal(Plain(JsonNode.Parse(query)!), Plain(CubeQueryJson.Write(Parse(layer, question).Query!)));

    [Theory]
    [InlineData("How many orders reached us through the web?", true)]
    [InlineData("what was the average discount granted by Berlin folks", true)]
    [InlineData("revenue development since 2023", true)]
    [InlineData("How many parcels fit into a truck?", false)]
    [InlineData("revenue", false)]
    [InlineData("What does it cost to send an order back to the warehouse of the shop on a Sunday?", false)]
    [InlineData("average temperature", false)]
    [InlineData("Who are you?", false)]
    public void What_asks_for_numbers_is_told_from_all_else(string text, bool asks) =>
        Assert.Equal(asks, new QuestionParser(Shop).AsksForNumbers(text, QuestionLayers.Today));

    [Theory]
    [InlineData("shop")]
    [InlineData("rental")]
    public void Suggestions_are_understood_themselves(string layer)
    {
        var lexicon = layer == "shop" ? Shop : Rental;
        var parser = new QuestionParser(lexicon);

        var suggestions = QuestionSuggestions.For("what about the weather", lexicon, parser, QuestionLayers.Today);

        Assert.NotEmpty(suggestions);
        Assert.All(suggestions, suggestion => Assert.NotNull(parser.Parse(suggestion, QuestionLayers.Today).Query));
    }

    [Fact]
    public void Long_and_empty_questions_are_refused()
    {
        Assert.Null(Parse("shop", " ?! ").Query);
        Assert.Null(Parse("shop", string.Join(' ', Enumerable.Repeat("revenue", 41))).Query);
    }

    private static ParsedQuestion Parse(string layer, string question) =>
        new QuestionParser(layer == "shop" ? Shop : layer == "clinic" ? Clinic : Rental).Parse(question, QuestionLayers.Today);

    private static int Add(List<string> wrong, string text)
    {
        wrong.Add(text);
        return wrong.Count;
    }

    // Without the order of what has none.
    private static string Plain(JsonNode node) => node switch
    {
        JsonObject json => $"{{{string.Join(",", json.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}:{(field.Key is "measures" or "dimensions" or "filters" ? Sorted(field.Value!.AsArray()) : Plain(field.Value!))}"))}}}",
        JsonArray list => $"[{string.Join(",", list.Select(entry => Plain(entry!)))}]",
        _ => node.ToJsonString(),
    };

    private static string Sorted(JsonArray list) => string.Join(",", list.Select(entry => Plain(entry!)).Order(StringComparer.Ordinal));
}
