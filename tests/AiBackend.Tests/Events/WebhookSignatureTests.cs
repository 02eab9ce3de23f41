using AiBackend.Events;

namespace AiBackend.Tests.Events;

public sealed class WebhookSignatureTests
{
    [Fact]
    public void The_published_example_of_standard_webhooks_is_signed_alike()
    {
        var signature = WebhookSignature.Sign(
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8);

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
    }

    [Fact]
    public void Each_secret_signs()
    {
        string[] secrets = [WebhookSignature.NewSecret(), WebhookSignature.NewSecret()];

        var both = WebhookSignature.Sign(secrets, "evt_1", 1, "{}"u8).Split(' ');

        Assert.Equal(2, both.Distinct().Count());
        Assert.Equal(secrets.Select(secret => WebhookSignature.Sign([secret], "evt_1", 1, "{}"u8)), both);
    }

    [Fact]
    public void A_new_secret_is_32_random_bytes()
    {
        var secret = WebhookSignature.NewSecret();

        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(secret["whsec_".Length..]).Length);
        Assert.NotEqual(secret, WebhookSignature.NewSecret());
    }
}
