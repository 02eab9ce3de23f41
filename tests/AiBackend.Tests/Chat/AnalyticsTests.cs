using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Chat.Runs;
using AiBackend.Orchestration;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat;

/// <summary>What happens in conversations shows in the numbers, where it happened.</summary>
public sealed class AnalyticsTests(AnalyticsApp app) : IClassFixture<AnalyticsApp>
{
    private const string Day = "2026-05-04";
    private const string NextDay = "2026-05-05";

    [Fact]
    public async Task Nothing_happened_is_zero_and_has_no_rates()
    {
        var tenant = await app.NewChatTenantAsync();

        var overview = await AnalyticsApp.OverviewAsync(tenant, Day, NextDay);

        Assert.Equal(("2026-05-04T00:00:00.000Z", "2026-05-05T00:00:00.000Z", "UTC"), (overview.Text("from"), overview.Text("to"), overview.Text("time_zone")));
        Same("""{"count":0,"handed_over":0,"containment":null,"handovers":0}""", overview["conversations"]);
        Same("""{"count":0,"average_ms":null,"p50_ms":null,"p95_ms":null}""", overview["first_response"]);
        Same(
            """{"replied":0,"suggested":0,"handed_over":0,"failed":0,"cancelled":0,"time":{"count":0,"average_ms":null,"p50_ms":null,"p95_ms":null}}""",
            overview["runs"]);
        Assert.Equal((0, 5), (overview["ratings"]!.Number("count"), overview["ratings"]!["distribution"]!.AsArray().Count));
        Assert.Null(overview["ratings"]!["average"]);
        Assert.Empty(overview["categories"]!.AsArray());
        Same("""{"created":0,"accepted":0,"edited":0,"rejected":0,"acceptance_rate":null}""", overview["suggestions"]);
        Same("""{"input_tokens":0,"output_tokens":0,"cost":0}""", overview["tokens"]);
    }

    [Fact]
    public async Task A_conversation_with_its_reply_its_run_and_its_tokens_is_counted()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        var held = app.Answers.Hold(tenant.ClientId);
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Hello" });
        var attempt = await held.NextAsync();
        attempt.Say("Hi");
        await tenant.ReachedAsync(posted["run"]!.Text("id"), run => run.Status is RunStatus.Running);
        app.Later(TimeSpan.FromSeconds(4));
        attempt.Give(new AnswerPart.Completed("Hi", null, [], new TokenUsage(100, 20, 0.0123m), "m", null));
        await tenant.EndOfAsync(posted["run"]!.Text("id"));

        var overview = await AnalyticsApp.OverviewAsync(tenant, Day, NextDay);

