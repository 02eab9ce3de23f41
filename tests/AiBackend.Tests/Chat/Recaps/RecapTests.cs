using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Chat.Recaps;
using AiBackend.Documents;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat.Recaps;

/// <summary>Recaps without a model, and what holds for all of them.</summary>
public sealed class RecapTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static readonly object[] Shop =
    [
        new { text = "Hello", sender = new { id = "u1", name = "Anna Lee" } },
        new { text = "Hello, how can I help?", role = "assistant" },
        new { text = "My order 4711 arrived with a broken lamp. I am very angry about the broken lamp! Can I get a refund?", sender = new { id = "u1", name = "Anna Lee" } },
        new { text = "I am sorry about the broken lamp. I will send you a refund for order 4711 tomorrow. I will not be able to call you.", role = "agent", sender = new { id = "a1", name = "Tom" } },
        new { text = "Thanks!", sender = new { id = "u1", name = "Anna Lee" } },
        new { text = "And when does the new catalogue appear?", sender = new { id = "u1", name = "Anna Lee" } },
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_model_a_recap_quotes_the_conversation_and_names_the_messages()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await ImportAsync(tenant, Shop);
        var ids = (await tenant.MessagesAsync(session)).Select(message => message.Text("id")).ToArray();

        var recap = await RecapAsync(tenant, session);

        Assert.Equal(("completed", "ai-backend", 1, 6), (recap.Text("status"), recap.Text("model"), recap.Number("version"), recap.Number("message_count")));
        Assert.Equal((ids[0], ids[5], false), (recap.Text("first_message_id"), recap.Text("last_message_id"), recap["is_truncated"]!.GetValue<bool>()));
        Assert.Null(recap["usage"]);
        var data = recap["data"]!;
        Assert.Equal("My order 4711 arrived with a broken lamp.", data.Text("context_of_issue"));
        Assert.Contains("user: “My order 4711 arrived with a broken lamp.”", data.Text("summary"), StringComparison.Ordinal);
        Assert.Equal("negative", data.Text("sentiment"));
        Assert.Null(data["communication_notes"]);
        Assert.Equal(
            [("And when does the new catalogue appear?", ids[5])],
            data["unresolved_points"]!.AsArray().Select(point => (point!.Text("text"), Assert.Single(point!["message_ids"]!.AsArray())!.GetValue<string>())));
        var agreement = Assert.Single(data["agreements"]!.AsArray())!;
        Assert.Equal("I will send you a refund for order 4711 tomorrow.", agreement.Text("promise"));
        Assert.Equal([ids[3]], Ids(agreement));
        Assert.Null(agreement["details"]);
        Assert.Equal(
            [("Anna Lee", "user", 4), (null, "assistant", 1), ("Tom", "agent", 1)],
            data["participants"]!.AsArray().Select(one => (one!.TextOrNull("name"), one!.Text("role"), one!["message_ids"]!.AsArray().Count)));
        var texts = Shop.Select(message => (string)message.GetType().GetProperty("text")!.GetValue(message)!).ToArray();
        Assert.NotEmpty(data["highlights"]!.AsArray());
        Assert.All(
            data["highlights"]!.AsArray(),
            point => Assert.Contains(point!.Text("text"), texts[Array.IndexOf(ids, Assert.Single(Ids(point!)))], StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_conversation_gives_the_same_recap_and_a_further_version()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await ImportAsync(tenant, Shop);

        var (first, second, third) = (await RecapAsync(tenant, session), await RecapAsync(tenant, session), await RecapAsync(tenant, session));

        Assert.Equal(first["data"]!.ToJsonString(), second["data"]!.ToJsonString());
        Assert.Equal([1, 2, 3], new[] { first, second, third }.Select(recap => (int)recap.Number("version")));
        var path = $"/api/v1/sessions/{session}/recaps";
        var page = await tenant.GetAsync($"{path}?limit=2");
        Assert.Equal([third.Text("id"), second.Text("id")], page["data"]!.AsArray().Select(recap => recap!.Text("id")));
        var rest = await tenant.GetAsync($"{path}?limit=2&cursor={page.Text("next_cursor")}");
        Assert.Equal([first.Text("id")], rest["data"]!.AsArray().Select(recap => recap!.Text("id")));
        Assert.Null(rest["next_cursor"]);
        Assert.Equal([1, 2, 3], (await tenant.GetAsync($"{path}?order=asc"))["data"]!.AsArray().Select(recap => (int)recap!.Number("version")));
        Assert.Equal(third.ToJsonString(), (await tenant.GetAsync($"{path}/latest")).ToJsonString());
        Assert.Equal(second.ToJsonString(), (await tenant.GetAsync($"/api/v1/recaps/{second.Text("id")}")).ToJsonString());
    }

    [Fact]
    public async Task A_recap_is_queued_announced_in_its_commit_and_then_there()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await ImportAsync(tenant, Shop);
        var queued = await tenant.PostAsync($"/api/v1/sessions/{session}/recaps", expected: HttpStatusCode.Accepted);

        Assert.Equal(("queued", session), (queued.Text("status"), queued.Text("session_id")));
        Assert.StartsWith("rcp_", queued.Text("id"), StringComparison.Ordinal);
        Assert.Null(queued["data"]);
        var recap = await EndOfAsync(tenant, session, queued.Text("id"));
        Assert.Equal("completed", recap.Text("status"));
        var told = (await tenant.EventDocumentsAsync(session))[^1];
        Assert.Equal(("chat.recap.completed", "recap", session), (told.Type, told.EntityType, told.ParentId));
        Assert.True(JsonNode.DeepEquals(recap, JsonNode.Parse(told.Data.Text)!["recap"]));
        Assert.Equal(recap.Text("trace_id"), told.TraceId);
        await tenant.EventsAsync(session);
    }

    [Fact]
    public async Task A_repeated_request_is_answered_the_same_and_an_empty_object_is_a_body_too()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await ImportAsync(tenant, Shop);
        var path = $"/api/v1/sessions/{session}/recaps";

        var first = await tenant.PostAsync(path, new { }, HttpStatusCode.Accepted, ("Idempotency-Key", "k1"));
        var again = await tenant.PostAsync(path, new { }, HttpStatusCode.Accepted, ("Idempotency-Key", "k1"));
        var waiting = await tenant.PostAsync(path, new { }, HttpStatusCode.Created, ("Idempotency-Key", "k1"), ("Prefer", "wait"));
        await tenant.PostAsync(path, new { depth = 1 }, HttpStatusCode.UnprocessableEntity);

        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        Assert.Equal((first.Text("id"), "completed"), (waiting.Text("id"), waiting.Text("status")));
        Assert.Single((await tenant.GetAsync(path))["data"]!.AsArray());
    }

    [Fact]
    public async Task A_session_in_which_nothing_is_said_is_refused()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        var path = $"/api/v1/sessions/{session}/recaps";

        Assert.Equal("session_empty", (await tenant.PostAsync(path, expected: HttpStatusCode.Conflict)).Text("code"));
        await tenant.GetAsync($"{path}/latest", HttpStatusCode.NotFound);
        Assert.Empty((await tenant.GetAsync(path))["data"]!.AsArray());
        var message = (await tenant.SayAsync(new { session_id = session, text = "Hello", reply = "none" }))["message"]!;
        await RecapAsync(tenant, session);
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{message.Text("id")}", expected: HttpStatusCode.NoContent);
        Assert.Equal("session_empty", (await tenant.PostAsync(path, expected: HttpStatusCode.Conflict)).Text("code"));
    }

    [Fact]
    public async Task Only_the_active_branch_is_told()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        await tenant.SayAsync(new { session_id = session, text = "The kettle leaks water.", reply = "none" });
        var old = (await tenant.SayAsync(new { session_id = session, text = "The toaster smells of smoke.", reply = "none" }))["message"]!;
        await tenant.SendAsync(HttpMethod.Patch, $"/api/v1/messages/{old.Text("id")}", new { text = "The blender makes noise.", reply = "none" });

        var recap = await RecapAsync(tenant, session);

        Assert.Equal(2, recap.Number("message_count"));
        Assert.DoesNotContain("toaster", recap.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("blender", recap.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("kettle", recap.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_failed_or_was_handed_over_is_open_until_a_person_writes()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        app.Answers.Set(tenant.ClientId, (_, _) => Failing());
        await tenant.SayAsync(new { session_id = session, text = "Please change my address." }, ("Prefer", "wait"));
        app.Answers.Set(tenant.ClientId, (_, _) => new AnswerPart[] { new AnswerPart.HandOver("nothing_found", 0.1, null) }.ToAsyncEnumerable());
        await tenant.SayAsync(new { session_id = session, text = "I want to talk to a person." }, ("Prefer", "wait"));

        var open = (await RecapAsync(tenant, session))["data"]!["unresolved_points"]!.AsArray();
        await tenant.SayAsync(new { session_id = session, text = "Tom here, your address is changed.", role = "agent" });
        var settled = (await RecapAsync(tenant, session))["data"]!["unresolved_points"]!.AsArray();

        Assert.Equal(["Please change my address.", "I want to talk to a person."], open.Select(point => point!.Text("text")));
        Assert.All(open, point => Assert.Equal(2, Ids(point!).Length));
        Assert.Empty(settled);
    }

    [Fact]
    public async Task A_deleted_message_takes_the_texts_of_the_recaps_that_may_rest_on_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        await tenant.SayAsync(new { session_id = session, text = "The kettle leaks water.", reply = "none" });
        var before = await RecapAsync(tenant, session);
        var secret = (await tenant.SayAsync(new { session_id = session, text = "My password is swordfish today.", reply = "none" }))["message"]!;
        var with = await RecapAsync(tenant, session);
        Assert.Contains("swordfish", with.ToJsonString(), StringComparison.Ordinal);

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{secret.Text("id")}", expected: HttpStatusCode.NoContent);

        var blank = await tenant.GetAsync($"/api/v1/recaps/{with.Text("id")}");
        Assert.Null(blank["data"]);
        Assert.NotNull(blank["blanked_at"]);
        Assert.Equal(("completed", 2), (blank.Text("status"), blank.Number("version")));
        Assert.Equal(before.ToJsonString(), (await tenant.GetAsync($"/api/v1/recaps/{before.Text("id")}")).ToJsonString());
        Assert.All(await tenant.EventDocumentsAsync(session), told => Assert.DoesNotContain("swordfish", told.Data.Text, StringComparison.Ordinal));
        Assert.DoesNotContain("swordfish", (await RecapAsync(tenant, session)).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recaps_go_with_their_session()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await ImportAsync(tenant, Shop);
        var recap = await RecapAsync(tenant, session);

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}", expected: HttpStatusCode.NoContent);

        await tenant.GetAsync($"/api/v1/recaps/{recap.Text("id")}", HttpStatusCode.NotFound);
        await tenant.GetAsync($"/api/v1/sessions/{session}/recaps", HttpStatusCode.NotFound);
        Assert.Empty(await tenant.Documents.ListAsync(Query.Of<Recap>(), Ct));
        Assert.All(await tenant.EventDocumentsAsync(session), told => Assert.DoesNotContain("lamp", told.Data.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_client_finds_nothing_and_a_key_without_the_scope_gets_nothing()
    {
        var (owner, stranger) = (await app.NewChatTenantAsync(), await app.NewChatTenantAsync());
        var session = await ImportAsync(owner, Shop);
        var recap = await RecapAsync(owner, session);
        var path = $"/api/v1/sessions/{session}/recaps";

        await stranger.PostAsync(path, expected: HttpStatusCode.NotFound);
        await stranger.GetAsync(path, HttpStatusCode.NotFound);
        await stranger.GetAsync($"{path}/latest", HttpStatusCode.NotFound);
        await stranger.GetAsync($"/api/v1/recaps/{recap.Text("id")}", HttpStatusCode.NotFound);
        var reader = await app.NewChatTenantAsync(null, "chat:read");
        await reader.PostAsync(path, expected: HttpStatusCode.Forbidden);
        var writer = await app.NewChatTenantAsync(null, "chat:write");
        await writer.GetAsync(path, HttpStatusCode.Forbidden);
        await writer.GetAsync($"{path}/latest", HttpStatusCode.Forbidden);
        await writer.GetAsync($"/api/v1/recaps/{recap.Text("id")}", HttpStatusCode.Forbidden);
    }

    private static string[] Ids(JsonNode entry) => [.. entry["message_ids"]!.AsArray().Select(id => id!.GetValue<string>())];

    private static async IAsyncEnumerable<AnswerPart> Failing()
    {
        await Task.CompletedTask;
        yield return new AnswerPart.Delta("Half");
        throw new OrchestrationException("model_timeout", "The model did not answer in time.", new InvalidOperationException());
    }

    private static async Task<string> ImportAsync(ChatTenant tenant, object[] messages)
    {
        var session = await tenant.OpenAsync();
        await tenant.PostAsync("/api/v1/messages/bulk", new { session_id = session, messages });
        return session;
    }

    private static Task<JsonNode> RecapAsync(ChatTenant tenant, string session) =>
        tenant.PostAsync($"/api/v1/sessions/{session}/recaps", null, HttpStatusCode.Created, ("Prefer", "wait=60"));

    private async Task<JsonNode> EndOfAsync(ChatTenant tenant, string session, string id)
    {
        using var ended = app.Store.Signals.Subscribe(Recap.EndTopic(session));
        while (true)
        {
            var recap = await tenant.GetAsync($"/api/v1/sessions/{session}/recaps/latest");
            Assert.Equal(id, recap.Text("id"));
            if (recap.Text("status") is not ("queued" or "running"))
            {
                return recap;
            }

            await ended.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System, Ct);
        }
    }
}
