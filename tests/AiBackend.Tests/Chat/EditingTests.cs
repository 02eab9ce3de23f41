using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

/// <summary>Second branches: another wording, one more reply, and which branch is the active one.</summary>
public sealed class EditingTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task Another_wording_begins_a_branch_and_is_answered_and_the_old_one_stays_readable()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);

        var edited = await EditAsync(tenant, talk.Questions[1], new { text = "2b" }, ("Prefer", "wait"));

        var message = edited["message"]!;
        Assert.Equal(("user", "2b", 5), (message.Text("role"), message.Text("text"), message.Number("position")));
        Assert.Equal(talk.Replies[0], message.Text("parent_id"));
        Assert.NotNull(message["edited_at"]);
        Assert.Equal("You said: 2b", edited["reply"]!.Text("text"));
        Assert.Equal(["1", "You said: 1", "2b", "You said: 2b"], await TextsAsync(tenant, talk.Session, "active"));
        Assert.Equal(["1", "You said: 1", "2", "You said: 2", "2b", "You said: 2b"], await TextsAsync(tenant, talk.Session, "all"));
        var asked = app.Answers.Requests.Single(request => request.RunId == edited["run"]!.Text("id"));
        Assert.Equal(["1", "You said: 1"], asked.History.Select(turn => turn.Text));
        await tenant.EventsAsync(talk.Session);
    }

    [Fact]
    public async Task The_first_message_can_be_worded_anew_with_what_was_attached_to_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var posted = (await tenant.SayAsync(new
        {
            external_session_id = "a",
            text = "1",
            reply = "none",
            external_id = "x",
            sender = new { id = "u", name = "Ann" },
            data = new { n = 1 },
            attachments = new[] { new { type = "file", url = "https://files.example/1" } },
        }))["message"]!;

        var edited = await EditAsync(tenant, posted.Text("id"), new { text = "1b", reply = "none" });

        var message = edited["message"]!;
        Assert.Null(edited["run"]);
        Assert.Null(message["parent_id"]);
        Assert.Null(message["external_id"]);
        Assert.Equal(("u", "https://files.example/1", 1), (
            message["sender"]!.Text("id"), message["attachments"]![0]!.Text("url"), message["data"]!.Number("n")));
        Assert.Equal(["1b"], await TextsAsync(tenant, posted.Text("session_id"), "active"));
        Assert.Equal("1", (await tenant.GetAsync($"/api/v1/messages/{posted.Text("id")}")).Text("text"));
    }

    [Fact]
    public async Task What_a_new_wording_comes_to_can_be_streamed()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);

        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Patch, $"/api/v1/messages/{talk.Questions[1]}", new { text = "2b" });

        Assert.Equal("You said: 2b", SseReader.TextOf(await stream.RestAsync()));
    }

    [Fact]
    public async Task Only_what_a_user_said_and_did_not_delete_can_be_worded_anew_and_only_in_the_version_that_was_read()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{talk.Questions[0]}", null, HttpStatusCode.NoContent);

        await EditAsync(tenant, talk.Replies[0], new { text = "x" }, HttpStatusCode.Conflict);
        await EditAsync(tenant, talk.Questions[0], new { text = "x" }, HttpStatusCode.Conflict);
        await EditAsync(tenant, talk.Questions[1], new { text = "x" }, HttpStatusCode.PreconditionFailed, ("If-Match", "\"2\""));
        await EditAsync(tenant, talk.Questions[1], new { text = "x" }, HttpStatusCode.OK, ("If-Match", "\"1\""));
    }

    [Theory]
    [InlineData("""{"text":" "}""", "text")]
    [InlineData("""{"text":null}""", "text")]
    [InlineData("""{"reply":"auto"}""", "text")]
    [InlineData("""{"text":"x","reply":"all"}""", "reply")]
    [InlineData("""{"text":"x","role":"agent"}""", "role")]
    public async Task A_new_wording_is_a_text_and_what_is_to_come_of_it(string body, string field)
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);

        var problem = await EditAsync(tenant, talk.Questions[1], JsonNode.Parse(body)!, HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]![field]);
        Assert.Equal(4, (await tenant.GetAsync($"/api/v1/sessions/{talk.Session}")).Number("message_count"));
    }

    [Fact]
    public async Task A_new_wording_may_be_as_long_as_a_message()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        const int Limit = 32_768;

        await EditAsync(tenant, talk.Questions[1], new { text = new string('x', Limit), reply = "none" });
        await EditAsync(tenant, talk.Questions[1], new { text = new string('x', Limit + 1), reply = "none" }, HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Where_a_person_answers_a_new_wording_is_stored_and_in_a_closed_session_refused()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        await tenant.PostAsync($"/api/v1/sessions/{talk.Session}/handover");

        Assert.Null((await EditAsync(tenant, talk.Questions[1], new { text = "2b" }))["run"]);
        await RegenerateAsync(tenant, talk.Replies[1], HttpStatusCode.Conflict);
        await tenant.PostAsync($"/api/v1/sessions/{talk.Session}/close");
        Assert.Equal("session_closed", (await EditAsync(tenant, talk.Questions[1], new { text = "2c" }, HttpStatusCode.Conflict)).Text("code"));
        Assert.Equal("session_closed", (await RegenerateAsync(tenant, talk.Replies[1], HttpStatusCode.Conflict)).Text("code"));
    }

    [Fact]
    public async Task One_more_reply_stands_beside_the_first_and_does_not_know_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);

        var again = await RegenerateAsync(tenant, talk.Replies[1], HttpStatusCode.Created, ("Prefer", "wait"));

        var reply = again["reply"]!;
        Assert.Equal((talk.Questions[1], talk.Questions[1]), (reply.Text("parent_id"), reply.Text("in_reply_to")));
        Assert.Equal(reply.Text("id"), (await tenant.GetAsync($"/api/v1/sessions/{talk.Session}")).Text("active_leaf_id"));
        Assert.Equal(["1", "You said: 1", "2", "You said: 2"], await TextsAsync(tenant, talk.Session, "active"));
        Assert.Equal(5, (await tenant.MessagesAsync(talk.Session)).Count);
        var asked = app.Answers.Requests.Single(request => request.RunId == again["run"]!.Text("id"));
        Assert.Equal(["1", "You said: 1"], asked.History.Select(turn => turn.Text));
        await tenant.EventsAsync(talk.Session);
    }

    [Fact]
    public async Task A_question_gets_one_more_reply_right_below_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);

        var again = await RegenerateAsync(tenant, talk.Questions[0], HttpStatusCode.Created, ("Prefer", "wait"));

        Assert.Equal(talk.Questions[0], again["reply"]!.Text("parent_id"));
        Assert.Equal(["1", "You said: 1"], await TextsAsync(tenant, talk.Session, "active"));
    }

    [Fact]
    public async Task One_more_reply_does_not_take_the_conversation_away_from_where_it_has_gone()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        var held = app.Answers.Hold(tenant.ClientId);
        var again = await RegenerateAsync(tenant, talk.Replies[1]);
        var attempt = await held.NextAsync();
        await tenant.SayAsync(new { session_id = talk.Session, text = "3", reply = "none" });

        attempt.Complete("another 2");
        await tenant.EndOfAsync(again["run"]!.Text("id"));

        Assert.Equal(["1", "You said: 1", "2", "You said: 2", "3"], await TextsAsync(tenant, talk.Session, "active"));
        Assert.Contains("another 2", await TextsAsync(tenant, talk.Session, "all"));
    }

    [Fact]
    public async Task When_one_more_reply_fails_the_first_one_stays_in_view()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        var held = app.Answers.Hold(tenant.ClientId);
        var again = await RegenerateAsync(tenant, talk.Replies[1]);
        (await held.NextAsync()).Fail(new OrchestrationException("model_unavailable", "No."));

        var run = await tenant.EndOfAsync(again["run"]!.Text("id"));

        Assert.Equal("failed", run.Text("status"));
        var active = await tenant.MessagesAsync(talk.Session, "active");
        Assert.Equal("You said: 2", active[^2].Text("text"));
        Assert.Equal("error", active[^1].Text("category"));
    }

    [Fact]
    public async Task What_is_no_reply_cannot_be_made_again()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        var agents = (await tenant.SayAsync(new { session_id = talk.Session, text = "I am Eve", role = "agent" }))["message"]!.Text("id");
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{talk.Questions[0]}", null, HttpStatusCode.NoContent);

        await RegenerateAsync(tenant, agents, HttpStatusCode.Conflict);
        await RegenerateAsync(tenant, talk.Questions[0], HttpStatusCode.Conflict);
        await RegenerateAsync(tenant, talk.Replies[0], HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Asking_again_with_the_same_key_makes_one_reply_and_streams_it_anew()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);

        var first = await RegenerateAsync(tenant, talk.Replies[1], HttpStatusCode.Created, ("Idempotency-Key", "k"));
        var second = await RegenerateAsync(tenant, talk.Replies[1], HttpStatusCode.Created, ("Idempotency-Key", "k"), ("Prefer", "wait"));
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, $"/api/v1/messages/{talk.Replies[1]}/regenerate", null, ("Idempotency-Key", "k"));

        Assert.Equal(first["run"]!.Text("id"), second["run"]!.Text("id"));
        Assert.Equal("You said: 2", second["reply"]!.Text("text"));
        Assert.Equal("You said: 2", SseReader.TextOf(await stream.RestAsync()));
        Assert.Equal(5, (await tenant.MessagesAsync(talk.Session)).Count);
    }

    [Theory]
    [InlineData("""{"reply":"none"}""", 422, "validation_failed")]
    [InlineData("[]", 422, "validation_failed")]
    [InlineData("{", 400, "malformed_json")]
    [InlineData("{}", 201, null)]
    [InlineData("", 201, null)]
    public async Task A_route_that_takes_no_body_does_not_drop_one_unseen(string body, int status, string? code)
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var answer = await tenant.Http.PostAsync(
            $"/api/v1/messages/{talk.Replies[1]}/regenerate", content, TestContext.Current.CancellationToken);

        var shown = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal((status, code), ((int)answer.StatusCode, shown.TextOrNull("code")));
    }

    [Fact]
    public async Task The_active_branch_can_be_chosen_and_goes_on_from_there()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        await EditAsync(tenant, talk.Questions[1], new { text = "2b", reply = "none" });
        var session = $"/api/v1/sessions/{talk.Session}";

        await tenant.SendAsync(HttpMethod.Patch, session, new { active_leaf_id = talk.Replies[1] });
        await tenant.SayAsync(new { session_id = talk.Session, text = "3", reply = "none" });

        Assert.Equal(["1", "You said: 1", "2", "You said: 2", "3"], await TextsAsync(tenant, talk.Session, "active"));
    }

    [Fact]
    public async Task Only_a_message_of_the_session_can_be_its_active_leaf()
    {
        var tenant = await app.NewChatTenantAsync();
        var talk = await TalkAsync(tenant);
        var elsewhere = (await tenant.SayAsync(new { external_session_id = "b", text = "x", reply = "none" }))["message"]!.Text("id");
        var session = $"/api/v1/sessions/{talk.Session}";

        foreach (var leaf in new[] { elsewhere, "msg_00000000000000000000000000", null })
        {
            var problem = await tenant.SendAsync(
                HttpMethod.Patch, session, new { active_leaf_id = leaf, title = "x" }, HttpStatusCode.UnprocessableEntity);
            Assert.NotNull(problem["errors"]!["active_leaf_id"]);
        }

        Assert.Equal("1", (await tenant.GetAsync(session)).Text("title"));
    }

    private static async Task<(string Session, string[] Questions, string[] Replies)> TalkAsync(ChatTenant tenant)
    {
        var session = await tenant.OpenAsync();
        var said = new List<JsonNode>();
        foreach (var text in new[] { "1", "2" })
        {
            said.Add(await tenant.SayAsync(new { session_id = session, text }, ("Prefer", "wait")));
        }

        return (session, [.. said.Select(one => one["message"]!.Text("id"))], [.. said.Select(one => one["reply"]!.Text("id"))]);
    }

    private static Task<JsonNode> EditAsync(ChatTenant tenant, string id, object edit, params (string Name, string Value)[] headers) =>
        EditAsync(tenant, id, edit, HttpStatusCode.OK, headers);

    private static Task<JsonNode> EditAsync(
        ChatTenant tenant, string id, object edit, HttpStatusCode expected, params (string Name, string Value)[] headers) =>
        tenant.SendAsync(HttpMethod.Patch, $"/api/v1/messages/{id}", edit, expected, headers);

    private static Task<JsonNode> RegenerateAsync(
        ChatTenant tenant, string id, HttpStatusCode expected = HttpStatusCode.Created, params (string Name, string Value)[] headers) =>
        tenant.PostAsync($"/api/v1/messages/{id}/regenerate", null, expected, headers);

    private static async Task<IEnumerable<string>> TextsAsync(ChatTenant tenant, string session, string branch) =>
        (await tenant.MessagesAsync(session, branch)).Select(message => message.Text("text"));
}
