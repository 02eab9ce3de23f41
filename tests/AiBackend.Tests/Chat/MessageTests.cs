using System.Net;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat;

public sealed class MessageTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task Messages_of_a_session_are_paged_both_ways()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await FillAsync(tenant, 5);

        Assert.Equal([[5, 4], [3, 2], [1]], await PagesAsync(tenant, $"/api/v1/sessions/{session}/messages?limit=2"));
        Assert.Equal([[1, 2], [3, 4], [5]], await PagesAsync(tenant, $"/api/v1/sessions/{session}/messages?limit=2&order=asc"));
        Assert.Equal([[5, 4, 3, 2, 1]], await PagesAsync(tenant, $"/api/v1/sessions/{session}/messages?limit=5"));
    }

    [Fact]
    public async Task Pages_stay_right_while_messages_come_and_the_session_branches()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await FillAsync(tenant, 4);
        var messages = await tenant.MessagesAsync(session);
        var path = $"/api/v1/sessions/{session}/messages?limit=2";

        var first = await tenant.GetAsync(path);
        await tenant.SayAsync(new { session_id = session, text = "5", reply = "none" });
        var second = await tenant.GetAsync($"{path}&cursor={first.Text("next_cursor")}");
        await tenant.SayAsync(new { session_id = session, text = "6", reply = "none", parent_id = messages[0].Text("id") });
        var afterFork = await tenant.GetAsync($"{path}&branch=active&cursor={first.Text("next_cursor")}");

        Assert.Equal([2, 1], Positions(second));
        Assert.Equal([1], Positions(afterFork));
    }

    [Fact]
    public async Task A_list_that_was_read_before_shows_each_change_at_once_and_stays_the_tenants_own()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await FillAsync(tenant, 2);
        var path = $"/api/v1/sessions/{session}/messages";
        var newest = (await tenant.MessagesAsync(session))[^1].Text("id");

        var before = await tenant.GetAsync(path);
        var again = await tenant.GetAsync(path);
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{newest}", expected: HttpStatusCode.NoContent);
        var blanked = await tenant.GetAsync(path);
        await tenant.SayAsync(new { session_id = session, text = "3", reply = "none" });

        Assert.Equal(before.ToJsonString(), again.ToJsonString());
        Assert.NotNull(blanked["data"]![0]!["deleted_at"]);
        Assert.Equal([3, 2, 1], Positions(await tenant.GetAsync(path)));
        await (await app.NewChatTenantAsync()).GetAsync(path, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_cursor_that_was_not_given_out_is_refused()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await FillAsync(tenant, 1);

        foreach (var path in new[] { $"/api/v1/sessions/{session}/messages?cursor=x", "/api/v1/messages?cursor=x" })
        {
            Assert.Equal("invalid_cursor", (await tenant.GetAsync(path, HttpStatusCode.BadRequest)).Text("code"));
        }
    }

    [Fact]
    public async Task A_message_may_hang_elsewhere_and_the_active_branch_follows()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await FillAsync(tenant, 3);
        var trunk = await tenant.MessagesAsync(session);

        var fork = await tenant.SayAsync(new { session_id = session, text = "fork", reply = "none", parent_id = trunk[0].Text("id") });
        var next = await tenant.SayAsync(new { session_id = session, text = "next", reply = "none" });

        Assert.Equal(trunk[0].Text("id"), fork["message"]!.Text("parent_id"));
        Assert.Equal(fork["message"]!.Text("id"), next["message"]!.Text("parent_id"));
        Assert.Equal(["1", "fork", "next"], Texts(await tenant.MessagesAsync(session, "active")));
        Assert.Equal(["1", "2", "3", "fork", "next"], Texts(await tenant.MessagesAsync(session, "all")));
        Assert.Equal([[5, 4], [1]], await PagesAsync(tenant, $"/api/v1/sessions/{session}/messages?limit=2"));
        Assert.Equal(
            next["message"]!.Text("id"), (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("active_leaf_id"));
    }

    [Fact]
    public async Task A_reply_hangs_on_the_leaf_of_its_messages_branch_as_it_is_then()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await FillAsync(tenant, 1);
        var root = (await tenant.MessagesAsync(session))[0].Text("id");
        var question = await tenant.SayAsync(new { session_id = session, text = "question" });
        var attempt = await held.NextAsync();
        var after = await tenant.SayAsync(new { session_id = session, text = "after it", reply = "none" });
        var fork = await tenant.SayAsync(new { session_id = session, text = "fork", reply = "none", parent_id = root });

        attempt.Complete("answer");
        var run = await tenant.EndOfAsync(question["run"]!.Text("id"));

        var reply = await tenant.GetAsync($"/api/v1/messages/{run.Text("reply_message_id")}");
        Assert.Equal(after["message"]!.Text("id"), reply.Text("parent_id"));
        Assert.Equal(question["message"]!.Text("id"), reply.Text("in_reply_to"));
        Assert.Equal(5, reply.Number("position"));
        Assert.Equal(
            fork["message"]!.Text("id"), (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("active_leaf_id"));
        Assert.Equal(["1", "fork"], Texts(await tenant.MessagesAsync(session, "active")));
    }

    [Fact]
    public async Task A_reply_on_the_active_branch_becomes_its_leaf()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await FillAsync(tenant, 2);
        var root = (await tenant.MessagesAsync(session))[0].Text("id");

        var posted = await tenant.SayAsync(new { session_id = session, text = "fork", parent_id = root });
        var run = await tenant.EndOfAsync(posted["run"]!.Text("id"));

        Assert.Equal(run.Text("reply_message_id"), (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("active_leaf_id"));
        Assert.Equal(["1", "fork", ScriptedAnswers.EchoOf("fork")], Texts(await tenant.MessagesAsync(session, "active")));
    }

    [Fact]
    public async Task A_parent_from_another_session_is_refused()
    {
        var tenant = await app.NewChatTenantAsync();
        var other = await FillAsync(tenant, 1);
        var foreign = (await tenant.MessagesAsync(other))[0].Text("id");
        var session = await FillAsync(tenant, 1);

        var problem = await tenant.PostAsync(
            "/api/v1/messages", new { session_id = session, text = "t", parent_id = foreign }, HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]!["parent_id"]);
        Assert.Single(await tenant.MessagesAsync(session));
    }

    [Fact]
    public async Task Messages_are_listed_by_session_sender_and_time()
    {
        var tenant = await app.NewChatTenantAsync();
        var one = await FillAsync(tenant, 2);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var since = Uri.EscapeDataString(AiBackend.Documents.UtcTimeConverter.Text(app.Clock.GetUtcNow()));
        var two = await tenant.OpenAsync();
        foreach (var sender in new[] { "u1", "u2" })
        {
            await tenant.SayAsync(new { session_id = two, text = $"by {sender}", reply = "none", sender = new { id = sender } });
        }

        Assert.Equal(["by u2", "by u1", "2", "1"], await ListAsync(tenant, ""));
        Assert.Equal(["1", "2", "by u1", "by u2"], await ListAsync(tenant, "?order=asc"));
        Assert.Equal(["2", "1"], await ListAsync(tenant, $"?session_id={one}"));
        Assert.Equal(["by u1"], await ListAsync(tenant, "?sender_id=u1"));
        Assert.Equal(["by u2", "by u1"], await ListAsync(tenant, $"?since={since}"));
        Assert.Equal(["by u2"], await ListAsync(tenant, $"?session_id={two}&sender_id=u2&since={since}"));
        Assert.Empty(await ListAsync(tenant, "?session_id=ses_unknown"));
        Assert.Equal(
            ["by u2", "by u1", "2", "1"],
            (await PagesAsync(tenant, "/api/v1/messages?limit=3", message => message.Text("text"))).SelectMany(page => page));
    }

    [Theory]
    [InlineData("/api/v1/messages?since=now", "since")]
    [InlineData("/api/v1/messages?text=a", "text")]
    [InlineData("/api/v1/sessions/{session}/messages?branch=dead", "branch")]
    [InlineData("/api/v1/sessions/{session}/messages?limit=1000", "limit")]
    public async Task A_filter_that_is_not_understood_is_refused(string path, string field)
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        var problem = await tenant.GetAsync(path.Replace("{session}", session, StringComparison.Ordinal), HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]![field]);
    }

    [Fact]
    public async Task A_deleted_message_keeps_its_place_and_nothing_else()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        var posted = await tenant.SayAsync(new
        {
            session_id = session,
            text = "secret",
            reply = "none",
            external_id = "x",
            data = new { secret = 1 },
            attachments = new[] { new { type = "file", url = "https://files.example/secret" } },
        });
        await tenant.SayAsync(new { session_id = session, text = "after", reply = "none" });
        var path = $"/api/v1/messages/{posted["message"]!.Text("id")}";

        await tenant.SendAsync(HttpMethod.Delete, path, null, HttpStatusCode.NoContent);
        await tenant.SendAsync(HttpMethod.Delete, path, null, HttpStatusCode.NoContent);

        var deleted = await tenant.GetAsync(path);
        Assert.DoesNotContain("secret", deleted.ToJsonString(), StringComparison.Ordinal);
        var told = (await tenant.GetAsync($"/api/v1/events?session_id={session}"))["data"]!.AsArray();
        Assert.DoesNotContain("secret", told.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(told, one => one!["data"]!["message"]?.Text("text") == "after");
        Assert.NotNull(deleted["deleted_at"]);
        Assert.Equal((1, 2), (deleted.Number("position"), deleted.Number("version")));
        Assert.Empty(deleted["attachments"]!.AsArray());
        Assert.Equal(["", "after"], Texts(await tenant.MessagesAsync(session)));
        Assert.Equal(2, (await tenant.GetAsync($"/api/v1/sessions/{session}")).Number("message_count"));
        Assert.Single(await tenant.EventsAsync(session), type => type == "chat.message.deleted");
        var repeated = await tenant.PostAsync("/api/v1/messages", new { session_id = session, text = "secret", external_id = "x" });
        Assert.Equal(deleted.Text("id"), repeated["message"]!.Text("id"));
    }

    [Fact]
    public async Task Deleting_honours_the_version_that_was_read()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await FillAsync(tenant, 1);
        var path = $"/api/v1/messages/{(await tenant.MessagesAsync(session))[0].Text("id")}";

        await tenant.SendAsync(HttpMethod.Delete, path, null, HttpStatusCode.PreconditionFailed, ("If-Match", "\"2\""));
        Assert.Equal("1", (await tenant.GetAsync(path)).Text("text"));

        await tenant.SendAsync(HttpMethod.Delete, path, null, HttpStatusCode.NoContent, ("If-Match", "\"1\""));
    }

    private static async Task<string> FillAsync(ChatTenant tenant, int count)
    {
        var session = await tenant.OpenAsync();
        for (var i = 1; i <= count; i++)
        {
            await tenant.SayAsync(new { session_id = session, text = $"{i}", reply = "none" });
        }

        return session;
    }

    private static Task<List<List<long>>> PagesAsync(ChatTenant tenant, string path) =>
        PagesAsync(tenant, path, message => message.Number("position"));

    private static async Task<List<List<T>>> PagesAsync<T>(ChatTenant tenant, string path, Func<JsonNode, T> read)
    {
        var pages = new List<List<T>>();
        string? cursor = null;
        do
        {
            var page = await tenant.GetAsync(cursor is null ? path : $"{path}&cursor={cursor}");
            pages.Add([.. page["data"]!.AsArray().Select(message => read(message!))]);
            cursor = page.TextOrNull("next_cursor");
        }
        while (cursor is not null);
        return pages;
    }

    private static List<long> Positions(JsonNode page) => [.. page["data"]!.AsArray().Select(message => message!.Number("position"))];

    private static IEnumerable<string> Texts(IEnumerable<JsonNode> messages) => messages.Select(message => message.Text("text"));

    private static async Task<IEnumerable<string>> ListAsync(ChatTenant tenant, string query) =>
        Texts((await tenant.GetAsync($"/api/v1/messages{query}"))["data"]!.AsArray().Select(message => message!));
}
