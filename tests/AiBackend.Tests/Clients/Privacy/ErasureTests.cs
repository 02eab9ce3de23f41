using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Runs;
using AiBackend.Documents;
using AiBackend.Tests.Chat;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Clients.Privacy;

/// <summary>An end user is erased from everything that is held of a client, and nobody else is.</summary>
public sealed class ErasureTests(ErasureApp app) : IClassFixture<ErasureApp>
{
    private static readonly object Ana = new { id = "ana@example.com", name = "Ana Kowalska" };
    private static readonly object Ben = new { id = "ben@example.com", name = "Ben Baker" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_conversation_of_his_alone_goes_as_a_whole()
    {
        var tenant = await app.NewChatTenantAsync();
        var posted = await AskAsync(tenant, "a", "Where is my parcel?", Ana);
        var (session, message, run) = (posted["message"]!.Text("session_id"), posted["message"]!.Text("id"), posted["run"]!.Text("id"));
        await tenant.PostAsync($"/api/v1/messages/{message}/feedback", new { rating = 1, comment = "bad" }, HttpStatusCode.Created);
        var analyses = await tenant.PostAsync(
            $"/api/v1/messages/{message}/analyses", new { types = new[] { "sentiment" } }, HttpStatusCode.Created, ("Prefer", "wait=30"));
        var other = await AskAsync(tenant, "b", "And mine?", Ben);

        var job = await app.EraseAsync(tenant, "ana@example.com");

        Assert.Equal(("completed", 1L), (job.Text("status"), job["progress"]!.Number("done")));
        Assert.NotNull(analyses);
        foreach (var path in new[] { $"sessions/{session}", $"messages/{message}", $"runs/{run}", $"messages/{posted["reply"]!.Text("id")}" })
        {
            await tenant.GetAsync($"/api/v1/{path}", HttpStatusCode.NotFound);
        }

        Assert.Empty(await tenant.EventDocumentsAsync(session));
        Assert.Equal(0, await tenant.Documents.CountAsync(Query.Of<StreamPart>().Equal(part => part.SessionId, session), Ct));
        var export = await ExportAsync(tenant);
        Assert.All(new[] { "ana@example.com", "Kowalska", "parcel", session, message }, text => Assert.DoesNotContain(text, export, StringComparison.Ordinal));
        Assert.Equal("And mine?", (await tenant.GetAsync($"/api/v1/messages/{other["message"]!.Text("id")}")).Text("text"));
        Assert.Equal(2, (await tenant.MessagesAsync(other["message"]!.Text("session_id"))).Count);
    }

    [Fact]
    public async Task In_a_conversation_with_others_he_is_blanked_and_they_stay()
    {
        var tenant = await app.NewChatTenantAsync();
        var his = await AskAsync(tenant, "room", "Ana asks about a parcel", Ana);
        var session = his["message"]!.Text("session_id");
        var others = await AskAsync(tenant, "room", "Ben asks about a refund", Ben);
        var othersReply = others["reply"]!.Text("id");
        await tenant.PostAsync($"/api/v1/sessions/{session}/recaps", expected: HttpStatusCode.Created, headers: ("Prefer", "wait=30"));
        Assert.Contains("parcel", (await tenant.GetAsync($"/api/v1/sessions/{session}/recaps/latest")).ToJsonString(), StringComparison.Ordinal);
        await tenant.PostAsync($"/api/v1/messages/{othersReply}/feedback", new { rating = 2, comment = "Ana disagrees", author_id = "ana@example.com" }, HttpStatusCode.Created);
        await tenant.PostAsync($"/api/v1/messages/{othersReply}/feedback", new { rating = 5, comment = "Ben agrees", author_id = "ben@example.com" }, HttpStatusCode.Created);
        await tenant.PostAsync($"/api/v1/sessions/{session}/handover", new { reason = "Kowalska is angry" });

        var job = await app.EraseAsync(tenant, "ana@example.com");

        Assert.Equal(("completed", 2L), (job.Text("status"), job["progress"]!.Number("done")));
        var messages = await tenant.MessagesAsync(session);
        Assert.Equal(["", "", "Ben asks about a refund", "You said: Ben asks about a refund"], messages.Select(message => message.Text("text")));
        Assert.Equal([1, 2, 3, 4], messages.Select(message => message.Number("position")));
        Assert.Equal([null, null, "ben@example.com", null], messages.Select(message => message["sender"]?.Text("id")));
        Assert.All(messages.Take(2), message => Assert.NotNull(message["deleted_at"]));
        var shown = await tenant.GetAsync($"/api/v1/sessions/{session}");
        Assert.Equal((1, 4, null), (shown["participants"]!.AsArray().Count, shown.Number("message_count"), shown.TextOrNull("title")));
        var feedback = (await tenant.GetAsync("/api/v1/feedback"))["data"]!.AsArray();
        Assert.Equal("Ben agrees", Assert.Single(feedback)!.Text("comment"));
        await tenant.GetAsync($"/api/v1/sessions/{session}/recaps/latest", HttpStatusCode.NotFound);
        Assert.Equal(2, (await tenant.EventsAsync(session)).Count(type => type == "chat.message.deleted"));
        var export = await ExportAsync(tenant);
        Assert.All(new[] { "ana@example.com", "Kowalska", "parcel", "disagrees" }, text => Assert.DoesNotContain(text, export, StringComparison.Ordinal));
        Assert.Contains("Ben agrees", export, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_suggestion_that_an_agent_has_accepted_was_made_of_his_message_and_goes_with_it()
    {
        var tenant = await app.NewChatTenantAsync();
        await AskAsync(tenant, "room", "Ben is here", Ben);
        var asked = await tenant.SayAsync(
            new { external_session_id = "room", text = "Ana asks", sender = Ana, reply = "suggest" }, ("Prefer", "wait=30"));
        await tenant.PostAsync($"/api/v1/suggestions/{asked["suggestion"]!.Text("id")}/accept", new { text = "Dear Ana, you asked" });

        await app.EraseAsync(tenant, "ana@example.com");

        var messages = await tenant.MessagesAsync(asked["message"]!.Text("session_id"));
        Assert.Equal(["Ben is here", "You said: Ben is here", "", ""], messages.Select(message => message.Text("text")));
        Assert.DoesNotContain("Dear Ana", await ExportAsync(tenant), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_being_made_for_him_is_never_given()
    {
        var tenant = await app.NewChatTenantAsync();
        await AskAsync(tenant, "room", "Ben is here", Ben);
        var held = app.Answers.Hold(tenant.ClientId);
        var posted = await tenant.SayAsync(new { external_session_id = "room", text = "Ana asks", sender = Ana });
        var attempt = await held.NextAsync();
        attempt.Say("Dear Ana");

        await app.EraseAsync(tenant, "ana@example.com");
        attempt.Complete("Dear Ana, here it is");
        await attempt.Stopped.WaitAsync(Ct);

        await tenant.GetAsync($"/api/v1/runs/{posted["run"]!.Text("id")}", HttpStatusCode.NotFound);
        var session = posted["message"]!.Text("session_id");
        Assert.Equal(["Ben is here", "You said: Ben is here", ""], (await tenant.MessagesAsync(session)).Select(message => message.Text("text")));
        Assert.DoesNotContain("Dear Ana", await ExportAsync(tenant), StringComparison.Ordinal);
        app.Answers.Set(tenant.ClientId, (request, _) => Parts(request.Message.Text));
        var next = await AskAsync(tenant, "room", "And now?", Ben);
        Assert.Equal("replied", next["run"]!.Text("outcome"));
    }

    [Fact]
    public async Task What_he_writes_afterwards_is_new()
    {
        var tenant = await app.NewChatTenantAsync();
        var before = await AskAsync(tenant, "a", "before", Ana);
        await app.EraseAsync(tenant, "ana@example.com");
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));

        var after = await AskAsync(tenant, "a", "after", Ana);

        Assert.NotEqual(before["message"]!.Text("session_id"), after["message"]!.Text("session_id"));
        Assert.Equal("after", (await tenant.GetAsync($"/api/v1/messages/{after["message"]!.Text("id")}")).Text("text"));
    }

    [Fact]
    public async Task Messages_of_nobody_in_particular_are_his_only_when_nobody_else_could_have_written_them()
    {
        var tenant = await app.NewChatTenantAsync();
        var alone = await AskAsync(tenant, "alone", "first", Ana);
        await AskAsync(tenant, "alone", "of nobody", sender: null);
        var shared = await tenant.PostAsync(
            "/api/v1/sessions", new { external_id = "shared", participants = new[] { Ana, Ben } }, HttpStatusCode.Created);
        await AskAsync(tenant, "shared", "of somebody", sender: null);

        await app.EraseAsync(tenant, "ana@example.com");

        await tenant.GetAsync($"/api/v1/sessions/{alone["message"]!.Text("session_id")}", HttpStatusCode.NotFound);
        Assert.Equal(["of somebody", "You said: of somebody"], (await tenant.MessagesAsync(shared.Text("id"))).Select(message => message.Text("text")));
        Assert.Equal("ben@example.com", Assert.Single((await tenant.GetAsync($"/api/v1/sessions/{shared.Text("id")}"))["participants"]!.AsArray())!.Text("id"));
    }

    [Fact]
    public async Task A_repeat_of_a_request_of_his_is_told_that_it_was_erased_and_brings_nothing_back()
    {
        var tenant = await app.NewChatTenantAsync();
        var body = new { external_session_id = "a", text = "once", sender = Ana, reply = "none" };
        await tenant.SayAsync(body, ("Idempotency-Key", "his"));
        await tenant.SayAsync(new { external_session_id = "b", text = "other", sender = Ben, reply = "none" }, ("Idempotency-Key", "other"));

        await app.EraseAsync(tenant, "ana@example.com");

        var refused = await tenant.PostAsync("/api/v1/messages", body, HttpStatusCode.Gone, ("Idempotency-Key", "his"));
        Assert.Equal("erased", refused.Text("code"));
        Assert.Equal(("/api/v1/messages", 32), (refused.Text("instance"), refused.Text("trace_id").Length));
        var repeated = await tenant.SayAsync(
            new { external_session_id = "b", text = "other", sender = Ben, reply = "none" }, ("Idempotency-Key", "other"));
        Assert.Equal("other", repeated["message"]!.Text("text"));
        Assert.Equal(1, await tenant.Documents.CountAsync(Query.Of<Message>(), Ct));
    }

    [Fact]
    public async Task It_is_taken_up_again_after_a_crash_and_a_second_time_finds_nothing()
    {
        var tenant = await app.NewChatTenantAsync();
        var posted = await AskAsync(tenant, "a", "Where is my parcel?", Ana);
        await AskAsync(tenant, "room", "Ben is here", Ben);
        await AskAsync(tenant, "room", "Ana is here", Ana);
        app.Failing.Fail(tenant.ClientId, times: 2);

        var asked = await ErasureApp.AskAsync(tenant, "ana@example.com");
        var job = await app.EndOfAsync(tenant, asked.Text("id"), step: TimeSpan.FromSeconds(1));
        var again = await app.EraseAsync(tenant, "ana@example.com");

        Assert.Equal(("completed", 3L, 2L), (job.Text("status"), job.Number("attempts"), job["progress"]!.Number("done")));
        Assert.Equal(("completed", 0L), (again.Text("status"), again["progress"]!.Number("done")));
        await tenant.GetAsync($"/api/v1/sessions/{posted["message"]!.Text("session_id")}", HttpStatusCode.NotFound);
        Assert.DoesNotContain("ana@example.com", await ExportAsync(tenant), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removal_that_was_stopped_half_way_is_finished()
    {
        var tenant = await app.NewChatTenantAsync();
        var (first, second) = (await AskAsync(tenant, "a", "one", Ana), await AskAsync(tenant, "b", "two", Ana));
        var (closed, orphan) = (first["message"]!.Text("session_id"), second["message"]!.Text("session_id"));
        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                // As it stands when the process dies between two commits: messages gone, session there; and the other way round.
                await transaction.DeleteAllAsync(Query.Of<Message>().Equal(message => message.SessionId, closed));
                await transaction.DeleteAsync<AiBackend.Chat.Sessions.Session>(orphan);
            },
            Ct);

        await app.EraseAsync(tenant, "ana@example.com");

        await tenant.GetAsync($"/api/v1/sessions/{closed}", HttpStatusCode.NotFound);
        Assert.Equal(0, await tenant.Documents.CountAsync(Query.Of<Message>(), Ct));
        Assert.DoesNotContain("ana@example.com", await ExportAsync(tenant), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_user_who_is_not_known_is_erased_from_nothing()
    {
        var tenant = await app.NewChatTenantAsync();
        await AskAsync(tenant, "a", "Hello", Ben);

        var job = await app.EraseAsync(tenant, new string('x', 255));

        Assert.Equal(("completed", 0L, 0L), (job.Text("status"), job["progress"]!.Number("done"), job["progress"]!.Number("total")));
        Assert.Equal(2, await tenant.Documents.CountAsync(Query.Of<Message>(), Ct));
    }

    [Fact]
    public async Task Another_clients_end_user_of_the_same_id_stays()
    {
        var (tenant, other) = (await app.NewChatTenantAsync(), await app.NewChatTenantAsync());
        var kept = await AskAsync(other, "a", "Hello", Ana);

        await app.EraseAsync(tenant, "ana@example.com");

        Assert.Equal("ana@example.com", (await other.GetAsync($"/api/v1/messages/{kept["message"]!.Text("id")}"))["sender"]!.Text("id"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task An_id_that_nobody_can_have_is_refused(int length)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.PostJsonAsync($"/api/v1/clients/{tenant.ClientId}/erasures", new { sender_id = new string('x', length) });

        Assert.Equal(["sender_id"], await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task The_audit_names_the_job_and_not_the_end_user()
    {
        var tenant = await app.NewChatTenantAsync();

        var job = await app.EraseAsync(tenant, "ana@example.com");

        var entries = await tenant.GetAsync($"/api/v1/clients/{tenant.ClientId}/audit");
        var entry = Assert.Single(entries["data"]!.AsArray(), entry => entry!.Text("action") == "erasure.requested");
        Assert.Equal(job.Text("id"), entry!.Text("resource_id"));
        Assert.DoesNotContain("ana@example.com", entries.ToJsonString() + job.ToJsonString(), StringComparison.Ordinal);
    }

    private static Task<JsonNode> AskAsync(ChatTenant tenant, string session, string text, object? sender) => tenant.SayAsync(
        sender is null ? new { external_session_id = session, text } : new { external_session_id = session, text, sender }, ("Prefer", "wait=30"));

    private static async IAsyncEnumerable<AiBackend.Orchestration.AnswerPart> Parts(string text)
    {
        await Task.CompletedTask;
        yield return ScriptedAnswers.Completed(ScriptedAnswers.EchoOf(text));
    }

    private static async Task<string> ExportAsync(ChatTenant tenant) =>
        await tenant.Http.GetStringAsync($"/api/v1/clients/{tenant.ClientId}/export", Ct);
}
