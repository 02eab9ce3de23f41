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
        AnalyticsApp.Same("""{"count":0,"handed_over":0,"containment":null,"handovers":0}""", overview["conversations"]);
        AnalyticsApp.Same("""{"count":0,"average_ms":null,"p50_ms":null,"p95_ms":null}""", overview["first_response"]);
        AnalyticsApp.Same(
            """{"replied":0,"suggested":0,"handed_over":0,"failed":0,"cancelled":0,"time":{"count":0,"average_ms":null,"p50_ms":null,"p95_ms":null}}""",
            overview["runs"]);
        Assert.Equal((0, 5), (overview["ratings"]!.Number("count"), overview["ratings"]!["distribution"]!.AsArray().Count));
        Assert.Null(overview["ratings"]!["average"]);
        Assert.Empty(overview["categories"]!.AsArray());
        AnalyticsApp.Same("""{"created":0,"accepted":0,"edited":0,"rejected":0,"acceptance_rate":null}""", overview["suggestions"]);
        AnalyticsApp.Same("""{"input_tokens":0,"output_tokens":0,"cost":0}""", overview["tokens"]);
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

        AnalyticsApp.Same("""{"count":1,"handed_over":0,"containment":1,"handovers":0}""", overview["conversations"]);
        AssertTime(overview["first_response"]!, 4000);
        AssertTime(overview["runs"]!["time"]!, 4000);
        Assert.Equal(1, overview["runs"]!.Number("replied"));
        AnalyticsApp.Same("""{"input_tokens":100,"output_tokens":20,"cost":0.0123}""", overview["tokens"]);
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

        AnalyticsApp.Same("""{"count":1,"handed_over":1,"containment":0,"handovers":0}""", before["conversations"]);
        AnalyticsApp.Same("""{"count":1,"handed_over":0,"containment":1,"handovers":0}""", after["conversations"]);
        AnalyticsApp.Same("""{"count":0,"handed_over":0,"containment":null,"handovers":2}""", later["conversations"]);
        AnalyticsApp.Same("""{"count":2,"handed_over":1,"containment":0.5,"handovers":2}""", all["conversations"]);
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

        AnalyticsApp.Same("""{"count":1,"handed_over":1,"containment":0,"handovers":0}""", overview["conversations"]);
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
        AnalyticsApp.Same("""{"count":4,"handed_over":1,"containment":0.75,"handovers":1}""", overview["conversations"]);
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

        AnalyticsApp.Same("""{"created":5,"accepted":0,"edited":0,"rejected":0,"acceptance_rate":null}""", made["suggestions"]);
        AnalyticsApp.Same("""{"created":0,"accepted":3,"edited":1,"rejected":1,"acceptance_rate":0.75}""", decided["suggestions"]);
        Assert.Equal(3, decided["first_response"]!.Number("count"));
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

    private static void AssertTime(JsonNode figures, double expected)
    {
        Assert.Equal(1, figures.Number("count"));
        Assert.Equal(expected, figures["average_ms"]!.GetValue<double>());
        Assert.InRange(figures["p50_ms"]!.GetValue<double>(), expected * .95, expected * 1.05);
        Assert.Equal(figures["p50_ms"]!.GetValue<double>(), figures["p95_ms"]!.GetValue<double>());
    }
}
