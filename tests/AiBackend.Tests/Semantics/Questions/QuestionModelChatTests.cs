using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>Messages of a chat that ask for numbers in words that the parser does not know whole.</summary>
public sealed class QuestionModelChatTests : IClassFixture<QuestionModelApp>, IClassFixture<ScriptedCube>
{
    private readonly QuestionModelApp app;
    private readonly ScriptedCube cube;

    public QuestionModelChatTests(QuestionModelApp app, ScriptedCube cube)
    {
        (this.app, this.cube) = (app, cube);
        app.Model.Forget();
        (cube.Answer, cube.Refuse, cube.IsDown) = (null, null, false);
        app.Model.Default = ModelReply.Text("From the documents.");
    }

    [Fact]
    public async Task A_message_that_asks_for_numbers_is_answered_with_the_models_query()
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(QuestionModelApp.Wrote("""{"measures":["orders.count"],"filters":[{"member":"orders.channel","operator":"equals","values":["web"]}]}"""));
        cube.Answer = _ => System.Text.Json.Nodes.JsonNode.Parse("""[{"orders.count":"12"}]""");

        var answer = await SayAsync(client, "How many orders reached us through the web?");

        var reply = answer.GetProperty("reply");
        Assert.Equal("Number of Orders, where Orders Channel is web: 12 [1]", reply.Text("text"));
        Assert.Contains("\"orders.count\"", Assert.Single(reply.GetProperty("citations").EnumerateArray()).Text("quote"), StringComparison.Ordinal);
        Assert.Equal((client.Layer, 0.6), (reply.GetProperty("data").Text("layer_id"), reply.GetProperty("confidence").GetDouble()));
        Assert.Equal((11, 7), Used(answer));
        Assert.Equal((11, 7), await client.UsedAsync());
        Assert.Single(client.Asked);
    }

    [Theory]
    [InlineData("How do I return a lamp that is broken?")]
    [InlineData("How many days does a parcel take to Austria?")]
    [InlineData("Do you deliver to Germany?")]
    [InlineData("What is the best way to cancel an order?")]
    [InlineData("Is the desk lamp dimmable?")]
    [InlineData("How many orders have I placed that are late?")]
    [InlineData("What is the total of my orders so far?")]
    [InlineData("How many orders did I place in 2024?")]
    public async Task All_else_goes_to_the_documents_without_a_word_to_the_model_about_data(string text)
    {
        var client = await app.NewAskingClientAsync(cube);
        var queries = cube.Queries.Count;

        var answer = await SayAsync(client, text);

        Assert.Equal("From the documents.", answer.GetProperty("reply").Text("text"));
        Assert.False(Assert.Single(client.Asked).Body.TryGetProperty("response_format", out _));
        Assert.Equal((queries, (11, 7)), (cube.Queries.Count, Used(answer)));
    }

    [Fact]
    public async Task Where_the_data_has_no_answer_the_documents_answer_and_both_are_counted()
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(QuestionModelApp.Wrote("null"));

        var answer = await SayAsync(client, "How many orders reached us through the web?");

        Assert.Equal("From the documents.", answer.GetProperty("reply").Text("text"));
        Assert.Equal(((22, 14), 2), (Used(answer), client.Asked.Count));
        Assert.Equal((22, 14), await client.UsedAsync());
    }

    [Fact]
    public async Task A_semantic_server_that_fails_leaves_it_to_the_documents()
    {
        var client = await app.NewAskingClientAsync(cube);
        await client.AnswerAsync("revenue by channel");
        cube.IsDown = true;
        app.Model.Then(QuestionModelApp.Wrote("""{"measures":["orders.count"]}"""));

        Assert.Equal("From the documents.", (await SayAsync(client, "How many orders reached us through the web?")).GetProperty("reply").Text("text"));
        Assert.Equal((22, 14), await client.UsedAsync());
    }

    [Fact]
    public async Task What_was_used_before_an_answer_failed_is_counted()
    {
        var client = await app.NewAskingClientAsync(cube);
        app.Model.Then(QuestionModelApp.Wrote("null"));
        app.Model.Default = ModelReply.Status(401);

        var answer = await SayAsync(client, "How many orders reached us through the web?");

        Assert.Equal("failed", answer.GetProperty("run").Text("status"));
        Assert.Equal((11, 7), await client.UsedAsync());
    }

    [Theory]
    [InlineData(0.6, true)]
    [InlineData(0.61, false)]
    public async Task A_client_that_wants_surer_answers_gets_none_of_a_models_query(double least, bool isAsked)
    {
        var client = await app.NewAskingClientAsync(cube, new { chat = new { min_confidence = least } });
        app.Model.Then(QuestionModelApp.Wrote("""{"measures":["orders.count"]}"""));

        await SayAsync(client, "How many orders reached us through the web?");

        Assert.Equal(isAsked, client.Asked[0].Body.TryGetProperty("response_format", out _));
    }

    private static (int, int) Used(JsonElement answer)
    {
        var usage = answer.GetProperty("run").GetProperty("usage");
        return (usage.GetProperty("input_tokens").GetInt32(), usage.GetProperty("output_tokens").GetInt32());
    }

    private static async Task<JsonElement> SayAsync(AskingClient client, string text) => await (await client.Tenant.Http.PostJsonAsync(
        "/api/v1/messages", new { external_session_id = "s1", text }, ("Prefer", "wait=30"))).ExpectAsync(201);
}
