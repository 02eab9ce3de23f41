using System.Net;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat;

public sealed class SessionTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task A_session_shows_what_it_was_opened_with()
    {
        var tenant = await app.NewChatTenantAsync();

        var created = await tenant.PostAsync(
            "/api/v1/sessions",
            new { external_id = "c-1", title = "Order 7", participants = new[] { new { id = "u1" } }, metadata = new { plan = "pro" } },
            HttpStatusCode.Created);

        Assert.True(JsonNode.DeepEquals(created, await tenant.GetAsync($"/api/v1/sessions/{created.Text("id")}")));
        Assert.Equal(tenant.ClientId, created.Text("client_id"));
        Assert.Equal(("c-1", "Order 7", "open"), (created.Text("external_id"), created.Text("title"), created.Text("state")));
        Assert.Equal("u1", created["participants"]![0]!.Text("id"));
        Assert.Equal("pro", created["metadata"]!.Text("plan"));
        Assert.Equal(0, created.Number("message_count"));
        Assert.Equal(1, created.Number("version"));
        Assert.Equal(["chat.session.created"], await tenant.EventsAsync(created.Text("id")));
    }

    [Fact]
    public async Task A_second_open_session_of_the_same_external_id_is_a_conflict_until_the_first_is_closed()
    {
        var tenant = await app.NewChatTenantAsync();
        var body = new { external_id = "c-1" };
        var first = await tenant.PostAsync("/api/v1/sessions", body, HttpStatusCode.Created);

        await tenant.PostAsync("/api/v1/sessions", body, HttpStatusCode.Conflict);
        await tenant.PostAsync($"/api/v1/sessions/{first.Text("id")}/close");
        await tenant.PostAsync("/api/v1/sessions", body, HttpStatusCode.Created);

        Assert.Equal(2, (await tenant.GetAsync("/api/v1/sessions?external_id=c-1"))["data"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("""{"external_id":""}""", "external_id")]
    [InlineData("""{"title":5}""", "title")]
    [InlineData("""{"metadata":[]}""", "metadata")]
    [InlineData("""{"participants":[{"name":"no id"}]}""", "participants[0].id")]
    [InlineData("""{"channel_id":"chn_unknown"}""", "channel_id")]
    [InlineData("""{"state":"closed"}""", "state")]
    public async Task An_invalid_session_is_refused_by_field(string body, string field)
    {
        var tenant = await app.NewChatTenantAsync();

        var problem = await tenant.PostAsync("/api/v1/sessions", JsonNode.Parse(body), HttpStatusCode.UnprocessableEntity);

        Assert.True(problem["errors"]![field] is not null, $"{problem["errors"]}");
        Assert.Empty((await tenant.GetAsync("/api/v1/sessions"))["data"]!.AsArray());
    }

    [Theory]
    [InlineData(16_384, HttpStatusCode.Created)]
    [InlineData(16_385, HttpStatusCode.UnprocessableEntity)]
    public async Task Metadata_has_at_most_16_KiB(int bytes, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();

        await tenant.PostAsync(
            "/api/v1/sessions", new { metadata = new { a = new string('x', bytes - """{"a":""}""".Length) } }, expected);
    }

    [Theory]
    [InlineData(100, HttpStatusCode.Created)]
    [InlineData(101, HttpStatusCode.UnprocessableEntity)]
    public async Task At_most_a_hundred_participants_are_named(int count, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();

        await tenant.PostAsync(
            "/api/v1/sessions", new { participants = Enumerable.Range(0, count).Select(i => new { id = $"u{i}" }) }, expected);
    }

    [Fact]
    public async Task Whoever_writes_takes_part_once_under_his_latest_name()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        await tenant.SayAsync(new { session_id = session, text = "1", reply = "none", sender = new { id = "u1", name = "An" } });
        await tenant.SayAsync(new { session_id = session, text = "2", reply = "none", sender = new { id = "u2" } });
        await tenant.SayAsync(new { session_id = session, text = "3", reply = "none", sender = new { id = "u1", name = "Ana" } });

        var participants = (await tenant.GetAsync($"/api/v1/sessions/{session}"))["participants"]!.AsArray();
        Assert.Equal(["u1", "u2"], participants.Select(participant => participant!.Text("id")));
        Assert.Equal("Ana", participants[0]!.Text("name"));
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_and_clears_what_it_nulls()
    {
        var tenant = await app.NewChatTenantAsync();
        var created = await tenant.PostAsync(
            "/api/v1/sessions", new { title = "Old", metadata = new { a = 1, b = 2 } }, HttpStatusCode.Created);
        var path = $"/api/v1/sessions/{created.Text("id")}";

        var patched = await tenant.SendAsync(HttpMethod.Patch, path, JsonNode.Parse("""{"metadata":{"a":null,"c":3}}"""));
        var cleared = await tenant.SendAsync(HttpMethod.Patch, path, JsonNode.Parse("""{"title":null}"""));

        Assert.Equal("""{"b":2,"c":3}""", patched["metadata"]!.ToJsonString());
        Assert.Equal("Old", patched.Text("title"));
        Assert.Null(cleared["title"]);
        Assert.Equal(3, cleared.Number("version"));
        await tenant.SendAsync(HttpMethod.Patch, path, JsonNode.Parse("""{"state":"closed"}"""), HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Changes_honour_the_version_that_was_read()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        var path = $"/api/v1/sessions/{session}";
        await tenant.SendAsync(HttpMethod.Patch, path, new { title = "a" }, HttpStatusCode.OK, ("If-Match", "\"1\""));

        var patch = await tenant.SendAsync(HttpMethod.Patch, path, new { title = "b" }, HttpStatusCode.PreconditionFailed, ("If-Match", "\"1\""));
        await tenant.SendAsync(HttpMethod.Delete, path, null, HttpStatusCode.PreconditionFailed, ("If-Match", "\"1\""));

        Assert.Equal("version_mismatch", patch.Text("code"));
        Assert.Equal("a", (await tenant.GetAsync(path)).Text("title"));
        await tenant.SendAsync(HttpMethod.Delete, path, null, HttpStatusCode.NoContent, ("If-Match", "\"2\""));
    }

    [Fact]
    public async Task A_single_session_carries_its_version_as_a_tag()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        using var response = await tenant.Http.GetAsync($"/api/v1/sessions/{session}", TestContext.Current.CancellationToken);

        Assert.Equal("\"1\"", response.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_session_is_closed_once_with_its_reason()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        var closed = await tenant.PostAsync($"/api/v1/sessions/{session}/close", new { reason = "solved" });
        var again = await tenant.PostAsync($"/api/v1/sessions/{session}/close", new { reason = "twice" });

        Assert.Equal(("closed", "solved"), (closed.Text("state"), closed.Text("close_reason")));
        Assert.True(JsonNode.DeepEquals(closed, again));
        Assert.Equal(["chat.session.created", "chat.session.closed"], await tenant.EventsAsync(session));
        foreach (var action in new[] { "handover", "resume" })
        {
            var problem = await tenant.PostAsync($"/api/v1/sessions/{session}/{action}", expected: HttpStatusCode.Conflict);
            Assert.Equal("session_closed", problem.Text("code"));
        }
    }

    [Fact]
    public async Task A_closed_session_answers_nobody_any_more()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        var inWork = (await tenant.SayAsync(new { session_id = session, text = "1" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();
        var waiting = (await tenant.SayAsync(new { session_id = session, text = "2" }))["run"]!.Text("id");

        await tenant.PostAsync($"/api/v1/sessions/{session}/close");

        Assert.Equal("cancelled", (await tenant.GetAsync($"/api/v1/runs/{waiting}")).Text("status"));
        Assert.Equal("cancelled", (await tenant.EndOfAsync(inWork)).Text("status"));
        await attempt.Stopped;
        Assert.Equal(2, (await tenant.MessagesAsync(session)).Count);
        Assert.Equal(2, (await tenant.EventsAsync(session)).Count(type => type == "chat.run.cancelled"));
    }

    [Fact]
    public async Task A_person_takes_over_and_gives_back()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        var inWork = (await tenant.SayAsync(new { session_id = session, text = "1" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();
        var waiting = (await tenant.SayAsync(new { session_id = session, text = "2" }))["run"]!.Text("id");

        var handedOver = await tenant.PostAsync($"/api/v1/sessions/{session}/handover", new { reason = "angry" });
        var unanswered = await tenant.SayAsync(new { session_id = session, text = "3" });
        attempt.Complete("Answer that was under way");
        await tenant.EndOfAsync(inWork);
        var resumed = await tenant.PostAsync($"/api/v1/sessions/{session}/resume");
        var answered = await tenant.SayAsync(new { session_id = session, text = "4" });

        Assert.Equal(("handed_over", "angry"), (handedOver.Text("state"), handedOver.Text("handover_reason")));
        Assert.Null(unanswered["run"]);
        var run = await tenant.GetAsync($"/api/v1/runs/{waiting}");
        Assert.Equal(("completed", "handed_over"), (run.Text("status"), run.Text("outcome")));
        Assert.Equal("open", resumed.Text("state"));
        Assert.NotNull(answered["run"]);
        (await held.NextAsync()).Complete("Back again");
        await tenant.EndOfAsync(answered["run"]!.Text("id"));
        Assert.Equal(
            ["1", "2", "3", "Answer that was under way", "4", "Back again"],
            (await tenant.MessagesAsync(session)).Select(message => message.Text("text")));
        var events = await tenant.EventsAsync(session);
        Assert.Contains("chat.session.handed_over", events);
        Assert.Contains("chat.session.resumed", events);
    }

    [Fact]
    public async Task A_deleted_session_takes_everything_with_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        var first = await tenant.SayAsync(new { session_id = session, text = "1" });
        (await held.NextAsync()).Complete("a");
        await tenant.EndOfAsync(first["run"]!.Text("id"));
        var second = await tenant.SayAsync(new { session_id = session, text = "2" });
        var attempt = await held.NextAsync();

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}", null, HttpStatusCode.NoContent);

        await tenant.GetAsync($"/api/v1/sessions/{session}", HttpStatusCode.NotFound);
        await tenant.GetAsync($"/api/v1/sessions/{session}/messages", HttpStatusCode.NotFound);
        await tenant.GetAsync($"/api/v1/messages/{first["message"]!.Text("id")}", HttpStatusCode.NotFound);
        await tenant.GetAsync($"/api/v1/runs/{first["run"]!.Text("id")}", HttpStatusCode.NotFound);
        await tenant.GetAsync($"/api/v1/runs/{second["run"]!.Text("id")}", HttpStatusCode.NotFound);
        Assert.Empty((await tenant.GetAsync("/api/v1/messages"))["data"]!.AsArray());
        await attempt.Stopped;
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}", null, HttpStatusCode.NotFound);
        var told = (await tenant.GetAsync($"/api/v1/events?session_id={session}&type=chat.message.created"))["data"]!.AsArray();
        Assert.Equal(["", "", ""], told.Select(one => one!["data"]!["message"]!.Text("text")));
    }
}
