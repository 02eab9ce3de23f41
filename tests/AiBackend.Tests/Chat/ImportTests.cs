using System.Net;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat;

/// <summary>Bringing in what was said elsewhere.</summary>
public sealed class ImportTests(ChatApp app) : IClassFixture<ChatApp>
{
    private const string Path = "/api/v1/messages/bulk";

    [Fact]
    public async Task A_history_comes_in_with_its_times_and_nothing_replies()
    {
        var tenant = await app.NewChatTenantAsync();

        var result = await tenant.PostAsync(Path, new
        {
            external_session_id = "a",
            messages = new object[]
            {
                new { text = "Where is my parcel?", sender = new { id = "u", name = "Ann" }, created_at = "1999-01-02T03:04:05.678Z", external_id = "x1" },
                new { text = "On its way.", role = "agent", created_at = "1999-01-02T03:05:00Z" },
                new { text = "Thanks" },
            },
        });

        var session = await tenant.GetAsync($"/api/v1/sessions/{result.Text("session_id")}");
        var messages = await tenant.MessagesAsync(session.Text("id"), "active");
        Assert.Equal(["created", "created", "created"], Statuses(result));
        Assert.Equal(result["results"]!.AsArray().Select(item => item!.Text("message_id")), messages.Select(message => message.Text("id")));
        Assert.Equal(["1999-01-02T03:04:05.678Z", "1999-01-02T03:05:00.000Z"], messages.Take(2).Select(message => message.Text("created_at")));
        Assert.Equal(messages[0].Text("id"), messages[1].Text("parent_id"));
        Assert.Equal((3, "Where is my parcel?", messages[2].Text("id")), (session.Number("message_count"), session.Text("title"), session.Text("active_leaf_id")));
        Assert.Equal("u", session["participants"]![0]!.Text("id"));
        Assert.Equal(["chat.session.created", "chat.message.created", "chat.message.created", "chat.message.created"], await tenant.EventsAsync(session.Text("id")));
        Assert.DoesNotContain(app.Answers.Requests, request => request.ClientId == tenant.ClientId);
    }

    [Fact]
    public async Task Each_message_has_its_own_result_and_the_good_ones_go_in()
    {
        var tenant = await app.NewChatTenantAsync();
        await tenant.SayAsync(new { external_session_id = "a", text = "first", reply = "none", external_id = "x" });

        var result = await tenant.PostAsync(Path, new
        {
            external_session_id = "a",
            messages = new object?[]
            {
                new { text = "known", external_id = "x" },
                new { text = "" },
                new { text = "new", external_id = "y" },
                new { text = "new again", external_id = "y" },
                new { text = "later", created_at = "2000-01-02T00:00:00Z" },
                new { text = "odd", colour = "red" },
                null,
                new { text = new string('x', 32_769) },
                new { text = new string('x', 32_768) },
            },
        });

        Assert.Equal(["existing", "failed", "created", "existing", "failed", "failed", "failed", "failed", "created"], Statuses(result));
        var items = result["results"]!.AsArray();
        Assert.Equal(items[2]!.Text("message_id"), items[3]!.Text("message_id"));
        Assert.All(new[] { 1, 4, 5, 6, 7 }, i => Assert.Equal("validation_failed", items[i]!["error"]!.Text("code")));
        Assert.NotNull(items[4]!["error"]!["errors"]!["created_at"]);
        Assert.Equal(3, (await tenant.GetAsync($"/api/v1/sessions/{result.Text("session_id")}")).Number("message_count"));
        await tenant.EventsAsync(result.Text("session_id"));
    }

    [Theory]
    [InlineData(1, HttpStatusCode.OK)]
    [InlineData(500, HttpStatusCode.OK)]
    [InlineData(0, HttpStatusCode.UnprocessableEntity)]
    [InlineData(501, HttpStatusCode.UnprocessableEntity)]
    public async Task One_to_500_messages_come_in_at_once(int count, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        await tenant.PostAsync(
            Path, new { session_id = session, messages = Enumerable.Range(0, count).Select(i => new { text = $"{i}" }) }, expected);

        var stored = (await tenant.GetAsync($"/api/v1/sessions/{session}")).Number("message_count");
        Assert.Equal(expected is HttpStatusCode.OK ? count : 0, stored);
    }

    [Fact]
    public async Task A_body_may_be_larger_than_elsewhere()
    {
        var tenant = await app.NewChatTenantAsync();

        var result = await tenant.PostAsync(
            Path, new { external_session_id = "a", messages = Enumerable.Range(0, 100).Select(_ => new { text = new string('x', 32_000) }) });

        Assert.All(Statuses(result), status => Assert.Equal("created", status));
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_stores_nothing_twice()
    {
        var tenant = await app.NewChatTenantAsync();
        var body = new { external_session_id = "a", messages = new[] { new { text = "1" } } };

        var first = await tenant.PostAsync(Path, body, HttpStatusCode.OK, ("Idempotency-Key", "k"));
        var second = await tenant.PostAsync(Path, body, HttpStatusCode.OK, ("Idempotency-Key", "k"));

        Assert.Equal(first.ToJsonString(), second.ToJsonString());
        Assert.Single(await tenant.MessagesAsync(first.Text("session_id")));
    }

    [Fact]
    public async Task There_must_be_a_session_to_take_them()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        await tenant.PostAsync($"/api/v1/sessions/{session}/close");
        var messages = new[] { new { text = "1" } };

        Assert.Equal("session_closed", (await tenant.PostAsync(Path, new { session_id = session, messages }, HttpStatusCode.Conflict)).Text("code"));
        await tenant.PostAsync(Path, new { session_id = "ses_00000000000000000000000000", messages }, HttpStatusCode.NotFound);
        await tenant.PostAsync(Path, new { session_id = "ses_00000000000000000000000000", messages = new[] { new { text = "" } } }, HttpStatusCode.NotFound);
        await tenant.PostAsync(Path, new { messages }, HttpStatusCode.UnprocessableEntity);
        await tenant.PostAsync(Path, new { session_id = session, external_session_id = "a", messages }, HttpStatusCode.UnprocessableEntity);
        await tenant.PostAsync(Path, new { session_id = session, channel_id = "chn_x", messages }, HttpStatusCode.UnprocessableEntity);
        await tenant.PostAsync(Path, new { external_session_id = "a", channel_id = "chn_x", messages }, HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Another_clients_session_takes_none()
    {
        var owner = await app.NewChatTenantAsync();
        var session = await owner.OpenAsync();
        var stranger = await app.NewChatTenantAsync();

        await stranger.PostAsync(Path, new { session_id = session, messages = new[] { new { text = "1" } } }, HttpStatusCode.NotFound);

        Assert.Empty(await owner.MessagesAsync(session));
    }

    private static IEnumerable<string> Statuses(JsonNode result) => result["results"]!.AsArray().Select(item => item!.Text("status"));
}
