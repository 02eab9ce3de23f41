using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Questions;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>Questions whose words fit a neighbour of what is asked: right, refused or told as unsure, never wrong and sure.</summary>
public sealed class QuestionTrapTests
{
    private const double Sure = 0.7;

    [Theory]
    [InlineData("paid invoices", """[{"member":"invoices.paid","operator":"equals","values":["true"]}]""")]
    [InlineData("how many invoices are paid", """[{"member":"invoices.paid","operator":"equals","values":["true"]}]""")]
    [InlineData("invoices not paid", """[{"member":"invoices.paid","operator":"equals","values":["false"]}]""")]
    [InlineData("total amount of paid invoices", """[{"member":"invoices.paid","operator":"equals","values":["true"]}]""")]
    [InlineData("paid orders", """[{"member":"orders.status","operator":"equals","values":["paid"]}]""")]
    [InlineData("how many orders are shipped", """[{"member":"orders.status","operator":"equals","values":["shipped"]}]""")]
    [InlineData("orders of customers named Anna May", """[{"member":"customers.name","operator":"equals","values":["Anna May"]}]""")]
    public void What_is_asked_has_its_own_words(string question, string filters) =>
        Assert.Equal(filters, CubeQueryJson.Write(Parse(question).Query!)["filters"]!.ToJsonString());

    [Theory]
    [InlineData("payments on 2024-02-29", "payments.paid_at")]
    [InlineData("payments per month in 2024", "payments.paid_at")]
    [InlineData("how many shipments in May 2024", "shipments.delivered_at")]
    [InlineData("total cost of shipments in 2024", "shipments.delivered_at")]
    [InlineData("shipments delivered in 2024", "shipments.delivered_at")]
    [InlineData("employees in 2020", "employees.hired_on")]
    [InlineData("orders in 2024", "orders.ordered_at")]
    [InlineData("orders paid in 2024", "payments.paid_at")]
    [InlineData("how many customers have a birthday in 1980", "customers.birthday")]
    [InlineData("how many calls in 2024", "calls.called_at")]
    public void What_has_a_time_is_told_by_its_own(string question, string time)
    {
        var parsed = Parse(question);

        Assert.Equal(time, Assert.Single(parsed.Query!.TimeDimensions).Dimension);
    }

    [Theory]
    [InlineData("target in 2023")]
    [InlineData("total target in 2023")]
    [InlineData("addresses in 2024")]
    [InlineData("how many addresses in 2024")]
    [InlineData("how many rooms in 2024")]
    [InlineData("rooms in 2024")]
    [InlineData("how many customers in 2024")]
    [InlineData("employees managed by Emp 2")]
    [InlineData("total salary of employees managed by Emp 2")]
    [InlineData("customers referred by Anna May")]
    [InlineData("how many customers were referred by Anna May")]
    [InlineData("average number of orders per customer")]
    [InlineData("average orders per day")]
    [InlineData("customers with less than 3 orders")]
    [InlineData("customers with at most 3 orders")]
    [InlineData("customers with 0 orders")]
    [InlineData("which shop has the fewest orders")]
    [InlineData("shops with fewer than 70 orders")]
    [InlineData("orders by shop bottom 2")]
    [InlineData("invoices paid in 2025")]
    [InlineData("how many customers have a birthday in May")]
    [InlineData("orders by shop and status top 3")]
    [InlineData("the 3 shops")]
    [InlineData("the 3 orders by shop")]
    [InlineData("the 3 top 5 shops by orders")]
    public void What_one_query_cannot_say_is_refused(string question) => Assert.Null(Parse(question).Query);

    [Theory]
    [InlineData("paid subscriptions")]
    [InlineData("how many payments shipped")]
    [InlineData("orders paid by card")]
    [InlineData("orders paid in cash in 2024")]
    [InlineData("stock by shop")]
    public void What_may_be_meant_otherwise_is_not_sure(string question) =>
        Assert.True(Parse(question) is { Query: null } or { Confidence: < Sure }, $"{Parse(question).Confidence}");

    [Theory]
    [InlineData("customers with more than 3 orders")]
    [InlineData("customers with at least 3 orders")]
    [InlineData("which shop has the most orders")]
    [InlineData("orders by shop")]
    [InlineData("how many customers ordered a lot", false)]
    public void What_it_can_say_is_answered(string question, bool isAnswered = true) => Assert.Equal(isAnswered, Parse(question).Query is not null);

    [Theory]
    [InlineData("salary by employee top 3", true, 3)]
    [InlineData("orders by shop top 5", true, 5)]
    [InlineData("top 5 shops by orders", true, 5)]
    [InlineData("list the 4 shops with the most orders", true, 4)]
    [InlineData("which 2 shops have the most orders", true, 2)]
    public void A_rank_at_the_end_counts_too(string question, bool isDescending, int limit)
    {
        var query = Parse(question).Query;

        Assert.Equal((isDescending, (int?)limit), (query!.Order[0].IsDescending, query.Limit));
    }

    [Theory]
    [InlineData("orders from last month", "2024-10-01", "2024-10-31")]
    [InlineData("orders from 2023", "2023-01-01", "2023-12-31")]
    [InlineData("orders from March 2024 on", "2024-03-01", "2024-11-20")]
    [InlineData("orders from March 2024 onwards", "2024-03-01", "2024-11-20")]
    [InlineData("orders since last month", "2024-10-01", "2024-11-20")]
    [InlineData("orders from March to May 2024", "2024-03-01", "2024-05-31")]
    public void From_a_month_is_in_it(string question, string from, string to)
    {
        var range = Assert.Single(Parse(question).Query!.TimeDimensions).DateRange;

        Assert.Equal((from, to), (range?.From, range?.To));
    }

    [Fact]
    public void An_article_is_no_value() =>
        Assert.DoesNotContain("grades", Parse("orders without a shop").Query is { } query ? CubeQueryJson.Write(query).ToJsonString() : string.Empty, StringComparison.Ordinal);

    private static ParsedQuestion Parse(string question) => new QuestionParser(TrapLayer.Lexicon).Parse(question, QuestionLayers.Today);
}
