using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>Questions that the parser does not understand, by a scripted model and on a server that speaks as Cube does.</summary>
public sealed class QuestionModelTests : IClassFixture<QuestionModelApp>, IClassFixture<ScriptedCube>
{
    private const string ByChannel = """{"measures":["orders.revenue"],"dimensions":["orders.channel"]}""";

    private readonly QuestionModelApp app;
    private readonly ScriptedCube cube;

    public QuestionModelTests(QuestionModelApp app, ScriptedCube cube)
    {
        (this.app, this.cube) = (app, cube);
        app.Model.Forget();
        (cube.Answer, cube.Refuse, cube.IsDown) = (null, null, false);
        cube.Meta = QuestionLayers.Meta("shop").GetRawText();
        app.Model.Default = ModelReply.Status(500);
    }

    [Fact]
    public async Task The_models_query_is_answered_as_any_other()
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(QuestionModelApp.Wrote(ByChannel));
        cube.Answer = _ => JsonNode.Parse("""[{"orders.channel":"web","orders.revenue":"1200.50"},{"orders.channel":"store","orders.revenue":"80"}]""");

        var answer = await client.AnswerAsync();

        Assert.Equal(("model", 0.6), (answer.Text("source"), answer.GetProperty("confidence").GetDouble()));
        Assert.Equal("""{"measures":["orders.revenue"],"dimensions":["orders.channel"],"limit":1000}""", answer.GetProperty("query").GetRawText());
        Assert.Equal("Orders Revenue by Orders Channel.", answer.Text("explanation"));
        Assert.Equal("""[{"orders.channel":"web","orders.revenue":1200.50},{"orders.channel":"store","orders.revenue":80}]""", answer.GetProperty("rows").GetRawText());
        Assert.Equal("bar", answer.GetProperty("chart").GetProperty("mark").Text("type"));
        Assert.Equal((11, 7), await client.UsedAsync());
    }

    [Fact]
    public async Task The_model_gets_the_members_as_data_and_the_shape_of_a_query_over_them()
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(QuestionModelApp.Wrote(ByChannel));

        await client.AnswerAsync();

        var request = Assert.Single(client.Asked);
        var told = client.Told;
        var members = told["members"]!.AsArray();
        Assert.Equal(QuestionModelApp.Question, told["question"]!.ToString());
        Assert.Equal("2026-03-14 (Saturday)", told["today"]!.ToString());
        Assert.InRange(members.Count, 10, 60);
        Assert.Equal("""{"name":"orders.channel","kind":"dimension","title":"Orders Channel","type":"string","description":"Where the order was placed","values":["web","phone","store"]}""", members.Single(member => member!["name"]!.ToString() == "orders.channel")!.ToJsonString());
        Assert.DoesNotContain("orders.", request.Messages[0], StringComparison.Ordinal);
        Assert.Equal("scripted-model", request.Body.Text("model"));
        var format = request.Body.GetProperty("response_format").GetProperty("json_schema");
        var query = format.GetProperty("schema").GetProperty("properties").GetProperty("query").GetProperty("anyOf");
        var (measures, dimensions) = (Names(query[0], "measures"), Names(query[0], "dimensions"));
        Assert.Equal(("cube_query", "null"), (format.Text("name"), query[1].Text("type")));
        Assert.Equal(members.Where(member => member!["kind"]!.ToString() == "measure").Select(member => member!["name"]!.ToString()), measures);
        Assert.Contains("orders.channel", dimensions);
        Assert.Empty(measures.Intersect(dimensions));
        Assert.False(query[0].GetProperty("properties").TryGetProperty("ungrouped", out _));
        Assert.False(query[0].GetProperty("additionalProperties").GetBoolean());
    }

    [Fact]
    public async Task What_the_parser_understands_costs_nothing()
    {
        var client = await app.NewAskingClientAsync(cube);

        Assert.Equal("parser", (await client.AnswerAsync("revenue by channel")).Text("source"));
        Assert.Empty(client.Asked);
    }

    [Fact]
    public async Task A_question_that_the_members_do_not_answer_is_refused_with_what_could_be_asked()
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(QuestionModelApp.Wrote("null"));

        var refused = await client.RefusalAsync();

        Assert.Contains("brought", refused.Text("detail"), StringComparison.Ordinal);
        Assert.NotEmpty(refused.GetProperty("suggestions").EnumerateArray());
        Assert.Equal((11, 7), await client.UsedAsync());
        Assert.Single(client.Asked);
    }

    [Theory]
    [InlineData("""{"measures":["orders.profit"]}""", "query.measures[0] is not one of the members")]
    [InlineData("""{"measures":["orders.revenue"],"filters":[{"or":[{"member":"orders.channel","operator":"equals","values":["web"]},{"member":"orders.mood","operator":"set"}]}]}""", "query.filters[0].or[1].member")]
    [InlineData("""{"measures":["orders.revenue"],"timeDimensions":[{"dimension":"orders.made_at"}]}""", "query.timeDimensions[0].dimension")]
    [InlineData("""{"measures":["orders.channel"]}""", "measures[0]")]
    [InlineData("""{"measures":[],"dimensions":[]}""", "no measure and no dimension")]
    [InlineData("""{"timeDimensions":[{"dimension":"orders.ordered_at","granularity":"day"}]}""", "no measure and no dimension")]
    [InlineData("""{"measures":["orders.revenue"],"ungrouped":true}""", "Only measures, dimensions")]
    [InlineData("""{"measures":["orders.revenue"],"offset":5}""", "Only measures, dimensions")]
    [InlineData("""{"measures":["orders.revenue"],"timezone":"Europe/Berlin"}""", "Only measures, dimensions")]
    [InlineData("""{"measures":["orders.revenue"],"limit":10001}""", "limit")]
    [InlineData("""{"measures":["orders.revenue"],"limit":0}""", "limit")]
    [InlineData("""{"measures":["orders.revenue"],"tenant":"other"}""", "query.tenant")]
    [InlineData("""{"measures":["orders.revenue"],"measures":["orders.count"]}""", "query.measures")]
    [InlineData("""[1]""", "query must be an object or null")]
    [InlineData("""{"measures":""", "not valid JSON")]
    public async Task What_is_wrong_with_a_query_is_given_back_once(string query, string fault)
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(QuestionModelApp.Wrote(query)).Then(QuestionModelApp.Wrote(ByChannel));

        var answer = await client.AnswerAsync();

        Assert.Equal("model", answer.Text("source"));
        Assert.Equal(2, client.Asked.Count);
        Assert.Contains(fault, client.Asked[1].Messages[^1], StringComparison.Ordinal);
        Assert.Equal((22, 14), await client.UsedAsync());
    }

    [Fact]
    public async Task Nulls_for_what_is_left_out_are_as_good_as_nothing()
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(QuestionModelApp.Wrote("""{"measures":["orders.revenue"],"dimensions":["orders.channel"],"filters":null,"timeDimensions":[{"dimension":"orders.ordered_at","granularity":null,"dateRange":null}],"order":null,"limit":null}"""));

        Assert.Equal(1_000, (await client.AnswerAsync()).GetProperty("query").GetProperty("limit").GetInt32());
        Assert.Single(client.Asked);
    }

    [Fact]
    public async Task A_member_that_the_layer_has_but_the_question_does_not_find_is_given_back_too()
    {
        var client = await app.NewAskingClientAsync(cube);
        var all = QuestionLayers.Meta("shop").GetProperty("cubes").EnumerateArray().SelectMany(one => one.GetProperty("measures").EnumerateArray()).Select(measure => measure.Text("name"));
        app.Model.Then(new ModelReply((http, request) =>
        {
            var outside = all.Except(Names(request.Body.GetProperty("response_format").GetProperty("json_schema").GetProperty("schema").GetProperty("properties").GetProperty("query").GetProperty("anyOf")[0], "measures")).First();
            return QuestionModelApp.Wrote($$"""{"measures":["{{outside}}"]}""").Answer(http, request);
        })).Then(QuestionModelApp.Wrote(ByChannel));

        await client.AnswerAsync();

        Assert.Contains("query.measures[0] is not one of the members", client.Asked[1].Messages[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_that_is_wrong_twice_is_not_asked_and_its_tokens_count()
    {
        var client = await app.NewAskingClientAsync(cube);
        var (queries, plans) = (cube.Queries.Count, cube.Plans.Count);
        app.Model.Then(QuestionModelApp.Wrote("""{"measures":["orders.profit"]}""")).Then(QuestionModelApp.Wrote("""{"measures":["orders.gain"]}"""));

        var refused = await client.RefusalAsync();

        Assert.NotEmpty(refused.GetProperty("suggestions").EnumerateArray());
        Assert.Equal((2, 0, 0), (client.Asked.Count, cube.Queries.Count - queries, cube.Plans.Count - plans));
        Assert.Equal((22, 14), await client.UsedAsync());
    }

    [Fact]
    public async Task What_the_server_says_against_a_plan_is_given_back_once()
    {
        var client = await app.NewAskingClientAsync(cube);
        cube.Refuse = query => query["dimensions"]![0]!.ToString() == "orders.status" ? "Error: can't find join path to customers" : null;
        app.Model.Then(QuestionModelApp.Wrote("""{"measures":["orders.revenue"],"dimensions":["orders.status"]}""")).Then(QuestionModelApp.Wrote(ByChannel));

        var answer = await client.AnswerAsync();

        Assert.Equal("""["orders.channel"]""", answer.GetProperty("query").GetProperty("dimensions").GetRawText());
        Assert.Contains("can't find join path to customers", client.Asked[1].Messages[^1], StringComparison.Ordinal);
        Assert.Equal((22, 14), await client.UsedAsync());
    }

    [Theory]
    [InlineData(ByChannel)]
    [InlineData("""{"measures":["orders.profit"]}""")]
    public async Task There_is_one_repair_in_all(string first)
    {
        var client = await app.NewAskingClientAsync(cube);
        var queries = cube.Queries.Count;
        cube.Refuse = _ => "Error: no such column";
        app.Model.Then(QuestionModelApp.Wrote(first)).Then(QuestionModelApp.Wrote(ByChannel)).Then(QuestionModelApp.Wrote(ByChannel));

        await client.RefusalAsync();

        Assert.Equal((2, 0), (client.Asked.Count, cube.Queries.Count - queries));
        await client.RefusalAsync();
    }

    [Fact]
    public async Task A_server_that_is_down_is_told_of_and_is_no_refusal()
    {
        var client = await app.NewAskingClientAsync(cube);
        await client.AnswerAsync("revenue by channel");
        cube.IsDown = true;
        app.Model.Then(QuestionModelApp.Wrote(ByChannel));

        await (await client.QueryAsync(new { question = QuestionModelApp.Question })).ExpectProblemAsync(503, "unavailable");

        Assert.Single(client.Asked);
        Assert.Equal((11, 7), await client.UsedAsync());
    }

    public static TheoryData<string> Failures => ["500", "504", "429", "401", "garbage", "prose", "unfinished", "empty"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Without_an_answer_of_the_model_it_is_as_without_a_model(string failure)
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Default = failure switch
        {
            "garbage" => ModelReply.Body("text/event-stream", "<html>"),
            "prose" => ModelReply.Text("I am sorry, I cannot do that."),
            "unfinished" => ModelReply.Unfinished("""{"query": {"measures":"""),
            "empty" => ModelReply.Text(),
            _ => ModelReply.Status(int.Parse(failure, System.Globalization.CultureInfo.InvariantCulture)),
        };

        var refused = await client.RefusalAsync();

        Assert.Contains("brought", refused.Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", refused.GetRawText(), StringComparison.Ordinal);
        Assert.NotEmpty(client.Asked);
    }

    [Fact]
    public async Task A_server_that_takes_no_response_format_is_asked_without_it()
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(ModelReply.Status(400)).Then(QuestionModelApp.Wrote(ByChannel));

        Assert.Equal("model", (await client.AnswerAsync()).Text("source"));
        Assert.Equal([true, false], client.Asked.Select(request => request.Body.TryGetProperty("response_format", out _)));
    }

    [Fact]
    public async Task A_plan_is_not_run()
    {
        var client = await app.NewAskingClientAsync(cube);
        await client.AnswerAsync("revenue by channel");
        var queries = cube.Queries.Count;
        app.Model.Then(QuestionModelApp.Wrote(ByChannel));

        var plan = await (await client.QueryAsync(new { question = QuestionModelApp.Question, plan_only = true, timezone = "Europe/Berlin" })).ExpectAsync(200);

        Assert.Equal(("model", "SELECT 1", 0), (plan.Text("source"), plan.Text("sql"), plan.GetProperty("rows").GetArrayLength()));
        Assert.Equal("Europe/Berlin", plan.GetProperty("query").Text("timezone"));
        Assert.Equal((queries, "Europe/Berlin"), (cube.Queries.Count, cube.Plans[^2]["timezone"]!.ToString()));
    }

    private static List<string> Names(JsonElement query, string field) =>
        [.. query.GetProperty("properties").GetProperty(field).GetProperty("items").GetProperty("enum").EnumerateArray().Select(name => name.GetString()!)];
}
