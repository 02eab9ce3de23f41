using System.Security.Cryptography;
using System.Text;

namespace AiBackend.DataStores.Provisioning;

/// <summary>What PostgreSQL keeps of a password (RFC 5802), made here.</summary>
internal static class ScramVerifier
{
    private const int Iterations = 4_096;
    private const int SaltLength = 16;

    /// <summary>The verifier; safe within quotes. The password is ASCII, so that it needs no preparation.</summary>
    public static string Of(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
    }
}
