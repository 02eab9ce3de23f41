using System.Security.Cryptography;
using System.Text;

namespace AiBackend.Http;

/// <summary>The text under which secrets are sealed, and the one before it while old secrets are still about.</summary>
internal sealed class EncryptionOptions
{
    /// <summary><c>ENCRYPTION_KEY</c>.</summary>
    public required string Key { get; init; }

    /// <summary><c>ENCRYPTION_KEY_PREVIOUS</c>: opens what was sealed before the key was changed.</summary>
    public string? PreviousKey { get; init; }
}

/// <summary>Seals secrets for storage: AES-256-GCM, bound to a purpose so that one cannot stand in for another.</summary>
internal sealed class SecretBox
{
    private const byte Format = 1;
    private const int KeyIdLength = 4;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = 1 + KeyIdLength;
    private const int Overhead = HeadLength + NonceLength + TagLength;

    private readonly SealingKey current;
    private readonly SealingKey? previous;

    public SecretBox(EncryptionOptions options)
    {
        current = SealingKey.From(options.Key);
        previous = options.PreviousKey is null ? null : SealingKey.From(options.PreviousKey);
    }

    /// <summary>The secret in a form that only <see cref="Open"/> with the same purpose reads.</summary>
    /// <param name="purpose">What it is for, with the id of what it belongs to, such as <c>channel:chn_…</c>.</param>
    /// <param name="secret">Any text.</param>
    public string Seal(string purpose, string secret)
    {
        var length = Encoding.UTF8.GetByteCount(secret);
        var envelope = new byte[Overhead + length];
        envelope[0] = Format;
        current.Id.CopyTo(envelope, 1);
        var nonce = envelope.AsSpan(HeadLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        var plain = Encoding.UTF8.GetBytes(secret);
        using var cipher = new AesGcm(current.Key, TagLength);
        cipher.Encrypt(
            nonce, plain, envelope.AsSpan(Overhead), envelope.AsSpan(HeadLength + NonceLength, TagLength), Encoding.UTF8.GetBytes(purpose));
        CryptographicOperations.ZeroMemory(plain);
        return Convert.ToBase64String(envelope);
    }

    /// <summary>The secret that was sealed for this purpose.</summary>
    /// <exception cref="CryptographicException">Sealed under a key that is no longer given, for another purpose, or damaged.</exception>
    public string Open(string purpose, string sealedText)
    {
        var envelope = Convert.FromBase64String(sealedText);
        if (envelope.Length < Overhead || envelope[0] != Format)
        {
            throw new CryptographicException("A stored secret has an unknown form.");
        }

        var key = KeyOf(envelope.AsSpan(1, KeyIdLength));
        var plain = new byte[envelope.Length - Overhead];
        using var cipher = new AesGcm(key.Key, TagLength);
        cipher.Decrypt(
            envelope.AsSpan(HeadLength, NonceLength),
            envelope.AsSpan(Overhead),
            envelope.AsSpan(HeadLength + NonceLength, TagLength),
            plain,
            Encoding.UTF8.GetBytes(purpose));
        return Encoding.UTF8.GetString(plain);
    }

    /// <summary>The same secret under the current key; the same text when it is that already.</summary>
    /// <exception cref="CryptographicException">As for <see cref="Open"/>.</exception>
    public string Reseal(string purpose, string sealedText) =>
        Convert.FromBase64String(sealedText).AsSpan(1, KeyIdLength).SequenceEqual(current.Id) ? sealedText : Seal(purpose, Open(purpose, sealedText));

    private SealingKey KeyOf(ReadOnlySpan<byte> id)
    {
        if (id.SequenceEqual(current.Id))
        {
            return current;
        }

        return previous is not null && id.SequenceEqual(previous.Id)
            ? previous
            : throw new CryptographicException(
                "A stored secret was sealed under another ENCRYPTION_KEY; give that one as ENCRYPTION_KEY_PREVIOUS.");
    }

    private sealed record SealingKey(byte[] Key, byte[] Id)
    {
        public static SealingKey From(string text)
        {
            var key = HKDF.DeriveKey(
                HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(text), outputLength: 32, info: "ai-backend secrets v1"u8.ToArray());
            return new SealingKey(key, SHA256.HashData(key)[..KeyIdLength]);
        }
    }
}
