using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

public sealed class SuggestionTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task A_suggestion_waits_for_a_person_and_is_streamed_like_an_answer()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1", reply = "suggest" });
        var attempt = await held.NextAsync();
        Assert.False(attempt.Request.MayHandOver);
        var source = new Citation("doc_1", "chk_1", "Returns", null, "Thirty days.", 0.9);

        attempt.Say("Thirty days.");
        attempt.Give(new AnswerPart.Completed("Thirty days.", 0.1, [source], null, "m", null));
        var events = await stream.RestAsync();

        Assert.Equal("run.completed", events[^1].Type);
        Assert.Equal("Thirty days.", SseReader.TextOf(events));
        var run = events[^1].Data["run"]!;
        Assert.Equal("suggested", run.Text("outcome"));
        Assert.Null(run["reply_message_id"]);
        var session = run.Text("session_id");
        Assert.Single(await tenant.MessagesAsync(session));
        Assert.Equal("open", (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("state"));
        var suggestion = Assert.Single((await tenant.GetAsync($"/api/v1/sessions/{session}/suggestions"))["data"]!.AsArray())!;
        Assert.Equal(run.Text("suggestion_id"), suggestion.Text("id"));
        Assert.True(JsonNode.DeepEquals(suggestion, events[^1].Data["suggestion"]));
        Assert.Equal(("pending", "Thirty days."), (suggestion.Text("status"), suggestion.Text("text")));
        Assert.Equal(run.Text("message_id"), suggestion.Text("message_id"));
        Assert.Equal("Thirty days.", suggestion["citations"]![0]!.Text("quote"));
        Assert.Equal(0.1, suggestion["confidence"]!.GetValue<double>());
        Assert.Equal(
            ["chat.session.created", "chat.message.created", "chat.run.started", "chat.suggestion.created", "chat.run.completed"],
            await tenant.EventsAsync(session));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Thirty days, as I said.")]
    public async Task An_accepted_suggestion_becomes_an_agents_message(string? text)
    {
        var tenant = await app.NewChatTenantAsync();
        var suggestion = await SuggestAsync(tenant);

        var accepted = await tenant.PostAsync(
            $"/api/v1/suggestions/{suggestion.Text("id")}/accept", new { text = text ?? suggestion.Text("text"), sender = new { id = "agent-1" } });

        Assert.Equal("accepted", accepted.Text("status"));
        var messages = await tenant.MessagesAsync(suggestion.Text("session_id"));
        Assert.Equal(accepted.Text("accepted_message_id"), messages[1].Text("id"));
        Assert.Equal(("agent", text ?? suggestion.Text("text")), (messages[1].Text("role"), messages[1].Text("text")));
        Assert.Equal("agent-1", messages[1]["sender"]!.Text("id"));
        Assert.Equal(messages[0].Text("id"), messages[1].Text("in_reply_to"));
        Assert.Equal(messages[0].Text("id"), messages[1].Text("parent_id"));
        var session = await tenant.GetAsync($"/api/v1/sessions/{suggestion.Text("session_id")}");
        Assert.Equal(messages[1].Text("id"), session.Text("active_leaf_id"));
        Assert.Equal(2, session.Number("message_count"));
        Assert.Equal(["chat.message.created", "chat.suggestion.accepted"], (await tenant.EventsAsync(session.Text("id"))).TakeLast(2));
    }

    [Fact]
    public async Task A_suggestion_is_accepted_as_it_is_without_a_body()
    {
        var tenant = await app.NewChatTenantAsync();
        var suggestion = await SuggestAsync(tenant);

        await tenant.PostAsync($"/api/v1/suggestions/{suggestion.Text("id")}/accept");

        Assert.Equal(suggestion.Text("text"), (await tenant.MessagesAsync(suggestion.Text("session_id")))[1].Text("text"));
    }

    [Fact]
    public async Task A_rejected_suggestion_posts_nothing()
    {
        var tenant = await app.NewChatTenantAsync();
        var suggestion = await SuggestAsync(tenant);

        var rejected = await tenant.PostAsync($"/api/v1/suggestions/{suggestion.Text("id")}/reject");

        Assert.Equal("rejected", rejected.Text("status"));
        Assert.Single(await tenant.MessagesAsync(suggestion.Text("session_id")));
        Assert.Equal("chat.suggestion.rejected", (await tenant.EventsAsync(suggestion.Text("session_id")))[^1]);
    }

    [Theory]
    [InlineData("accept", "accept")]
    [InlineData("accept", "reject")]
    [InlineData("reject", "accept")]
    public async Task A_suggestion_is_decided_once(string first, string second)
    {
        var tenant = await app.NewChatTenantAsync();
        var suggestion = await SuggestAsync(tenant);
        await tenant.PostAsync($"/api/v1/suggestions/{suggestion.Text("id")}/{first}");

        await tenant.PostAsync($"/api/v1/suggestions/{suggestion.Text("id")}/{second}", expected: HttpStatusCode.Conflict);

        Assert.Equal(first == "accept" ? 2 : 1, (await tenant.MessagesAsync(suggestion.Text("session_id"))).Count);
    }

    [Fact]
    public async Task Accepting_at_once_posts_one_message()
    {
        var tenant = await app.NewChatTenantAsync();
        var suggestion = await SuggestAsync(tenant);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var response = await tenant.Http.PostAsync(
                $"/api/v1/suggestions/{suggestion.Text("id")}/accept", content: null, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }));

        Assert.Single(statuses, status => status == HttpStatusCode.OK);
        Assert.Equal(2, (await tenant.MessagesAsync(suggestion.Text("session_id"))).Count);
    }

    [Fact]
    public async Task A_suggestion_in_a_closed_session_stays_where_it_is()
    {
        var tenant = await app.NewChatTenantAsync();
        var suggestion = await SuggestAsync(tenant);
        await tenant.PostAsync($"/api/v1/sessions/{suggestion.Text("session_id")}/close");

        var problem = await tenant.PostAsync($"/api/v1/suggestions/{suggestion.Text("id")}/accept", expected: HttpStatusCode.Conflict);

        Assert.Equal("session_closed", problem.Text("code"));
    }

    [Theory]
    [InlineData(0, HttpStatusCode.UnprocessableEntity)]
    [InlineData(32_768, HttpStatusCode.OK)]
    [InlineData(32_769, HttpStatusCode.UnprocessableEntity)]
    public async Task An_accepted_text_has_1_to_32768_characters(int length, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();
        var suggestion = await SuggestAsync(tenant);

        await tenant.PostAsync($"/api/v1/suggestions/{suggestion.Text("id")}/accept", new { text = new string('x', length) }, expected);
    }

    [Fact]
    public async Task Suggestions_of_an_unknown_session_are_not_found()
    {
        var tenant = await app.NewChatTenantAsync();

        await tenant.GetAsync("/api/v1/sessions/ses_00000000000000000000000000/suggestions", HttpStatusCode.NotFound);
    }

    private static async Task<JsonNode> SuggestAsync(ChatTenant tenant) =>
        (await tenant.SayAsync(new { external_session_id = "a", text = "How long?", reply = "suggest" }, ("Prefer", "wait=30")))["suggestion"]!;
}
