using System.Net;

namespace AiBackend.Tests.Chat;

/// <summary>Taking a conversation out.</summary>
public sealed class ExportTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_json_it_is_the_session_and_all_its_messages_on_all_branches()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        for (var i = 1; i <= 205; i++)
        {
            await tenant.SayAsync(new { session_id = session, text = $"{i}", reply = "none" });
        }

        var first = (await tenant.MessagesAsync(session))[0].Text("id");
        await tenant.SayAsync(new { session_id = session, text = "beside", parent_id = first, reply = "none" });

        using var answer = await tenant.Http.GetAsync($"/api/v1/sessions/{session}/export", Ct);
        var export = System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!;

        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"{session}.json", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        Assert.Equal((await tenant.GetAsync($"/api/v1/sessions/{session}")).ToJsonString(), export["session"]!.ToJsonString());
        var messages = export["messages"]!.AsArray();
        Assert.Equal(Enumerable.Range(1, 206), messages.Select(message => (int)message!.Number("position")));
        Assert.Equal((await tenant.GetAsync($"/api/v1/messages/{first}")).ToJsonString(), messages[0]!.ToJsonString());
    }

    [Fact]
    public async Task As_markdown_it_is_the_active_branch_to_be_read()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();
        var old = await tenant.SayAsync(new { session_id = session, text = "old", reply = "none" });
        await tenant.SendAsync(
            HttpMethod.Patch, $"/api/v1/messages/{old["message"]!.Text("id")}", new { text = "Is <b>it</b>\n# open?" }, HttpStatusCode.OK, ("Prefer", "wait"));
        var gone = await tenant.SayAsync(new { session_id = session, text = "secret", sender = new { id = "u", name = "Ann" }, reply = "none" });
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{gone["message"]!.Text("id")}", null, HttpStatusCode.NoContent);

        using var answer = await tenant.Http.GetAsync($"/api/v1/sessions/{session}/export?format=markdown", Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);

        Assert.Equal("text/markdown", answer.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("# old\n", text, StringComparison.Ordinal);
        Assert.Contains("\n> Is &lt;b>it&lt;/b>\n> # open?\n", text, StringComparison.Ordinal);
        Assert.Contains("**Assistant**, 2000-01-01 00:00:00 UTC\n\n> You said: Is", text, StringComparison.Ordinal);
        Assert.Contains("**User** (Ann), ", text, StringComparison.Ordinal);
        Assert.Contains("\n> (deleted)\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_is_no_other_form()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        var problem = await tenant.GetAsync($"/api/v1/sessions/{session}/export?format=pdf", HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]!["format"]);
    }
}
