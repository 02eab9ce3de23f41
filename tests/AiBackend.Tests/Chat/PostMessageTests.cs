using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat;

public sealed class PostMessageTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task A_message_to_a_new_external_id_opens_a_session()
    {
        var tenant = await app.NewChatTenantAsync();

        var posted = await tenant.SayAsync(
            new { external_session_id = "chat-7", text = "Hello", reply = "none", sender = new { id = "u1", name = "Ana" } });

        var message = posted["message"]!;
        Assert.Null(posted["run"]);
        Assert.Equal(1, message.Number("position"));
        Assert.Equal("user", message.Text("role"));
        Assert.Equal("message", message.Text("category"));
        Assert.Equal(1, message.Number("version"));
        Assert.Null(message["parent_id"]);
        var session = await tenant.GetAsync($"/api/v1/sessions/{message.Text("session_id")}");
        Assert.Equal("chat-7", session.Text("external_id"));
        Assert.Equal("open", session.Text("state"));
        Assert.Equal(1, session.Number("message_count"));
        Assert.Equal(message.Text("id"), session.Text("active_leaf_id"));
        Assert.Equal("u1", session["participants"]![0]!.Text("id"));
        Assert.Equal(["chat.session.created", "chat.message.created"], await tenant.EventsAsync(session.Text("id")));
    }

    [Fact]
    public async Task A_users_message_is_answered()
    {
        var tenant = await app.NewChatTenantAsync();

        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Hello" });

        var run = posted["run"]!;
        Assert.Equal("queued", run.Text("status"));
        Assert.Equal(posted["message"]!.Text("id"), run.Text("message_id"));
        var ended = await tenant.EndOfAsync(run.Text("id"));
        Assert.Equal(("completed", "replied"), (ended.Text("status"), ended.Text("outcome")));
        Assert.Equal(1, ended.Number("attempts"));
        Assert.Equal(5, ended["usage"]!.Number("output_tokens"));
        var messages = await tenant.MessagesAsync(run.Text("session_id"));
        Assert.Equal(2, messages.Count);
        Assert.Equal(ended.Text("reply_message_id"), messages[1].Text("id"));
        Assert.Equal(ScriptedAnswers.EchoOf("Hello"), messages[1].Text("text"));
        Assert.Equal("assistant", messages[1].Text("role"));
        Assert.Equal("scripted", messages[1].Text("model"));
        Assert.Equal(run.Text("id"), messages[1].Text("run_id"));
        Assert.Equal(messages[0].Text("id"), messages[1].Text("parent_id"));
        Assert.Equal(messages[0].Text("id"), messages[1].Text("in_reply_to"));
        Assert.Equal(
            ["chat.session.created", "chat.message.created", "chat.run.started", "chat.message.created", "chat.run.completed"],
            await tenant.EventsAsync(run.Text("session_id")));
    }

    [Theory]
    [InlineData("assistant")]
    [InlineData("agent")]
    [InlineData("system")]
    public async Task A_message_of_another_role_gets_no_run_unless_asked_for(string role)
    {
        var tenant = await app.NewChatTenantAsync();

        var plain = await tenant.SayAsync(new { external_session_id = "a", text = "Hello", role });
        var asked = await tenant.SayAsync(new { external_session_id = "a", text = "Hello", role, reply = "auto" });

        Assert.Null(plain["run"]);
        Assert.Equal(role, plain["message"]!.Text("role"));
        Assert.NotNull(asked["run"]);
        await tenant.EndOfAsync(asked["run"]!.Text("id"));
    }

    [Fact]
    public async Task Everything_that_was_posted_comes_back()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        var posted = await tenant.SayAsync(new
        {
            session_id = session,
            text = "Grüße 👋",
            role = "agent",
            sender = new { id = "a1", name = "Bo", type = "staff" },
            data = new { order = 7, deep = new { UPPER = new[] { 1.50, 2 } } },
            external_id = "x-1",
            attachments = new object[]
            {
                new { type = "file", name = "a.pdf", media_type = "application/pdf", size = 12, url = "https://files.example/a.pdf" },
                new { type = "buttons", buttons = new[] { new { label = "Yes" } } },
            },
        });

        var message = await tenant.GetAsync($"/api/v1/messages/{posted["message"]!.Text("id")}");
        Assert.True(JsonNode.DeepEquals(posted["message"], message));
        Assert.Equal("Grüße 👋", message.Text("text"));
        Assert.Equal("""{"order":7,"deep":{"UPPER":[1.5,2]}}""", message["data"]!.ToJsonString());
        Assert.Equal("staff", message["sender"]!.Text("type"));
        Assert.Equal("x-1", message.Text("external_id"));
        Assert.Equal("application/pdf", message["attachments"]![0]!.Text("media_type"));
        Assert.Equal("""[{"label":"Yes"}]""", message["attachments"]![1]!["buttons"]!.ToJsonString());
    }

    [Fact]
    public async Task Two_first_messages_at_once_open_one_session()
    {
        var tenant = await app.NewChatTenantAsync();

        var posted = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => tenant.SayAsync(new { external_session_id = "same", text = $"m{i}", reply = "none" })));

        var session = Assert.Single(posted.Select(answer => answer["message"]!.Text("session_id")).Distinct());
        Assert.Equal(Enumerable.Range(1, 16), posted.Select(answer => (int)answer["message"]!.Number("position")).Order());
        var stored = await tenant.GetAsync($"/api/v1/sessions/{session}");
        Assert.Equal(16, stored.Number("message_count"));
        Assert.Equal(17, (await tenant.EventsAsync(session)).Count);
    }

    [Fact]
    public async Task Channels_have_conversations_of_their_own_under_the_same_external_id()
    {
        var tenant = await app.NewChatTenantAsync();
        var other = await tenant.NewChannelAsync();

        var first = await tenant.SayAsync(new { external_session_id = "same", text = "a", reply = "none" });
        var second = await tenant.SayAsync(new { external_session_id = "same", channel_id = other, text = "b", reply = "none" });

        Assert.NotEqual(first["message"]!.Text("session_id"), second["message"]!.Text("session_id"));
        Assert.Equal(other, (await tenant.GetAsync($"/api/v1/sessions/{second["message"]!.Text("session_id")}")).Text("channel_id"));
    }

    [Fact]
    public async Task A_repeat_of_an_external_id_is_answered_with_the_first_message_and_its_run()
    {
        var tenant = await app.NewChatTenantAsync();
        var first = await tenant.SayAsync(new { external_session_id = "a", text = "Hello", external_id = "m-1" });
        await tenant.EndOfAsync(first["run"]!.Text("id"));

        var again = await tenant.PostAsync("/api/v1/messages", new { external_session_id = "b", text = "Other", external_id = "m-1" });

        Assert.Equal(first["message"]!.ToJsonString(), again["message"]!.ToJsonString());
        Assert.Equal(first["run"]!.Text("id"), again["run"]!.Text("id"));
        Assert.Equal("completed", again["run"]!.Text("status"));
    }

    [Fact]
    public async Task A_repeat_of_an_external_id_is_known_also_after_its_session_was_closed()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        var first = await tenant.SayAsync(new { session_id = session, text = "Hello", external_id = "m-1", reply = "none" });
        await tenant.PostAsync($"/api/v1/sessions/{session}/close");

        var again = await tenant.PostAsync("/api/v1/messages", new { session_id = session, text = "Hello", external_id = "m-1" });

        Assert.Equal(first["message"]!.Text("id"), again["message"]!.Text("id"));
    }

    [Fact]
    public async Task Repeats_of_an_external_id_at_once_make_one_message()
    {
        var tenant = await app.NewChatTenantAsync();

        var ids = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            using var response = await tenant.Http.PostAsync(
                "/api/v1/messages",
                new StringContent($$"""{"external_session_id":"s{{i % 3}}","text":"t","reply":"none","external_id":"one"}""", Encoding.UTF8, "application/json"),
                TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK);
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            return (Id: body["message"]!.Text("id"), IsNew: response.StatusCode == HttpStatusCode.Created);
        }));

        Assert.Single(ids.Select(id => id.Id).Distinct());
        Assert.Single(ids, id => id.IsNew);
        Assert.Single((await tenant.GetAsync("/api/v1/messages"))["data"]!.AsArray());
    }

    [Fact]
    public async Task An_external_id_is_unique_for_one_client_only()
    {
        var one = await app.NewChatTenantAsync();
        var other = await app.NewChatTenantAsync();

        var first = await one.SayAsync(new { external_session_id = "a", text = "Hello", external_id = "m-1", reply = "none" });
        var second = await other.SayAsync(new { external_session_id = "a", text = "Hello", external_id = "m-1", reply = "none" });

        Assert.NotEqual(first["message"]!.Text("id"), second["message"]!.Text("id"));
    }

    [Fact]
    public async Task A_session_of_another_client_is_not_found()
    {
        var owner = await app.NewChatTenantAsync();
        var session = await owner.OpenAsync();
        var stranger = await app.NewChatTenantAsync();

        await stranger.PostAsync("/api/v1/messages", new { session_id = session, text = "t" }, HttpStatusCode.NotFound);

        Assert.Empty(await owner.MessagesAsync(session));
    }

    [Fact]
    public async Task A_message_to_a_closed_session_is_refused_by_id_and_opens_another_by_external_id()
    {
        var tenant = await app.NewChatTenantAsync();
        var first = await tenant.SayAsync(new { external_session_id = "a", text = "1", reply = "none" });
        var closed = first["message"]!.Text("session_id");
        await tenant.PostAsync($"/api/v1/sessions/{closed}/close");

        var problem = await tenant.PostAsync("/api/v1/messages", new { session_id = closed, text = "2" }, HttpStatusCode.Conflict);
        var next = await tenant.SayAsync(new { external_session_id = "a", text = "2", reply = "none" });

        Assert.Equal("session_closed", problem.Text("code"));
        Assert.NotEqual(closed, next["message"]!.Text("session_id"));
        Assert.Equal(1, next["message"]!.Number("position"));
        Assert.Single(await tenant.MessagesAsync(closed));
    }

    [Fact]
    public async Task A_key_repeats_the_first_answer()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = new { external_session_id = "a", text = "Hello" };

        var first = await tenant.SayAsync(message, ("Idempotency-Key", "k1"));
        var again = await tenant.SayAsync(message, ("Idempotency-Key", "k1"));

        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        await tenant.EndOfAsync(first["run"]!.Text("id"));
        Assert.Equal(2, (await tenant.MessagesAsync(first["message"]!.Text("session_id"))).Count);
    }
}
