using System.Security.Cryptography;
using System.Text;
using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>
/// The form in which a client holds its key: <c>aib_&lt;id&gt;_&lt;secret&gt;</c>, the id without its prefix, the secret 256 random
/// bits in hex. The parts have fixed lengths, so the text splits in one way.
/// </summary>
internal static class KeyText
{
    private const string Start = "aib_";
    private const string IdPrefix = "key";
    private const int IdLength = 26;
    private const int SecretBytes = 32;
    private const int Length = 4 + IdLength + 1 + (2 * SecretBytes);

    /// <summary>A new secret.</summary>
    public static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>What is shown to the client, once.</summary>
    public static string Of(string keyId, string secret) => $"{Start}{keyId[(IdPrefix.Length + 1)..]}_{secret}";

    /// <summary>What is stored of a secret.</summary>
    public static string HashOf(ReadOnlySpan<char> secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(secret, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Splits a text of this form; false for any other.</summary>
    public static bool TrySplit(ReadOnlySpan<char> text, out string keyId, out ReadOnlySpan<char> secret)
    {
        keyId = string.Empty;
        secret = default;
        if (text.Length != Length || !text.StartsWith(Start) || text[Start.Length + IdLength] != '_')
        {
            return false;
        }

        keyId = string.Concat(IdPrefix, "_", text.Slice(Start.Length, IdLength));
        secret = text[(Start.Length + IdLength + 1)..];
        return Ids.IsId(IdPrefix, keyId);
    }

    /// <summary>Whether the secret has this hash; takes the same time for every wrong one.</summary>
    public static bool Matches(ReadOnlySpan<char> secret, string hash)
    {
        Span<byte> actual = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(secret, actual);
        return Convert.FromHexString(hash, expected, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == expected.Length
            && CryptographicOperations.FixedTimeEquals(actual, expected);
    }

    private static void Hash(ReadOnlySpan<char> secret, Span<byte> hash)
    {
        // Whatever text a caller sends is hashed; only secrets of ours are short enough for the stack, and others are rare.
        var length = Encoding.UTF8.GetByteCount(secret);
        var bytes = length <= 256 ? stackalloc byte[256] : new byte[length];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(secret, bytes)], hash);
    }
}
