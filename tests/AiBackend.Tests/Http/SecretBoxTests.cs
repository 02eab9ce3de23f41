using System.Security.Cryptography;
using AiBackend.Http;

namespace AiBackend.Tests.Http;

public sealed class SecretBoxTests
{
    private readonly SecretBox box = new(new EncryptionOptions { Key = "one" });

    [Theory]
    [InlineData("")]
    [InlineData("s3cret")]
    [InlineData("ключ 🔑")]
    public void What_was_sealed_is_opened_with_the_same_purpose(string secret)
    {
        var sealedText = box.Seal("channel:1", secret);

        Assert.Equal(secret, box.Open("channel:1", sealedText));
        Assert.True(secret.Length == 0 || !sealedText.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_secret_never_looks_the_same() => Assert.NotEqual(box.Seal("p", "s"), box.Seal("p", "s"));

    [Fact]
    public void A_secret_does_not_open_for_another_purpose() =>
        Assert.ThrowsAny<CryptographicException>(() => box.Open("channel:2", box.Seal("channel:1", "s")));

    [Fact]
    public void A_changed_byte_anywhere_is_found()
    {
        var envelope = Convert.FromBase64String(box.Seal("p", "secret"));
        for (var i = 0; i < envelope.Length; i++)
        {
            var changed = envelope.ToArray();
            changed[i] ^= 1;

            Assert.ThrowsAny<CryptographicException>(() => box.Open("p", Convert.ToBase64String(changed)));
        }
    }

    [Fact]
    public void The_previous_key_opens_what_it_sealed_and_seals_nothing_new()
    {
        var old = box.Seal("p", "s");
        var rotated = new SecretBox(new EncryptionOptions { Key = "two", PreviousKey = "one" });

        Assert.Equal("s", rotated.Open("p", old));
        Assert.ThrowsAny<CryptographicException>(() => box.Open("p", rotated.Seal("p", "s")));
    }

    [Fact]
    public void Without_its_key_a_secret_stays_shut_and_the_message_names_the_setting()
    {
        var other = new SecretBox(new EncryptionOptions { Key = "two" });

        var refusal = Assert.ThrowsAny<CryptographicException>(() => other.Open("p", box.Seal("p", "s")));

        Assert.Contains("ENCRYPTION_KEY_PREVIOUS", refusal.Message, StringComparison.Ordinal);
    }
}