        Same("""{"count":1,"handed_over":0,"containment":1,"handovers":0}""", overview["conversations"]);
        AssertTime(overview["first_response"]!, 4000);
        AssertTime(overview["runs"]!["time"]!, 4000);
        Assert.Equal(1, overview["runs"]!.Number("replied"));
        Same("""{"input_tokens":100,"output_tokens":20,"cost":0.0123}""", overview["tokens"]);
    }

    [Fact]
    public async Task Only_the_first_reply_is_a_first_response_and_an_agents_counts_as_well()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        var session = await tenant.OpenAsync();
        await tenant.SayAsync(new { session_id = session, text = "Welcome", role = "assistant", reply = "none" });
        app.Later(TimeSpan.FromSeconds(1));
        await tenant.SayAsync(new { session_id = session, text = "Hello", reply = "none" });
        app.Later(TimeSpan.FromSeconds(2));
        await tenant.SayAsync(new { session_id = session, text = "Anybody?", reply = "none" });
        await tenant.SayAsync(new { session_id = session, text = "A note", role = "system" });
        app.Later(TimeSpan.FromSeconds(2));
        await tenant.SayAsync(new { session_id = session, text = "Here", role = "agent" });
        app.Later(TimeSpan.FromSeconds(60));
        await tenant.SayAsync(new { session_id = session, text = "Still here", role = "agent" });

        var overview = await AnalyticsApp.OverviewAsync(tenant, Day, NextDay);

        AssertTime(overview["first_response"]!, 4000);
        Assert.Equal(1, overview["conversations"]!.Number("count"));
    }

    [Fact]
    public async Task A_conversation_counts_when_it_begins_and_its_first_handover_with_it()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:14:59.999Z");
        var first = await tenant.SayAsync(new { external_session_id = "a", text = "1", reply = "none" });
        app.At("2026-05-04T10:15:00Z");
        await tenant.SayAsync(new { external_session_id = "b", text = "1", reply = "none" });
        await tenant.OpenAsync();
        app.At("2026-05-04T12:00:00Z");
        var path = $"/api/v1/sessions/{first["message"]!.Text("session_id")}";
        await tenant.PostAsync($"{path}/handover", new { });
        await tenant.PostAsync($"{path}/handover", new { });
        await tenant.PostAsync($"{path}/resume");
        await tenant.PostAsync($"{path}/handover", new { });

        var before = await AnalyticsApp.OverviewAsync(tenant, "2026-05-04T10:00:00Z", "2026-05-04T10:15:00Z");
        var after = await AnalyticsApp.OverviewAsync(tenant, "2026-05-04T10:15:00Z", "2026-05-04T10:30:00Z");
        var later = await AnalyticsApp.OverviewAsync(tenant, "2026-05-04T12:00:00Z", "2026-05-04T12:15:00Z");
        var all = await AnalyticsApp.OverviewAsync(tenant, Day, NextDay);

        Same("""{"count":1,"handed_over":1,"containment":0,"handovers":0}""", before["conversations"]);
        Same("""{"count":1,"handed_over":0,"containment":1,"handovers":0}""", after["conversations"]);
        Same("""{"count":0,"handed_over":0,"containment":null,"handovers":2}""", later["conversations"]);
        Same("""{"count":2,"handed_over":1,"containment":0.5,"handovers":2}""", all["conversations"]);
    }

    [Fact]
    public async Task A_session_that_was_handed_over_before_anybody_wrote_is_a_conversation_that_was_not_contained()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        var session = await tenant.OpenAsync();
        await tenant.PostAsync($"/api/v1/sessions/{session}/handover", new { });
        app.At("2026-05-04T11:00:00Z");
        await tenant.SayAsync(new { session_id = session, text = "Hello" });
        await tenant.PostAsync($"/api/v1/sessions/{session}/resume");

        var overview = await AnalyticsApp.OverviewAsync(tenant, "2026-05-04T11:00:00Z", NextDay);

        Same("""{"count":1,"handed_over":1,"containment":0,"handovers":0}""", overview["conversations"]);
    }

    [Fact]
    public async Task Runs_count_by_how_they_ended()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        var held = app.Answers.Hold(tenant.ClientId);
        var runs = new List<string>();
        foreach (var (name, reply) in new[] { ("failed", "auto"), ("handed-over", "auto"), ("suggested", "suggest"), ("cancelled", "auto") })
        {
            var posted = await tenant.SayAsync(new { external_session_id = name, text = "Hello", reply });
            var attempt = await held.NextAsync();
            runs.Add(posted["run"]!.Text("id"));
            switch (name)
            {
                case "failed":
                    attempt.Fail(new OrchestrationException("model_unavailable", "No model."));
                    break;
                case "handed-over":
                    await tenant.SayAsync(new { external_session_id = name, text = "And this waits" });
                    attempt.Give(new AnswerPart.HandOver("nothing_found", 0, null));
                    break;
                case "suggested":
                    attempt.Complete("Perhaps");
                    break;
                default:
                    await tenant.SayAsync(new { external_session_id = name, text = "And this waits" });
                    await tenant.PostAsync($"/api/v1/sessions/{posted["message"]!.Text("session_id")}/close", new { });
                    break;
            }

            await tenant.EndOfAsync(runs[^1]);
        }

        var overview = await AnalyticsApp.OverviewAsync(tenant, Day, NextDay);

        var counted = overview["runs"]!;
        Assert.Equal(
            (0, 1, 2, 1, 2),
            (counted.Number("replied"), counted.Number("suggested"), counted.Number("handed_over"), counted.Number("failed"), counted.Number("cancelled")));
        Assert.Equal(2, counted["time"]!.Number("count"));
        Same("""{"count":4,"handed_over":1,"containment":0.75,"handovers":1}""", overview["conversations"]);
    }

    [Fact]
    public async Task Decisions_on_suggestions_make_their_rate()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        var suggestions = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var posted = await tenant.SayAsync(new { external_session_id = $"{i}", text = "Hello", reply = "suggest" });
            suggestions.Add((await tenant.EndOfAsync(posted["run"]!.Text("id"))).Text("suggestion_id"));
        }

        app.At("2026-05-04T11:00:00Z");
        await tenant.PostAsync($"/api/v1/suggestions/{suggestions[0]}/accept", new { });
        await tenant.PostAsync($"/api/v1/suggestions/{suggestions[1]}/accept", new { text = "Otherwise" });
        await tenant.PostAsync($"/api/v1/suggestions/{suggestions[2]}/accept", new { text = ScriptedAnswers.EchoOf("Hello") });
        await tenant.PostAsync($"/api/v1/suggestions/{suggestions[3]}/reject", new { });
        await tenant.PostAsync($"/api/v1/suggestions/{suggestions[3]}/reject", new { }, HttpStatusCode.Conflict);

        var made = await AnalyticsApp.OverviewAsync(tenant, Day, "2026-05-04T11:00:00Z");
        var decided = await AnalyticsApp.OverviewAsync(tenant, "2026-05-04T11:00:00Z", NextDay);

        Same("""{"created":5,"accepted":0,"edited":0,"rejected":0,"acceptance_rate":null}""", made["suggestions"]);
        Same("""{"created":0,"accepted":3,"edited":1,"rejected":1,"acceptance_rate":0.75}""", decided["suggestions"]);
        Assert.Equal(3, decided["first_response"]!.Number("count"));
    }

    [Fact]
    public async Task A_rating_that_is_replaced_changed_or_taken_back_corrects_the_number_where_it_was_given()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        var message = (await tenant.SayAsync(new { external_session_id = "a", text = "1", reply = "none" }))["message"]!;
        var path = $"/api/v1/messages/{message.Text("id")}/feedback";
        var one = await tenant.PostAsync(path, new { rating = 1, author_id = "1" }, HttpStatusCode.Created);
        var two = await tenant.PostAsync(path, new { rating = 2, author_id = "2" }, HttpStatusCode.Created);
        await tenant.PostAsync(path, new { rating = 3, author_id = "3" }, HttpStatusCode.Created);
        app.At("2026-05-04T12:00:00Z");
        await tenant.PostAsync(path, new { rating = 5, author_id = "1" });
        await tenant.SendAsync(HttpMethod.Patch, $"/api/v1/feedback/{two.Text("id")}", new { rating = 4, comment = "Better" });
        await tenant.SendAsync(HttpMethod.Patch, $"/api/v1/feedback/{two.Text("id")}", new { comment = "Much better" });
        await tenant.PostAsync(path, new { rating = 3, author_id = "4" }, HttpStatusCode.Created);

        var given = await AnalyticsApp.OverviewAsync(tenant, "2026-05-04T10:00:00Z", "2026-05-04T10:15:00Z");
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/feedback/{one.Text("id")}", expected: HttpStatusCode.NoContent);
        var left = await AnalyticsApp.OverviewAsync(tenant, Day, NextDay);

        Same("""{"count":3,"average":4,"distribution":[{"rating":1,"count":0},{"rating":2,"count":0},{"rating":3,"count":1},{"rating":4,"count":1},{"rating":5,"count":1}]}""", given["ratings"]);
        Same("""{"count":3,"average":3.3333,"distribution":[{"rating":1,"count":0},{"rating":2,"count":0},{"rating":3,"count":2},{"rating":4,"count":1},{"rating":5,"count":0}]}""", left["ratings"]);
    }

    [Fact]
    public async Task A_message_counts_in_the_category_that_was_found_last_at_the_time_of_the_message()
    {
        object Taxonomy(string billing) => new { taxonomy = new { categories = new[] { Entry(billing, "I was charged twice."), Entry("delivery", "Where is my parcel?") } } };
        var tenant = new ChatTenant(app, await app.NewTenantAsync(Taxonomy("billing")));
        app.At("2026-05-04T10:00:00Z");
        var message = (await tenant.SayAsync(new { external_session_id = "a", text = "I was charged twice.", reply = "none" }))["message"]!;
        var other = (await tenant.SayAsync(new { external_session_id = "a", text = "Where is my parcel?", reply = "none" }))["message"]!;
        app.At("2026-05-04T12:00:00Z");
        foreach (var id in new[] { message.Text("id"), other.Text("id"), message.Text("id") })
        {
            await tenant.PostAsync($"/api/v1/messages/{id}/analyses", new { types = new[] { "category", "language" } }, HttpStatusCode.Created, ("Prefer", "wait"));
        }

        var first = await AnalyticsApp.OverviewAsync(tenant, "2026-05-04T10:00:00Z", "2026-05-04T10:15:00Z");
        using var changed = await app.Admin.PatchJsonAsync($"/api/v1/clients/{tenant.ClientId}", new { settings = Taxonomy("money") });
        await changed.ExpectAsync(200);
        app.Later(TimeSpan.FromSeconds(5));
        await tenant.PostAsync($"/api/v1/messages/{message.Text("id")}/analyses", new { types = new[] { "category" } }, HttpStatusCode.Created, ("Prefer", "wait"));
        var again = await AnalyticsApp.OverviewAsync(tenant, Day, NextDay);

        Same("""[{"category":"billing","count":1},{"category":"delivery","count":1}]""", first["categories"]);
        Same("""[{"category":"delivery","count":1},{"category":"money","count":1}]""", again["categories"]);
    }

    [Fact]
    public async Task Imported_history_is_not_counted_until_somebody_writes_in_it()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        var imported = await tenant.PostAsync("/api/v1/messages/bulk", new
        {
            external_session_id = "a",
            messages = new[] { new { role = "user", text = "Long ago", created_at = "2026-05-03T10:00:00Z" }, new { role = "assistant", text = "Yes", created_at = "2026-05-03T10:00:05Z" } },
        });
        var none = await AnalyticsApp.OverviewAsync(tenant, "2026-05-01", NextDay);

        await tenant.SayAsync(new { session_id = imported.Text("session_id"), text = "And now", reply = "none" });
        var one = await AnalyticsApp.OverviewAsync(tenant, "2026-05-01", NextDay);

        Assert.Equal((0, 0), (none["conversations"]!.Number("count"), none["first_response"]!.Number("count")));
        Assert.Equal((1, 0), (one["conversations"]!.Number("count"), one["first_response"]!.Number("count")));
    }

    [Fact]
    public async Task Deleting_does_not_change_the_past()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Hello" });
        await tenant.EndOfAsync(posted["run"]!.Text("id"));
        var message = posted["message"]!;
        await tenant.PostAsync($"/api/v1/messages/{message.Text("id")}/feedback", new { rating = 5 }, HttpStatusCode.Created);
        var before = await AnalyticsApp.OverviewAsync(tenant, Day, NextDay);

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{message.Text("id")}", expected: HttpStatusCode.NoContent);
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{message.Text("session_id")}", expected: HttpStatusCode.NoContent);

        Assert.Equal((1, 1, 1), (before["conversations"]!.Number("count"), before["runs"]!.Number("replied"), before["ratings"]!.Number("count")));
        Assert.True(JsonNode.DeepEquals(before, await AnalyticsApp.OverviewAsync(tenant, Day, NextDay)));
    }

    [Fact]
    public async Task Another_client_sees_nothing_of_it_and_an_admin_names_the_client()
    {
        var tenant = await app.NewChatTenantAsync();
        var other = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        await tenant.SayAsync(new { external_session_id = "a", text = "1", reply = "none" });
        const string Path = $"/api/v1/analytics/overview?from={Day}&to={NextDay}";

        using var nobody = await app.Admin.GetAsync(Path, AnalyticsApp.Ct);
        using var asked = new HttpRequestMessage(HttpMethod.Get, Path) { Headers = { { "X-Client-Id", tenant.ClientId } } };
        using var named = await app.Admin.SendAsync(asked, AnalyticsApp.Ct);

        Assert.Equal(0, (await AnalyticsApp.OverviewAsync(other, Day, NextDay))["conversations"]!.Number("count"));
        Assert.Equal(0, (await AnalyticsApp.SeriesAsync(other, "conversations", "day", Day, NextDay))[0].Number("value"));
        await nobody.ExpectProblemAsync(400, "client_required");
        Assert.Equal(1, (await named.ExpectAsync(200)).GetProperty("conversations").GetProperty("count").GetInt64());
    }

    private static object Entry(string name, string example) => new { name, examples = new[] { example } };

    private static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"{expected} was expected, not {actual?.ToJsonString()}");

    private static void AssertTime(JsonNode figures, double expected)
    {
        Assert.Equal(1, figures.Number("count"));
        Assert.Equal(expected, figures["average_ms"]!.GetValue<double>());
        Assert.InRange(figures["p50_ms"]!.GetValue<double>(), expected * .95, expected * 1.05);
        Assert.Equal(figures["p50_ms"]!.GetValue<double>(), figures["p95_ms"]!.GetValue<double>());
    }
}
