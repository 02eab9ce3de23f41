using System.Net;
using AiBackend.Clients;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat;

public sealed class InactiveChannelTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task A_channel_that_is_turned_off_takes_no_messages_and_opens_no_sessions_until_it_is_on_again()
    {
        var tenant = await app.NewChatTenantAsync();
        var channel = await tenant.NewChannelAsync();
        var message = new { channel_id = channel, external_session_id = "a", external_id = "first", text = "Hello", reply = "none" };
        var first = (await tenant.SayAsync(message))["message"]!;
        (string Path, object Body)[] posts =
        [
            ("/api/v1/messages", new { channel_id = channel, external_session_id = "a", text = "x", reply = "none" }),
            ("/api/v1/messages", new { channel_id = channel, external_session_id = "b", text = "x", reply = "none" }),
            ("/api/v1/messages", new { session_id = first.Text("session_id"), text = "x", reply = "none" }),
            ("/api/v1/sessions", new { channel_id = channel }),
        ];

        await SwitchAsync(tenant, channel, isActive: false);
        foreach (var (path, body) in posts)
        {
            Assert.Equal("channel_inactive", (await tenant.PostAsync(path, body, HttpStatusCode.Conflict)).Text("code"));
        }

        Assert.Single(await tenant.MessagesAsync(first.Text("session_id")));
        Assert.Single((await tenant.GetAsync("/api/v1/sessions"))["data"]!.AsArray());
        Assert.Equal(first.Text("id"), (await tenant.PostAsync("/api/v1/messages", message))["message"]!.Text("id"));
        await tenant.SayAsync(new { external_session_id = "a", text = "in the other channel", reply = "none" });

        await SwitchAsync(tenant, channel, isActive: true);
        foreach (var (path, body) in posts)
        {
            await tenant.PostAsync(path, body, HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task The_channel_that_a_client_was_born_with_can_be_turned_off_too()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        await SwitchAsync(tenant, Channels.DefaultId(tenant.ClientId), isActive: false);

        foreach (var body in new object[] { new { external_session_id = "a", text = "x" }, new { session_id = session, text = "x" } })
        {
            Assert.Equal("channel_inactive", (await tenant.PostAsync("/api/v1/messages", body, HttpStatusCode.Conflict)).Text("code"));
        }
    }

    [Fact]
    public async Task A_session_of_a_channel_that_was_deleted_goes_on()
    {
        var tenant = await app.NewChatTenantAsync();
        var channel = await tenant.NewChannelAsync();
        var first = (await tenant.SayAsync(new { channel_id = channel, external_session_id = "a", text = "x", reply = "none" }))["message"]!;

        await (await app.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/clients/{tenant.ClientId}/channels/{channel}", content: null)).ExpectAsync(204);

        await tenant.SayAsync(new { session_id = first.Text("session_id"), text = "x", reply = "none" });
    }

    private async Task SwitchAsync(ChatTenant tenant, string channel, bool isActive) =>
        await (await app.Admin.PatchJsonAsync($"/api/v1/clients/{tenant.ClientId}/channels/{channel}", new { is_active = isActive })).ExpectAsync(200);
}
