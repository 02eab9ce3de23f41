using System.Text.Json;
using AiBackend.Tests.Support;
using static AiBackend.Tests.OpenAi.OpenAiHttp;

namespace AiBackend.Tests.OpenAi;

/// <summary>The chat model in a session.</summary>
public sealed class KeptConversationTests(OpenAiApp app) : IClassFixture<OpenAiApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Question_and_reply_are_kept_and_told_with_the_next_question(bool stream)
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Text("an", "swer")).Then(ModelReply.Text("more"));

        await (await AskAsync(tenant, "visit", stream, User("one"))).Content.ReadAsStringAsync(Ct);
        var second = await AskAsync(
            tenant,
            "visit",
            stream,
            [new { role = "system", content = "Be brief." }, new { role = "user", content = "what the caller remembers" }, new { role = "user", content = "two" }]);
        var text = await second.Content.ReadAsStringAsync(Ct);

        Assert.Equal(["one", "answer", "two", "more"], await TextsAsync(tenant, "visit"));
        var asked = app.Server.Requests[^1];
        Assert.Equal(["system: Be brief.", "user: one", "assistant: answer", "user: two"], asked.Messages);
        Assert.False(asked.Body.TryGetProperty("metadata", out _));
        Assert.Equal(stream, text.Contains("[DONE]", StringComparison.Ordinal));
        Assert.DoesNotContain(stream ? "\"usage\"" : "[DONE]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loop_of_tools_asks_the_question_once()
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Body(
            "application/json", """{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c"}]},"finish_reason":"tool_calls"}]}"""))
            .Then(ModelReply.Text("Sunny."));
        var question = User("Weather?");

        await (await AskAsync(tenant, "visit", stream: false, question)).ExpectAsync(200);
        await (await AskAsync(
            tenant,
            "visit",
            stream: false,
            [.. question, new { role = "assistant", content = "", tool_calls = new[] { new { id = "c" } } }, new { role = "tool", content = "sun", tool_call_id = "c" }])).ExpectAsync(200);

        Assert.Equal(["Weather?", "Sunny."], await TextsAsync(tenant, "visit"));
        Assert.Equal(["user: Weather?", "assistant: ", "tool: sun"], app.Server.Requests[^1].Messages);
    }

    [Fact]
    public async Task A_question_that_failed_is_kept_once_when_it_is_asked_again()
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Status(401)).Then(ModelReply.Text("now"));

        await (await AskAsync(tenant, "visit", stream: false, User("one"))).ExpectErrorAsync(502, "server_error", "model_rejected");
        await (await AskAsync(tenant, "visit", stream: false, User("one"))).ExpectAsync(200);

        Assert.Equal(["one", "now"], await TextsAsync(tenant, "visit"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kept_reply_says_which_model_wrote_it_and_what_it_took(bool stream)
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Text("ans", "wer"));

        await (await AskAsync(tenant, "visit", stream, User("one"))).Content.ReadAsStringAsync(Ct);

        var (question, reply) = (await MessagesAsync(tenant, "visit")) is [var first, var second] ? (first, second) : default;
        Assert.Equal(JsonValueKind.Null, question.GetProperty("model").ValueKind);
        Assert.Equal(OpenAiApp.Model, reply.Text("model"));
        Assert.Equal((11, 7), (reply.GetProperty("usage").GetProperty("input_tokens").GetInt64(), reply.GetProperty("usage").GetProperty("output_tokens").GetInt64()));
        Assert.Equal(JsonValueKind.Null, reply.GetProperty("usage").GetProperty("cost").ValueKind);
    }

    [Fact]
    public async Task A_kept_reply_says_nothing_of_model_and_tokens_when_the_server_does_not()
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Body(
            "application/json", """{"choices":[{"message":{"role":"assistant","content":"answer"},"finish_reason":"stop"}]}"""));

        await (await AskAsync(tenant, "visit", stream: false, User("one"))).ExpectAsync(200);

        var reply = (await MessagesAsync(tenant, "visit"))[1];
        Assert.Equal("answer", reply.Text("text"));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (reply.GetProperty("model").ValueKind, reply.GetProperty("usage").ValueKind));
    }

    [Fact]
    public async Task Half_an_answer_is_not_kept()
    {
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Unfinished("Half an "));

        var events = await (await AskAsync(tenant, "visit", stream: true, User("one"))).EventsAsync();

        Assert.Equal("model_unavailable", (string?)ErrorOf(events)["code"]);
        Assert.Equal(["one"], await TextsAsync(tenant, "visit"));
    }

    [Fact]
    public async Task Another_clients_session_is_not_found_and_no_model_is_asked()
    {
        var (owner, stranger) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var session = (await (await owner.Http.PostJsonAsync("/api/v1/sessions", new { })).ExpectAsync(201)).Text("id");
        var before = app.Server.Requests.Count;

        await (await AskAsync(stranger, session, stream: false, User("one"))).ExpectErrorAsync(404, "invalid_request_error", "not_found");

        Assert.Equal(before, app.Server.Requests.Count);
    }

    [Fact]
    public async Task In_a_session_that_a_person_answers_the_message_is_kept_and_no_model_is_asked()
    {
        var tenant = await app.NewTenantAsync();
        var session = (await (await tenant.Http.PostJsonAsync("/api/v1/sessions", new { external_id = "visit" })).ExpectAsync(201)).Text("id");
        await tenant.Http.PostJsonAsync($"/api/v1/sessions/{session}/handover", new { });
        var before = app.Server.Requests.Count;

        var answer = await (await AskAsync(tenant, session, stream: false, User("one"))).ExpectAsync(200);

        Assert.Equal("", answer.GetProperty("choices")[0].GetProperty("message").Text("content"));
        Assert.Equal("handed_over", answer.GetProperty("ai_backend").Text("outcome"));
        Assert.Equal(["one"], await TextsAsync(tenant, "visit"));
        Assert.Equal(before, app.Server.Requests.Count);
    }

    private static Task<HttpResponseMessage> AskAsync(Tenant tenant, string session, bool stream, object[] messages) =>
        tenant.Http.CompleteAsync(new { model = OpenAiApp.Model, messages, stream, metadata = new { session_id = session } });

    private static async Task<string[]> TextsAsync(Tenant tenant, string externalId) =>
        [.. (await MessagesAsync(tenant, externalId)).Select(message => message.Text("text"))];

    private static async Task<JsonElement[]> MessagesAsync(Tenant tenant, string externalId)
    {
        var session = Assert.Single((await tenant.Http.GetJsonAsync($"/api/v1/sessions?external_id={externalId}")).Data()).Text("id");
        return (await tenant.Http.GetJsonAsync($"/api/v1/sessions/{session}/messages?order=asc")).Data();
    }
}
