using System.Net;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat;

public sealed class SessionListTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task Sessions_are_listed_by_each_filter_and_all_together()
    {
        var tenant = await app.NewChatTenantAsync();
        var channel = await tenant.NewChannelAsync();
        var start = app.Clock.GetUtcNow();
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var one = (await tenant.PostAsync("/api/v1/sessions", new { external_id = "one" }, HttpStatusCode.Created)).Text("id");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var two = (await tenant.PostAsync(
            "/api/v1/sessions",
            new { external_id = "two", channel_id = channel, participants = new[] { new { id = "u9" } } },
            HttpStatusCode.Created)).Text("id");
        await tenant.PostAsync($"/api/v1/sessions/{two}/handover");

        Assert.Equal([two, one], await ListAsync(tenant, ""));
        Assert.Equal([one, two], await ListAsync(tenant, "?order=asc"));
        Assert.Equal([one], await ListAsync(tenant, "?state=open"));
        Assert.Equal([two], await ListAsync(tenant, "?state=handed_over"));
        Assert.Equal([two], await ListAsync(tenant, $"?channel_id={channel}"));
        Assert.Equal([one], await ListAsync(tenant, "?external_id=one"));
        Assert.Equal([two], await ListAsync(tenant, "?participant=u9"));
        Assert.Empty(await ListAsync(tenant, "?participant=u8"));
        Assert.Equal([two], await ListAsync(tenant, $"?created_after={Time(start.AddSeconds(1))}"));
        Assert.Equal([one], await ListAsync(tenant, $"?created_before={Time(start.AddSeconds(2))}"));
        Assert.Equal(
            [two],
            await ListAsync(
                tenant,
                $"?state=handed_over&channel_id={channel}&external_id=two&participant=u9&created_after={Time(start)}&created_before={Time(start.AddSeconds(9))}"));
    }

    [Theory]
    [InlineData("state=gone", "state")]
    [InlineData("created_after=yesterday", "created_after")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("colour=red", "colour")]
    [InlineData("q=words", "q")]
    public async Task A_filter_that_is_not_understood_is_refused(string query, string field)
    {
        var tenant = await app.NewChatTenantAsync();

        var problem = await tenant.GetAsync($"/api/v1/sessions?{query}", HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]![field]);
    }

    [Fact]
    public async Task Pages_of_sessions_stay_right_while_sessions_come_and_go()
    {
        var tenant = await app.NewChatTenantAsync();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await tenant.OpenAsync());
        }

        var first = await tenant.GetAsync("/api/v1/sessions?limit=2");
        await tenant.OpenAsync();
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{ids[3]}", null, HttpStatusCode.NoContent);
        var second = await tenant.GetAsync($"/api/v1/sessions?limit=2&cursor={first.Text("next_cursor")}");
        var third = await tenant.GetAsync($"/api/v1/sessions?limit=2&cursor={second.Text("next_cursor")}");

        Assert.Equal([ids[4], ids[3]], Ids(first));
        Assert.Equal([ids[2], ids[1]], Ids(second));
        Assert.Equal([ids[0]], Ids(third));
        Assert.Null(third["next_cursor"]);
        Assert.Equal("invalid_cursor", (await tenant.GetAsync("/api/v1/sessions?cursor=x", HttpStatusCode.BadRequest)).Text("code"));
    }

    private static string Time(DateTimeOffset time) => Uri.EscapeDataString(AiBackend.Documents.UtcTimeConverter.Text(time));

    private static async Task<IReadOnlyList<string>> ListAsync(ChatTenant tenant, string query) =>
        Ids(await tenant.GetAsync($"/api/v1/sessions{query}"));

    private static List<string> Ids(JsonNode page) => page["data"]!.AsArray().Select(session => session!.Text("id")).ToList();
}
