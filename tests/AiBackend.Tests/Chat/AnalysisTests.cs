using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Chat.Analyses;
using AiBackend.Documents;

namespace AiBackend.Tests.Chat;

public sealed class AnalysisTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static readonly string[] All = ["category", "intent", "sentiment", "language", "topics", "pii"];

    private static readonly object Taxonomy = new
    {
        categories = new[] { new { name = "billing", examples = new[] { "I was charged twice." } }, new { name = "delivery", examples = new[] { "Where is my parcel?" } } },
        intents = new[] { new { name = "get_refund", description = "Wants the money back", examples = new[] { "Please refund me." } } },
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_that_is_asked_for_is_found_out_shown_and_announced()
    {
        var tenant = await NewTenantAsync(new { taxonomy = Taxonomy });
        var message = await MessageAsync(tenant, "I was charged twice! Please refund me, this is terrible. Write to anna@example.com");

        var found = await AskAsync(tenant, message, All, HttpStatusCode.Created, ("Prefer", "wait"));

        Assert.Null(found["next_cursor"]);
        var byType = found["data"]!.AsArray().ToDictionary(one => one!.Text("type"), one => one!);
        Assert.Equal(All, found["data"]!.AsArray().Select(one => one!.Text("type")));
        Assert.All(byType.Values, one => Assert.Equal(("completed", message.Text("id")), (one.Text("status"), one.Text("message_id"))));
        Assert.Equal("billing", byType["category"]["data"]!.Text("category"));
        Assert.Equal("get_refund", byType["intent"]["data"]!.Text("intent"));
        Assert.Equal("ai-backend-embed", byType["category"].Text("model"));
        Assert.Equal("negative", byType["sentiment"]["data"]!.Text("sentiment"));
        Assert.Equal("en", byType["language"]["data"]!.Text("language"));
        Assert.Equal("ai-backend", byType["language"].Text("model"));
        Assert.InRange(byType["language"]["confidence"]!.GetValue<double>(), 0.6, 1);
        Assert.NotEmpty(byType["topics"]["data"]!["topics"]!.AsArray());
        Assert.Equal("email", Assert.Single(byType["pii"]["data"]!["spans"]!.AsArray())!.Text("kind"));

        var listed = await ListAsync(tenant, message);
        Assert.Equal(All.Reverse(), listed.Select(one => one.Text("type")));
        Assert.True(JsonNode.DeepEquals(byType["pii"], listed[0]));
        Assert.True(JsonNode.DeepEquals(byType["pii"], await tenant.GetAsync($"/api/v1/analyses/{byType["pii"].Text("id")}")));
        var told = (await tenant.EventDocumentsAsync(message.Text("session_id"))).Where(one => one.Type == "chat.message.analyzed").ToList();
        Assert.Equal(6, told.Count);
        var ofPii = told.Single(one => one.EntityId == byType["pii"].Text("id"));
        Assert.Equal(message.Text("id"), ofPii.ParentId);
        Assert.True(JsonNode.DeepEquals(byType["pii"], JsonNode.Parse(ofPii.Data.Text)!["analysis"]));
        await tenant.EventsAsync(message.Text("session_id"));
    }

    [Fact]
    public async Task Without_waiting_it_is_queued_and_done_afterwards()
    {
        var tenant = await NewTenantAsync();
        var message = await MessageAsync(tenant, "Where is my parcel?");

        var queued = await AskAsync(tenant, message, ["language"], HttpStatusCode.Accepted);

        var first = Assert.Single(queued["data"]!.AsArray())!;
        Assert.Equal(("queued", 1), (first.Text("status"), first.Number("version")));
        Assert.Null(first["data"]);
        await EndOfAsync(tenant, message, first.Text("id"));
        var done = Assert.Single(await ListAsync(tenant, message));
        Assert.Equal((first.Text("id"), "completed"), (done.Text("id"), done.Text("status")));
    }

    [Fact]
    public async Task Looking_again_makes_a_new_one_and_the_newest_comes_first()
    {
        var tenant = await NewTenantAsync();
        var message = await MessageAsync(tenant, "Where is my parcel?");
        var first = (await AskAsync(tenant, message, ["language"], HttpStatusCode.Created, ("Prefer", "wait")))["data"]![0]!;
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        var second = (await AskAsync(tenant, message, ["language"], HttpStatusCode.Created, ("Prefer", "wait")))["data"]![0]!;

        var page = await tenant.GetAsync($"{PathOf(message)}?limit=1");
        Assert.Equal(second.Text("id"), Assert.Single(page["data"]!.AsArray())!.Text("id"));
        var next = await tenant.GetAsync($"{PathOf(message)}?limit=1&cursor={page.Text("next_cursor")}");
        Assert.Equal(first.Text("id"), Assert.Single(next["data"]!.AsArray())!.Text("id"));
        Assert.Null(next["next_cursor"]);
    }

    [Fact]
    public async Task What_the_settings_name_is_found_out_of_each_message_of_a_user()
    {
        var tenant = await NewTenantAsync(new { analysis = new { on_message = new[] { "language", "pii" } } });
        var session = await tenant.OpenAsync();

        var message = (await tenant.SayAsync(new { session_id = session, text = "Mein Paket ist noch nicht da.", reply = "none" }))["message"]!;
        var agents = (await tenant.SayAsync(new { session_id = session, text = "I will look.", role = "agent" }))["message"]!;
        var picture = (await tenant.SayAsync(new { session_id = session, attachments = new[] { new { type = "image", url = "https://example.com/a.png" } }, reply = "none" }))["message"]!;

        var analyses = await ListAsync(tenant, message);
        Assert.Equal(["pii", "language"], analyses.Select(one => one.Text("type")));
        foreach (var analysis in analyses)
        {
            await EndOfAsync(tenant, message, analysis.Text("id"));
        }

        Assert.Equal("de", (await ListAsync(tenant, message))[1]["data"]!.Text("language"));
        Assert.Equal(message["created_at"]!.ToString(), analyses[0]["created_at"]!.ToString());
        Assert.Empty(await ListAsync(tenant, agents));
        Assert.Empty(await ListAsync(tenant, picture));
        Assert.Equal(2, (await tenant.EventsAsync(session)).Count(type => type == "chat.message.analyzed"));
    }

    [Fact]
    public async Task Another_wording_of_a_message_is_a_message_too()
    {
        var tenant = await NewTenantAsync(new { analysis = new { on_message = new[] { "language" } } });
        var message = await MessageAsync(tenant, "Where is my parcel?");

        var reworded = (await tenant.SendAsync(
            HttpMethod.Patch, $"/api/v1/messages/{message.Text("id")}", new { text = "Wo ist mein Paket?", reply = "none" }))["message"]!;

        Assert.Equal("language", Assert.Single(await ListAsync(tenant, reworded)).Text("type"));
        Assert.Single(await ListAsync(tenant, message));
    }

    [Theory]
    [InlineData("category", "taxonomy.categories")]
    [InlineData("intent", "taxonomy.intents")]
    public async Task Without_classes_to_choose_from_it_fails_and_says_where_to_name_them(string type, string setting)
    {
        var tenant = await NewTenantAsync();
        var message = await MessageAsync(tenant, "Where is my parcel?");

        var failed = (await AskAsync(tenant, message, [type], HttpStatusCode.Created, ("Prefer", "wait")))["data"]![0]!;

        Assert.Equal(("failed", "taxonomy_empty"), (failed.Text("status"), failed["error"]!.Text("code")));
        Assert.Contains(setting, failed["error"]!.Text("detail"), StringComparison.Ordinal);
        Assert.Null(failed["data"]);
        Assert.Equal("chat.message.analyzed", (await tenant.EventsAsync(message.Text("session_id")))[^1]);
    }

    [Fact]
    public async Task A_message_without_a_text_fails_with_its_reason()
    {
        var tenant = await NewTenantAsync();
        var message = (await tenant.SayAsync(
            new { session_id = await tenant.OpenAsync(), attachments = new[] { new { type = "image", url = "https://example.com/a.png" } }, reply = "none" }))["message"]!;

        var failed = (await AskAsync(tenant, message, ["pii"], HttpStatusCode.Created, ("Prefer", "wait")))["data"]![0]!;

        Assert.Equal("no_text", failed["error"]!.Text("code"));
    }

    [Theory]
    [InlineData("{}", "types")]
    [InlineData("""{"types":[]}""", "types")]
    [InlineData("""{"types":null}""", "types")]
    [InlineData("""{"types":["mood"]}""", "types[0]")]
    [InlineData("""{"types":["pii","pii"]}""", "types")]
    [InlineData("""{"types":["pii"],"model":"x"}""", "model")]
    public async Task What_cannot_be_found_out_is_refused_and_nothing_is_queued(string body, string field)
    {
        var tenant = await NewTenantAsync();
        var message = await MessageAsync(tenant, "Where is my parcel?");

        var problem = await tenant.PostAsync(PathOf(message), JsonNode.Parse(body), HttpStatusCode.UnprocessableEntity);

        Assert.True(problem["errors"]!.AsObject().ContainsKey(field), problem.ToJsonString());
        Assert.Empty(await ListAsync(tenant, message));
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_queues_nothing_and_waits_for_the_same()
    {
        var tenant = await NewTenantAsync();
        var message = await MessageAsync(tenant, "Where is my parcel?");
        var first = await AskAsync(tenant, message, ["language", "pii"], HttpStatusCode.Accepted, ("Idempotency-Key", "k1"));

        var again = await AskAsync(tenant, message, ["language", "pii"], HttpStatusCode.Created, ("Idempotency-Key", "k1"), ("Prefer", "wait"));

        Assert.Equal(first["data"]!.AsArray().Select(one => one!.Text("id")), again["data"]!.AsArray().Select(one => one!.Text("id")));
        Assert.Equal(2, (await ListAsync(tenant, message)).Count);
    }

    [Theory]
    [InlineData("messages", "id")]
    [InlineData("sessions", "session_id")]
    public async Task Analyses_go_with_their_message_or_session_and_what_was_told_of_them_too(string kind, string field)
    {
        var tenant = await NewTenantAsync();
        var message = await MessageAsync(tenant, "The zipper of my secretive backpack is torn.");
        var other = await MessageAsync(tenant, "Another one");
        var gone = (await AskAsync(tenant, message, ["topics"], HttpStatusCode.Created, ("Prefer", "wait")))["data"]![0]!;
        Assert.Contains("secretive", gone.ToJsonString(), StringComparison.Ordinal);
        await AskAsync(tenant, other, ["language"], HttpStatusCode.Created, ("Prefer", "wait"));

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/{kind}/{message.Text(field)}", expected: HttpStatusCode.NoContent);

        await tenant.GetAsync($"/api/v1/analyses/{gone.Text("id")}", HttpStatusCode.NotFound);
        Assert.Equal(other.Text("id"), Assert.Single(await tenant.Documents.ListAsync(Query.Of<Analysis>(), Ct)).MessageId);
        var told = (await tenant.EventDocumentsAsync(message.Text("session_id"))).Single(one => one.Type == "chat.message.analyzed");
        Assert.DoesNotContain("secretive", told.Data.Text, StringComparison.Ordinal);
        Assert.Contains(gone.Text("id"), told.Data.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_found_out_about_a_deleted_message()
    {
        var tenant = await NewTenantAsync();
        var message = await MessageAsync(tenant, "Where is my parcel?");
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{message.Text("id")}", expected: HttpStatusCode.NoContent);

        var problem = await AskAsync(tenant, message, ["language"], HttpStatusCode.Conflict);

        Assert.Equal("conflict", problem.Text("code"));
        Assert.Empty(await ListAsync(tenant, message));
    }

    private static string PathOf(JsonNode message) => $"/api/v1/messages/{message.Text("id")}/analyses";

    private async Task<ChatTenant> NewTenantAsync(object? settings = null) => new(app, await app.NewTenantAsync(settings));

    private static async Task<JsonNode> MessageAsync(ChatTenant tenant, string text) =>
        (await tenant.SayAsync(new { session_id = await tenant.OpenAsync(), text, reply = "none" }))["message"]!;

    private static Task<JsonNode> AskAsync(
        ChatTenant tenant, JsonNode message, string[] types, HttpStatusCode expected, params (string Name, string Value)[] headers) =>
        tenant.PostAsync(PathOf(message), new { types }, expected, headers);

    private static async Task<IReadOnlyList<JsonNode>> ListAsync(ChatTenant tenant, JsonNode message) =>
        [.. (await tenant.GetAsync(PathOf(message)))["data"]!.AsArray().Select(node => node!)];

    private async Task EndOfAsync(ChatTenant tenant, JsonNode message, string analysisId)
    {
        using var ended = app.Store.Signals.Subscribe(Analysis.EndTopic(message.Text("id")));
        while (await tenant.Documents.FindAsync<Analysis>(analysisId, Ct) is { DueAt: not null })
        {
            await ended.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System, Ct);
        }
    }
}
