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
    public async Task A_filter_that_is_not_understood_is_refused(string query, string field)
    {
        var tenant = await app.NewChatTenantAsync();

        var problem = await tenant.GetAsync($"/api/v1/sessions?{query}", HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]![field]);
    }

    [Fact]
    public async Task Sessions_are_found_by_words_in_what_they_are_called_and_in_whom_they_are_with()
    {
        var tenant = await app.NewChatTenantAsync();
        async Task<string> OpenAsync(object form) => (await tenant.PostAsync("/api/v1/sessions", form, HttpStatusCode.Created)).Text("id");
        var titled = await OpenAsync(new { title = "Lost Parcel 7" });
        var named = await OpenAsync(new { external_id = "lost-shoe" });
        var with = await OpenAsync(new { participants = new[] { new { id = "u1", name = "Lostine" } } });
        await OpenAsync(new { title = "Found", metadata = new { lost = "lost" } });
        var asked = (await tenant.SayAsync(new { external_session_id = "a", text = "  I have lost\tit.\nPlease help.", reply = "none" }))["message"]!.Text("session_id");

        Assert.Equal([asked, with, named, titled], await ListAsync(tenant, "?q=LOST"));
        Assert.Equal([titled], await ListAsync(tenant, "?q=parcel%207"));
        Assert.Equal([titled, named], await ListAsync(tenant, "?q=lost&order=asc&limit=2"));
        Assert.Empty(await ListAsync(tenant, "?q=lost&state=closed"));
        Assert.Equal("I have lost it.", (await tenant.GetAsync($"/api/v1/sessions/{asked}")).Text("title"));
    }

    [Fact]
    public async Task A_search_for_sessions_goes_on_with_its_cursor()
    {
        var tenant = await app.NewChatTenantAsync();
        var wanted = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            var title = i % 5 == 0 ? $"wanted {i}" : $"other {i}";
            var id = (await tenant.PostAsync("/api/v1/sessions", new { title }, HttpStatusCode.Created)).Text("id");
            if (i % 5 == 0)
            {
                wanted.Add(id);
            }
        }

        var found = new List<string>();
        for (var cursor = ""; ;)
        {
            var page = await tenant.GetAsync($"/api/v1/sessions?q=wanted&order=asc&limit=4{cursor}");
            found.AddRange(page["data"]!.AsArray().Select(session => session!.Text("id")));
            if (page.TextOrNull("next_cursor") is not { } next)
            {
                break;
            }

            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }

        Assert.Equal(wanted, found);
    }

    [Theory]
    [InlineData("Short question?", "Short question?")]
    [InlineData("\n  \n", null)]
    [InlineData("123456789 123456789 123456789 123456789 123456789 123456789 ", "123456789 123456789 123456789 123456789 123456789 123456789")]
    [InlineData("123456789 123456789 123456789 123456789 123456789 123456789 1", "123456789 123456789 123456789 123456789 123456789 123456789…")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901", "12345678901234567890123456789012345678901234567890123456789…")]
    public void A_title_is_the_first_line_cut_at_a_word(string text, string? title) =>
        Assert.Equal(title, AiBackend.Chat.Sessions.SessionTitle.From(text));

    [Fact]
    public async Task A_made_title_goes_with_the_message_it_was_made_from_and_a_given_one_stays()
    {
        var tenant = await app.NewChatTenantAsync();
        var made = (await tenant.SayAsync(new { external_session_id = "a", text = "secret", reply = "none" }))["message"]!;
        var given = (await tenant.SayAsync(new { external_session_id = "b", text = "secret", reply = "none" }))["message"]!;
        await tenant.SendAsync(HttpMethod.Patch, $"/api/v1/sessions/{given.Text("session_id")}", new { title = "Given" });

        foreach (var message in new[] { made, given })
        {
            await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{message.Text("id")}", null, HttpStatusCode.NoContent);
        }

        Assert.Null((await tenant.GetAsync($"/api/v1/sessions/{made.Text("session_id")}"))["title"]);
        var told = await tenant.GetAsync("/api/v1/events?limit=200");
        Assert.DoesNotContain("secret", told.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("Given", (await tenant.GetAsync($"/api/v1/sessions/{given.Text("session_id")}")).Text("title"));
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
