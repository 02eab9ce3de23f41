using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat.Search;

/// <summary>The search over a client's own messages.</summary>
public sealed class MessageSearchTests(ChatApp app) : IClassFixture<ChatApp>
{
    private const string Path = "/api/v1/search/messages";

    [Fact]
    public async Task Messages_are_found_by_words_and_by_meaning_and_show_where()
    {
        var tenant = await app.NewChatTenantAsync();
        var parcel = await SayAsync(tenant, "a", "My parcel has been lost & I am angry.");
        var refund = await SayAsync(tenant, "b", "I want my money back.");
        await SayAsync(tenant, "b", "Do you sell bicycles?");

        var byWord = await FindAsync(tenant, "?q=parcels");
        var byMeaning = await FindAsync(tenant, "?q=reimbursement+of+money");

        var hit = Assert.Single(byWord["data"]!.AsArray())!;
        Assert.Equal((parcel.Text("id"), parcel.Text("session_id")), (hit["message"]!.Text("id"), hit.Text("session_id")));
        Assert.Equal("My <em>parcel</em> has been lost &amp; I am angry.", hit["highlights"]![0]!.GetValue<string>());
        Assert.True(hit["scores"]!["keyword"]!.GetValue<double>() > 0);
        Assert.Equal((await tenant.GetAsync($"/api/v1/messages/{parcel.Text("id")}")).ToJsonString(), hit["message"]!.ToJsonString());
        Assert.Null(byWord["searched_since"]);
        Assert.Equal(refund.Text("id"), Ids(byMeaning)[0]);
    }

