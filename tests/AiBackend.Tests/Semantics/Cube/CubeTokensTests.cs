using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using AiBackend.Semantics.Cube;

namespace AiBackend.Tests.Semantics.Cube;

public sealed class CubeTokensTests
{
    private const string Secret = "s3cret";
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly CubeClaims Claims = new() { ClientId = "cli_1", LayerId = "lay_1", Folder = "a/b", Commit = "c0ffee" };

    private static long Seconds => Now.ToUnixTimeSeconds();

    [Fact]
    public void What_was_signed_is_read_until_it_runs_out()
    {
        var token = CubeTokens.Sign(Secret, Claims, Now);

        Assert.Equal(Claims, CubeTokens.Verify(Secret, token, Now));
        Assert.Equal(Claims, CubeTokens.Verify(Secret, token, Now.AddSeconds(149)));
        Assert.Null(CubeTokens.Verify(Secret, token, Now.AddSeconds(151)));
    }

    [Fact]
    public void Another_secret_or_a_changed_text_is_refused()
    {
        var parts = CubeTokens.Sign(Secret, Claims, Now).Split('.');
        var others = CubeTokens.Sign(Secret, Claims with { ClientId = "cli_2" }, Now).Split('.');

        Assert.Null(CubeTokens.Verify("another", string.Join('.', parts), Now));
        Assert.Null(CubeTokens.Verify(Secret, $"{parts[0]}.{others[1]}.{parts[2]}", Now));
        Assert.Null(CubeTokens.Verify(Secret, $"{parts[0]}.{parts[1]}.", Now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("%.%.%")]
    public void What_is_no_token_is_refused(string token) => Assert.Null(CubeTokens.Verify(Secret, token, Now));

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"HS512"}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    public void Another_algorithm_is_refused_however_it_was_signed(string header) =>
        Assert.Null(CubeTokens.Verify(Secret, Signed(header, $$"""{"client_id":"cli_1","exp":{{Seconds + 60}}}"""), Now));

    [Theory]
    [InlineData(330, true)]
    [InlineData(331, false)]
    public void A_token_is_valid_for_at_most_five_minutes(int seconds, bool holds) => Assert.Equal(
        holds, CubeTokens.Verify(Secret, Signed("""{"alg":"HS256"}""", $$"""{"client_id":"cli_1","exp":{{Seconds + seconds}}}"""), Now) is not null);

    [Theory]
    [InlineData("""{"client_id":"cli_1"}""")]
    [InlineData("""{"client_id":"cli_1","exp":null}""")]
    [InlineData("""{"client_id":"cli_1","exp":"soon"}""")]
    [InlineData("""{"exp":1767323105}""")]
    [InlineData("""{"client_id":"cli_1","exp":1767323105,"nbf":1767323100}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    public void A_token_that_does_not_say_what_it_has_to_is_refused(string payload) =>
        Assert.Null(CubeTokens.Verify(Secret, Signed("""{"alg":"HS256"}""", payload), Now));

    private static string Signed(string header, string payload)
    {
        var content = $"{Encoded(header)}.{Encoded(payload)}";
        return $"{content}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(content)))}";
    }

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
