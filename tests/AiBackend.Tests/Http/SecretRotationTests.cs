using System.Security.Cryptography;
using AiBackend.Clients;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Http;

/// <summary>A service whose encryption key changes from start to start.</summary>
public sealed class ChangingKey : AppFixture
{
    public string Key { get; set; } = "first";

    public string PreviousKey { get; set; } = string.Empty;

    protected override void Configure(IDictionary<string, string> settings)
    {
        settings["ENCRYPTION_KEY"] = Key;
        settings["ENCRYPTION_KEY_PREVIOUS"] = PreviousKey;
        settings["EVENTS_ALLOW_PRIVATE_NETWORKS"] = "true";
    }
}

public sealed class SecretRotationTests(ChangingKey app) : IClassFixture<ChangingKey>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private SecretBox Box => app.Services.GetRequiredService<SecretBox>();

    [Fact]
    public async Task A_start_with_the_previous_key_seals_everything_anew_and_then_that_key_can_go()
    {
        var tenant = await app.NewTenantAsync();
        var channel = await (await tenant.Http.PostJsonAsync(
            $"/api/v1/clients/{tenant.ClientId}/channels", new { type = "slack", name = "x", secrets = new { token = "xoxb" } })).ExpectAsync(201);
        var processor = await (await tenant.Http.PostJsonAsync(
            "/api/v1/event-processors",
            new { name = "x", type = "http", config = new { url = "http://127.0.0.1:9/", headers = new { authorization = "Bearer abc" } }, event_types = new[] { "*" } })).ExpectAsync(201);

        await RestartAsync("second", "first");
        await app.Services.GetRequiredService<SecretRotation>().ResealAsync(Ct);
        var again = await app.Services.GetRequiredService<SecretRotation>().ResealAsync(Ct);
        await RestartAsync("second", string.Empty);

        Assert.Equal(0, again);
        var storedChannel = (await app.Store.For(tenant.ClientId).FindAsync<Channel>(channel.Text("id"), Ct))!;
        var storedProcessor = (await app.Store.For(tenant.ClientId).FindAsync<EventProcessor>(processor.Text("id"), Ct))!;
        var secrets = app.Services.GetRequiredService<ProcessorSecrets>();
        Assert.Equal("xoxb", Box.Open(Channel.SecretPurpose(storedChannel.Id, "token"), storedChannel.Secrets["token"]));
        Assert.Equal([processor.Text("secret")], secrets.OpenSigning(storedProcessor, app.Clock.GetUtcNow()));
        Assert.Equal([("authorization", "Bearer abc")], secrets.OpenHeaders(storedProcessor));
        Assert.ThrowsAny<CryptographicException>(() =>
            new SecretBox(new EncryptionOptions { Key = "first" }).Open(Channel.SecretPurpose(storedChannel.Id, "token"), storedChannel.Secrets["token"]));
    }

    private Task RestartAsync(string key, string previousKey)
    {
        (app.Key, app.PreviousKey) = (key, previousKey);
        return app.RestartAsync();
    }
}