    [Fact]
    public async Task What_was_said_is_found_at_once_replies_and_wordings_included()
    {
        var tenant = await app.NewChatTenantAsync();
        Assert.Empty(Ids(await FindAsync(tenant, "?q=heron")));

        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "A heron stands." }, ("Prefer", "wait=30"));
        Assert.Equal(new[] { posted["message"]!.Text("id"), posted["reply"]!.Text("id") }.Order(), Ids(await FindAsync(tenant, "?q=heron")).Order());

        var edited = await tenant.SendAsync(HttpMethod.Patch, $"/api/v1/messages/{posted["message"]!.Text("id")}", new { text = "An egret stands.", reply = "none" });
        Assert.Equal([edited["message"]!.Text("id")], Ids(await FindAsync(tenant, "?q=egret")));
        Assert.Equal(2, Ids(await FindAsync(tenant, "?q=heron")).Length);
    }

    [Fact]
    public async Task History_that_was_brought_in_is_found_by_its_times()
    {
        var tenant = await app.NewChatTenantAsync();
        await FindAsync(tenant, "?q=owl");

        await tenant.PostAsync("/api/v1/messages/bulk", new
        {
            external_session_id = "a",
            messages = new object[]
            {
                new { text = "An owl in spring", created_at = "1990-03-01T00:00:00Z", external_id = "spring" },
                new { text = "An owl in summer", created_at = "1990-07-01T00:00:00Z", role = "agent", external_id = "summer" },
                new { text = "An owl in autumn", created_at = "1990-10-01T00:00:00Z", external_id = "autumn" },
            },
        });

        Assert.Equal(["autumn", "spring", "summer"], await NamesAsync(tenant, ""));
        Assert.Equal(["autumn", "summer"], await NamesAsync(tenant, "&created_after=1990-03-01T00:00:00Z"));
        Assert.Equal(["spring", "summer"], await NamesAsync(tenant, "&created_before=1990-10-01T00:00:00Z"));
        Assert.Equal(["summer"], await NamesAsync(tenant, "&role=agent"));
        Assert.Empty(await NamesAsync(tenant, "&role=agent&created_after=1990-07-01T00:00:00Z"));
        Assert.Single(await NamesAsync(tenant, "&limit=1"));

        async Task<string[]> NamesAsync(ChatTenant searching, string filter) =>
            [.. (await FindAsync(searching, $"?q=owl{filter}"))["data"]!.AsArray().Select(hit => hit!["message"]!.Text("external_id")).Order()];
    }

    [Fact]
    public async Task A_search_keeps_to_its_session_and_to_its_client()
    {
        var (tenant, other) = (await app.NewChatTenantAsync(), await app.NewChatTenantAsync());
        var one = await SayAsync(tenant, "a", "The finch sings.");
        var two = await SayAsync(tenant, "b", "The finch sleeps.");
        var foreign = await SayAsync(other, "a", "The finch flies.");

        Assert.Equal(2, Ids(await FindAsync(tenant, "?q=finch")).Length);
        Assert.Equal([two.Text("id")], Ids(await FindAsync(tenant, $"?q=finch&session_id={two.Text("session_id")}")));
        Assert.Equal([one.Text("id")], Ids(await FindAsync(tenant, $"?q=finch&session_id={one.Text("session_id")}&role=user")));
        Assert.Empty(Ids(await FindAsync(tenant, $"?q=finch&session_id={foreign.Text("session_id")}")));
        Assert.Equal([foreign.Text("id")], Ids(await FindAsync(other, "?q=finch")));
    }

    [Fact]
    public async Task What_was_deleted_is_found_no_more_and_what_lies_behind_it_comes_up()
    {
        var tenant = await app.NewChatTenantAsync();
        var far = await SayAsync(tenant, "far", "Somewhere in this rather long sentence about many other things there is a swift too.");
        var near = await SayAsync(tenant, "near", "A swift.");
        var gone = await SayAsync(tenant, "gone", "A swift, a swift!");
        for (var i = 0; i < 30; i++)
        {
            await SayAsync(tenant, "gone", $"Swift {i}");
        }

        Assert.Equal(10, Ids(await FindAsync(tenant, "?q=swift")).Length);
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{near.Text("id")}", expected: HttpStatusCode.NoContent);
        Assert.DoesNotContain(near.Text("id"), Ids(await FindAsync(tenant, "?q=swift&limit=50")));
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{gone.Text("session_id")}", expected: HttpStatusCode.NoContent);

        Assert.Equal([far.Text("id")], Ids(await FindAsync(tenant, "?q=swift&limit=1")));
        Assert.Equal([far.Text("id")], Ids(await FindAsync(tenant, "?q=swift")));
    }

    [Fact]
    public async Task Notices_of_the_service_are_not_found()
    {
        var tenant = await app.NewChatTenantAsync(new { error_message = "The magpie is silent." });
        var posted = await SayAsync(tenant, "a", "A magpie, please.");
        var held = app.Answers.Hold(tenant.ClientId);
        var asked = await tenant.SayAsync(new { session_id = posted.Text("session_id"), text = "Anybody?" });
        (await held.NextAsync()).Fail(new OrchestrationException("model_unavailable", "It broke."));
        await tenant.EndOfAsync(asked["run"]!.Text("id"));

        var all = await tenant.MessagesAsync(posted.Text("session_id"));
        Assert.Contains(all, message => message.Text("text") == "The magpie is silent.");
        Assert.Equal([posted.Text("id")], Ids(await FindAsync(tenant, "?q=magpie")));
    }

    [Theory]
    [InlineData("", "q")]
    [InlineData("?q=", "q")]
    [InlineData("?q=%20", "q")]
    [InlineData("?q=x&limit=0", "limit")]
    [InlineData("?q=x&limit=51", "limit")]
    [InlineData("?q=x&role=robot", "role")]
    [InlineData("?q=x&created_after=yesterday", "created_after")]
    [InlineData("?q=x&session_id=", "session_id")]
    public async Task What_cannot_be_searched_for_is_refused(string query, string field)
    {
        var tenant = await app.NewChatTenantAsync();

        var problem = await tenant.GetAsync(Path + query, HttpStatusCode.UnprocessableEntity);

        Assert.Equal(field, Assert.Single(problem["errors"]!.AsObject()).Key);
    }

    [Fact]
    public async Task A_query_has_its_longest_length_and_most_results()
    {
        var tenant = await app.NewChatTenantAsync();

        await tenant.GetAsync($"{Path}?limit=50&q={new string('x', 4_096)}");
        await tenant.GetAsync($"{Path}?q={new string('x', 4_097)}", HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_key_without_the_scope_may_not_search()
    {
        var tenant = await app.NewChatTenantAsync(chat: null, "chat:write", "knowledge:read");

        Assert.Equal("insufficient_scope", (await tenant.GetAsync($"{Path}?q=x", HttpStatusCode.Forbidden)).Text("code"));
    }

    private static async Task<JsonNode> SayAsync(ChatTenant tenant, string session, string text) =>
        (await tenant.SayAsync(new { external_session_id = session, text, reply = "none" }))["message"]!;

    private static Task<JsonNode> FindAsync(ChatTenant tenant, string query) => tenant.GetAsync(Path + query);

    private static string[] Ids(JsonNode found) => [.. found["data"]!.AsArray().Select(hit => hit!["message"]!.Text("id"))];
}
