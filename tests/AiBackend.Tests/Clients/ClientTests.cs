using AiBackend.Tests.Support;

namespace AiBackend.Tests.Clients;

public sealed class ClientTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_client_is_made_with_a_slug_from_its_name_and_every_default()
    {
        var response = await app.Admin.PostJsonAsync("/api/v1/clients", new { name = "Blue & Green Ltd." });

        var client = await response.ExpectAsync(201);
        Assert.StartsWith("cli_", client.Text("id"));
        Assert.Equal("blue-green-ltd", client.Text("slug"));
        Assert.Equal("\"1\"", response.Header("ETag"));
        Assert.Equal(1_440, client.GetProperty("settings").GetProperty("threads").GetProperty("inactivity_minutes").GetInt32());
        Assert.Equal(0.25, client.GetProperty("settings").GetProperty("chat").GetProperty("min_confidence").GetDouble());
        Assert.Equal("2026-03-14T09:26:53.000Z", client.Text("created_at"));
    }
}
