using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat;

public sealed class MessageRuleTests(ChatApp app) : IClassFixture<ChatApp>
{
    public static TheoryData<string, string> Invalid => new()
    {
        { """{"text":"t"}""", "session_id" },
        { """{"session_id":"ses_1","external_session_id":"a","text":"t"}""", "session_id" },
        { """{"session_id":"ses_1","channel_id":"chn_1","text":"t"}""", "channel_id" },
        { """{"external_session_id":"a","channel_id":"chn_1","text":"t"}""", "channel_id" },
        { """{"external_session_id":"","text":"t"}""", "external_session_id" },
        { """{"external_session_id":"a"}""", "text" },
        { """{"external_session_id":"a","text":"  "}""", "text" },
        { """{"external_session_id":"a","text":7}""", "text" },
        { """{"external_session_id":"a","text":null}""", "text" },
        { """{"external_session_id":"a","text":"t","role":"bot"}""", "role" },
        { """{"external_session_id":"a","text":"t","reply":"later"}""", "reply" },
        { """{"external_session_id":"a","text":"t","data":[]}""", "data" },
        { """{"external_session_id":"a","text":"t","sender":{}}""", "sender.id" },
        { """{"external_session_id":"a","text":"t","sender":{"id":""}}""", "sender.id" },
        { """{"external_session_id":"a","text":"t","external_id":" "}""", "external_id" },
        { """{"external_session_id":"a","text":"t","extra":1}""", "extra" },
        { """{"external_session_id":"a","text":"t","parent_id":"msg_1"}""", "parent_id" },
        { """{"external_session_id":"a","text":"t","attachments":[{"type":"video"}]}""", "attachments[0].type" },
        { """{"external_session_id":"a","text":"t","attachments":[{"type":"file","url":"javascript:alert(1)"}]}""", "attachments[0].url" },
        { """{"external_session_id":"a","text":"t","attachments":[{"type":"file","size":-1}]}""", "attachments[0].size" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task An_invalid_message_is_refused_by_field_and_stores_nothing(string body, string field)
    {
        var tenant = await app.NewChatTenantAsync();

        using var response = await tenant.Http.PostAsync(
            "/api/v1/messages", new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("validation_failed", problem.Text("code"));
        Assert.True(problem["errors"]![field] is not null, $"{problem["errors"]}");
        Assert.Empty((await tenant.GetAsync("/api/v1/messages"))["data"]!.AsArray());
        Assert.Empty((await tenant.GetAsync("/api/v1/sessions"))["data"]!.AsArray());
    }

    [Theory]
    [InlineData(32_768, HttpStatusCode.Created)]
    [InlineData(32_769, HttpStatusCode.UnprocessableEntity)]
    public async Task A_text_has_at_most_32768_characters(int length, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();

        await tenant.PostAsync("/api/v1/messages", new { external_session_id = "a", text = new string('x', length), reply = "none" }, expected);
    }

    [Theory]
    [InlineData(16_384, HttpStatusCode.Created)]
    [InlineData(16_385, HttpStatusCode.UnprocessableEntity)]
    public async Task Data_has_at_most_16_KiB(int bytes, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();
        var data = new { a = new string('x', bytes - """{"a":""}""".Length) };

        await tenant.PostAsync("/api/v1/messages", new { external_session_id = "a", text = "t", data, reply = "none" }, expected);
    }

    [Theory]
    [InlineData(20, HttpStatusCode.Created)]
    [InlineData(21, HttpStatusCode.UnprocessableEntity)]
    public async Task A_message_has_at_most_20_attachments(int count, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();
        var attachments = Enumerable.Range(0, count).Select(i => new { type = "image", url = $"https://files.example/{i}.png" });

        await tenant.PostAsync("/api/v1/messages", new { external_session_id = "a", attachments, reply = "none" }, expected);
    }

    [Theory]
    [InlineData(50, HttpStatusCode.Created)]
    [InlineData(51, HttpStatusCode.UnprocessableEntity)]
    public async Task A_carousel_has_at_most_50_cards(int count, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();
        var attachments = new[] { new { type = "carousel", items = Enumerable.Range(0, count).Select(i => new { card = i }) } };

        await tenant.PostAsync("/api/v1/messages", new { external_session_id = "a", attachments, reply = "none" }, expected);
    }

    [Fact]
    public async Task At_most_a_hundred_messages_of_a_session_wait_for_their_answers()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        var first = await tenant.SayAsync(new { session_id = session, text = "0" });
        for (var i = 1; i < 100; i++)
        {
            await tenant.SayAsync(new { session_id = session, text = $"{i}" });
        }

        var refused = await tenant.PostAsync("/api/v1/messages", new { session_id = session, text = "more" }, HttpStatusCode.TooManyRequests);
        await tenant.SayAsync(new { session_id = session, text = "without an answer", reply = "none" });

        Assert.Equal("rate_limited", refused.Text("code"));
        (await held.NextAsync()).Complete("done");
        await tenant.EndOfAsync(first["run"]!.Text("id"));
        await tenant.SayAsync(new { session_id = session, text = "more" });
        await tenant.PostAsync($"/api/v1/sessions/{session}/close");
    }
}
