using System.Net;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat;

public sealed class FeedbackListTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task Feedback_is_found_by_each_filter_and_by_several()
    {
        var tenant = await app.NewChatTenantAsync();
        var (one, two) = (await MessageAsync(tenant), await MessageAsync(tenant));
        await GiveAsync(tenant, one, 1, "u1");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var middle = tenant.Now;
        await GiveAsync(tenant, one, 2, "u2");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await GiveAsync(tenant, two, 2, "u1");
        var at = Uri.EscapeDataString(middle.ToString("o"));

        Assert.Equal(["2u1", "2u2", "1u1"], await ListAsync(tenant, ""));
        Assert.Equal(["1u1", "2u2", "2u1"], await ListAsync(tenant, "order=asc"));
        Assert.Equal(["2u2", "1u1"], await ListAsync(tenant, $"session_id={one.Text("session_id")}"));
        Assert.Equal(["2u1"], await ListAsync(tenant, $"message_id={two.Text("id")}"));
        Assert.Equal(["2u1", "1u1"], await ListAsync(tenant, "author_id=u1"));
        Assert.Equal(["2u1", "2u2"], await ListAsync(tenant, "rating=2"));
        Assert.Equal(["2u1"], await ListAsync(tenant, "rating=2&author_id=u1"));
        Assert.Equal(["2u1"], await ListAsync(tenant, $"created_after={at}"));
        Assert.Equal(["1u1"], await ListAsync(tenant, $"created_before={at}"));
        Assert.Empty(await ListAsync(tenant, $"rating=5&session_id={one.Text("session_id")}&message_id={one.Text("id")}&author_id=u1&created_after={at}"));
        Assert.Equal(["2u2", "1u1"], Read(await tenant.GetAsync($"/api/v1/messages/{one.Text("id")}/feedback")));
    }

    [Fact]
    public async Task Pages_go_on_where_the_last_ended_while_feedback_comes_and_goes()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        foreach (var author in new[] { "u1", "u2", "u3", "u4" })
        {
            await GiveAsync(tenant, message, 3, author);
            app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var first = await tenant.GetAsync("/api/v1/feedback?limit=2");
        await GiveAsync(tenant, message, 3, "u5");
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/feedback/{first["data"]![1]!.Text("id")}", expected: HttpStatusCode.NoContent);
        var second = await tenant.GetAsync($"/api/v1/feedback?limit=2&cursor={first.Text("next_cursor")}");

        Assert.Equal(["3u4", "3u3"], Read(first));
        Assert.Equal(["3u2", "3u1"], Read(second));
        Assert.Null(second["next_cursor"]);
    }

    [Theory]
    [InlineData("rating=0", "rating")]
    [InlineData("rating=6", "rating")]
    [InlineData("rating=x", "rating")]
    [InlineData("created_after=yesterday", "created_after")]
    [InlineData("stars=5", "stars")]
    public async Task A_filter_that_cannot_be_read_is_refused(string query, string field)
    {
        var tenant = await app.NewChatTenantAsync();

        var problem = await tenant.GetAsync($"/api/v1/feedback?{query}", HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]![field]);
    }

    private static async Task<JsonNode> MessageAsync(ChatTenant tenant) =>
        (await tenant.SayAsync(new { session_id = await tenant.OpenAsync(), text = "An answer", role = "assistant" }))["message"]!;

    private static Task<JsonNode> GiveAsync(ChatTenant tenant, JsonNode message, int rating, string author) => tenant.PostAsync(
        $"/api/v1/messages/{message.Text("id")}/feedback", new { rating, author_id = author }, HttpStatusCode.Created);

    private static async Task<IReadOnlyList<string>> ListAsync(ChatTenant tenant, string query) =>
        Read(await tenant.GetAsync($"/api/v1/feedback?{query}"));

    private static IReadOnlyList<string> Read(JsonNode page) =>
        [.. page["data"]!.AsArray().Select(node => $"{node!.Number("rating")}{node!.Text("author_id")}")];
}
