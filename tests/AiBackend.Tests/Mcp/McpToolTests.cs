using AiBackend.Tests.Support;

namespace AiBackend.Tests.Mcp;

/// <summary>What tools do.</summary>
public sealed class McpToolTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Fact = "The workshop is open from Tuesday to Saturday.";

    [Fact]
    public async Task Tools_say_what_they_take()
    {
        var tenant = await app.NewTenantAsync();

        var tools = (await tenant.Http.ResultAsync("tools/list")).GetProperty("tools").EnumerateArray().ToDictionary(tool => tool.Text("name"));

        var search = tools["search"].GetProperty("inputSchema");
        Assert.False(search.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal("query", Assert.Single(search.GetProperty("required").EnumerateArray()).GetString());
        Assert.Equal(4_096, search.GetProperty("properties").GetProperty("query").GetProperty("maxLength").GetInt32());
        Assert.Equal(50, search.GetProperty("properties").GetProperty("limit").GetProperty("maximum").GetInt32());
        var list = tools["list_sessions"].GetProperty("inputSchema").GetProperty("properties");
        Assert.Equal(["open", "handed_over", "closed"], list.GetProperty("state").GetProperty("enum").EnumerateArray().Select(word => word.GetString()));
        Assert.Equal("date-time", list.GetProperty("created_after").Text("format"));
        Assert.All(tools, tool => Assert.Equal(tool.Key != "ask", tool.Value.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean()));
    }

    [Fact]
    public async Task Search_finds_passages_of_the_own_documents_in_the_collections_asked_for()
    {
        var tenant = await app.NewTenantAsync();
        var (shop, law) = (await tenant.Http.NewCollectionAsync(), await tenant.Http.NewCollectionAsync("Law"));
        var document = await tenant.Http.NewDocumentAsync(shop, new { title = "Hours", text = Fact, url = "https://example.com/hours" });
        await tenant.Http.NewDocumentAsync(law, new { title = "Terms", text = "The workshop is not liable for opening hours." });
        var other = await app.NewTenantAsync();

        var all = await tenant.Http.CallAsync("search", new { query = "workshop" });
        var found = await tenant.Http.CallAsync("search", new { query = "When is the workshop open?", collection_ids = new[] { shop } });

        Assert.Equal(2, all.Data().Length);
        var hit = Assert.Single(found.Data());
        Assert.Equal((Fact, document, "Hours", "https://example.com/hours"), (hit.Text("text"), hit.Text("document_id"), hit.Text("title"), hit.Text("url")));
        Assert.Equal(Fact, (await tenant.Http.ReadAsync(hit.Text("uri"))).Text("text"));
        Assert.Empty((await other.Http.CallAsync("search", new { query = "workshop" })).Data());
        Assert.Equal("not_found", (await other.Http.RefusalAsync("search", new { query = "workshop", collection_ids = new[] { shop } })).Text("code"));
    }

    [Fact]
    public async Task Arguments_are_checked_and_each_one_that_is_wrong_is_named()
    {
        var http = (await app.NewTenantAsync()).Http;

        await http.CallAsync("search", new { query = new string('x', 4_096), limit = 50 });
        await http.CallAsync("list_sessions", new { limit = 100 });
        Assert.Equal(["query"], await http.InvalidArgumentsAsync("search", new { }));
        Assert.Equal(["query", "limit"], await http.InvalidArgumentsAsync("search", new { query = new string('x', 4_097), limit = 51 }));
        Assert.Equal(["limit"], await http.InvalidArgumentsAsync("search", new { query = "x", limit = 0 }));
        Assert.Equal(["acl"], await http.InvalidArgumentsAsync("search", new { query = "x", acl = new[] { "staff" } }));
        Assert.Equal(["limit"], await http.InvalidArgumentsAsync("list_sessions", new { limit = 101 }));
        Assert.Equal(["state"], await http.InvalidArgumentsAsync("list_sessions", new { state = "gone" }));
        Assert.Equal(["limit"], await http.InvalidArgumentsAsync("read_session", new { session_id = "ses_x", limit = 101 }));
        Assert.Equal(["question"], await http.InvalidArgumentsAsync("ask", new { question = " " }));
        Assert.Equal(["question"], await http.InvalidArgumentsAsync("ask", new { question = new string('x', 32_769) }));
        Assert.Equal(["session"], await http.InvalidArgumentsAsync("ask", new { question = "x", session = new string('x', 256) }));
        Assert.Equal("invalid_cursor", (await http.RefusalAsync("list_sessions", new { cursor = "zzz" })).Text("code"));
    }

    [Fact]
    public async Task A_tool_that_is_not_there_is_an_error_of_the_protocol()
    {
        var tenant = await app.NewTenantAsync();

        Assert.Equal((-32602, "There is no such tool."), await tenant.Http.ErrorAsync("tools/call", new { name = "drop_all", arguments = new { } }));
        Assert.Equal(-32601, (await tenant.Http.ErrorAsync("no/such/method")).Code);
    }

    [Fact]
    public async Task A_question_is_answered_with_citations_and_nothing_is_kept()
    {
        var tenant = await app.NewTenantAsync();
        var document = await tenant.Http.NewDocumentAsync(await tenant.Http.NewCollectionAsync(), new { title = "Hours", text = Fact });

        var answer = await tenant.Http.CallAsync("ask", new { question = "When is the workshop open?" });

        Assert.Contains("from Tuesday to Saturday", answer.Text("answer"));
        Assert.Equal("replied", answer.Text("outcome"));
        Assert.Equal(document, Assert.Single(answer.GetProperty("citations").EnumerateArray()).Text("document_id"));
        Assert.Empty((await tenant.Http.CallAsync("list_sessions", new { })).Data());
    }

    [Fact]
    public async Task Questions_of_a_session_are_kept_there_with_their_answers()
    {
        var tenant = await app.NewTenantAsync();
        await tenant.Http.NewDocumentAsync(await tenant.Http.NewCollectionAsync(), new { title = "Hours", text = Fact });

        var first = await tenant.Http.CallAsync("ask", new { question = "When is the workshop open?", session = "desk-1" });
        var second = await tenant.Http.CallAsync("ask", new { question = "And when is the workshop open on Saturday?", session = first.Text("session_id") });
        var page = await tenant.Http.CallAsync("read_session", new { session_id = first.Text("session_id"), limit = 3 });
        var rest = await tenant.Http.CallAsync("read_session", new { session_id = first.Text("session_id"), cursor = page.Text("next_cursor") });

        Assert.Equal(first.Text("session_id"), second.Text("session_id"));
        Assert.Equal("desk-1", page.GetProperty("session").Text("external_id"));
        Assert.Equal(["user", "assistant", "user"], page.Data().Select(message => message.Text("role")));
        Assert.Equal((first.Text("message_id"), first.Text("reply_message_id")), (page.Data()[0].Text("id"), page.Data()[1].Text("id")));
        Assert.Equal(first.Text("answer"), page.Data()[1].Text("text"));
        Assert.Equal(second.Text("reply_message_id"), Assert.Single(rest.Data()).Text("id"));
    }

    [Fact]
    public async Task Sessions_are_listed_in_pages_by_what_is_asked_of_them()
    {
        var tenant = await app.NewTenantAsync();
        var ids = new List<string>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            ids.Insert(0, (await (await tenant.Http.PostJsonAsync("/api/v1/sessions", new { external_id = name, title = $"About {name}" })).ExpectAsync(201)).Text("id"));
        }

        await (await tenant.Http.PostJsonAsync($"/api/v1/sessions/{ids[0]}/close", new { })).ExpectAsync(200);

        var page = await tenant.Http.CallAsync("list_sessions", new { limit = 2 });
        var rest = await tenant.Http.CallAsync("list_sessions", new { limit = 2, cursor = page.Text("next_cursor") });

        Assert.Equal(ids.Order(), page.Data().Concat(rest.Data()).Select(session => session.Text("id")).Order());
        Assert.Equal([ids[0]], (await tenant.Http.CallAsync("list_sessions", new { state = "closed" })).Data().Select(session => session.Text("id")));
        Assert.Equal([ids[1]], (await tenant.Http.CallAsync("list_sessions", new { q = "about b" })).Data().Select(session => session.Text("id")));
    }

    [Fact]
    public async Task Messages_of_all_conversations_are_searched()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var posted = await (await tenant.Http.PostJsonAsync(
            "/api/v1/messages", new { external_session_id = "a", text = "My parcel is lost.", reply = "none" })).ExpectAsync(201);

        var found = await tenant.Http.CallAsync("search_messages", new { q = "parcels", limit = 50, role = "user" });

        Assert.Equal(posted.GetProperty("message").Text("id"), Assert.Single(found.Data()).GetProperty("message").Text("id"));
        Assert.Empty((await tenant.Http.CallAsync("search_messages", new { q = "parcels", session_id = "ses_none" })).Data());
        Assert.Empty((await other.Http.CallAsync("search_messages", new { q = "parcels" })).Data());
        Assert.Equal(["q", "limit"], await tenant.Http.InvalidArgumentsAsync("search_messages", new { q = "", limit = 51 }));
        Assert.Equal(["role"], await tenant.Http.InvalidArgumentsAsync("search_messages", new { q = "x", role = "robot" }));
    }

    [Fact]
    public async Task Another_clients_session_is_not_there()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var session = (await (await tenant.Http.PostJsonAsync("/api/v1/sessions", new { })).ExpectAsync(201)).Text("id");

        Assert.Equal("not_found", (await other.Http.RefusalAsync("read_session", new { session_id = session })).Text("code"));
        Assert.Equal("not_found", (await other.Http.RefusalAsync("ask", new { question = "Hello?", session })).Text("code"));
        Assert.Empty((await other.Http.CallAsync("list_sessions", new { })).Data());
    }

    [Fact]
    public async Task A_client_that_has_used_up_its_tokens_may_not_ask()
    {
        var tenant = await app.NewTenantAsync(new { quotas = new { tokens_per_day = 0 } });

        Assert.Equal("quota_exceeded", (await tenant.Http.RefusalAsync("ask", new { question = "Hello?" })).Text("code"));
    }
}
