using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat;

/// <summary>What is changed or taken back corrects the numbers where they were counted; what is deleted does not.</summary>
public sealed class AnalyticsCorrectionTests(AnalyticsApp app) : IClassFixture<AnalyticsApp>
{
    private const string Day = "2026-05-04";
    private const string NextDay = "2026-05-05";

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

        AnalyticsApp.Same("""{"count":3,"average":4,"distribution":[{"rating":1,"count":0},{"rating":2,"count":0},{"rating":3,"count":1},{"rating":4,"count":1},{"rating":5,"count":1}]}""", given["ratings"]);
        AnalyticsApp.Same("""{"count":3,"average":3.3333,"distribution":[{"rating":1,"count":0},{"rating":2,"count":0},{"rating":3,"count":2},{"rating":4,"count":1},{"rating":5,"count":0}]}""", left["ratings"]);
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

        AnalyticsApp.Same("""[{"category":"billing","count":1},{"category":"delivery","count":1}]""", first["categories"]);
        AnalyticsApp.Same("""[{"category":"delivery","count":1},{"category":"money","count":1}]""", again["categories"]);
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

    private static object Entry(string name, string example) => new { name, examples = new[] { example } };
}
