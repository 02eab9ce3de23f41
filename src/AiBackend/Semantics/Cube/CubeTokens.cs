using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiBackend.Semantics.Cube;

/// <summary>What a token says: to Cube, whose models are asked; from Cube, whose connection it asks for.</summary>
internal sealed record CubeClaims
{
    /// <summary>The client (<c>cli_…</c>).</summary>
    public required string ClientId { get; init; }

    /// <summary>The layer (<c>lay_…</c>).</summary>
    public string? LayerId { get; init; }

    /// <summary>The layer's folder below the repository's base path.</summary>
    public string? Folder { get; init; }

    /// <summary>The newest commit known: a Cube that has not seen it pulls.</summary>
    public string? Commit { get; init; }
}

/// <summary>
/// JSON Web Tokens between the service and Cube: HS256 over the server's secret, which may be short, as Cube's own may, so that libraries
/// that ask for 256 bits do not serve.
/// </summary>
internal static class CubeTokens
{
    /// <summary>A token from Cube may be valid for no longer than this.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private const int MostCharacters = 4_096;
    private static readonly TimeSpan Valid = TimeSpan.FromMinutes(2);

    // Clocks of two machines differ.
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    private static readonly string Header = Encoded("""{"alg":"HS256","typ":"JWT"}""");

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>A token for one request.</summary>
    public static string Sign(string secret, CubeClaims claims, DateTimeOffset now)
    {
        var payload = JsonSerializer.SerializeToNode(claims, Json)!.AsObject();
        payload["iat"] = now.ToUnixTimeSeconds();
        payload["exp"] = (now + Valid).ToUnixTimeSeconds();
        var content = $"{Header}.{Encoded(payload.ToJsonString())}";
        return $"{content}.{Base64Url.EncodeToString(Signature(secret, content))}";
    }

    /// <summary>What the token says; null when it is not one, was not signed with the secret, has run out, or is valid for too long.</summary>
    public static CubeClaims? Verify(string secret, string token, DateTimeOffset now)
    {
        var parts = token.Split('.');
        if (token.Length > MostCharacters || parts.Length != 3)
        {
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize<TokenHeader>(Base64Url.DecodeFromChars(parts[0]), Json)?.Alg != "HS256"
                || !CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(parts[2]), Signature(secret, $"{parts[0]}.{parts[1]}")))
            {
                return null;
            }

            var payload = Base64Url.DecodeFromChars(parts[1]);
            return JsonSerializer.Deserialize<TokenTimes>(payload, Json)?.Holds(now) == true
                ? JsonSerializer.Deserialize<CubeClaims>(payload, Json)
                : null;
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            return null;
        }
    }

    private static byte[] Signature(string secret, string content) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(content));

    private static string Encoded(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private sealed record TokenHeader(string? Alg);

    /// <summary>Times of a token, in seconds since 1970; <paramref name="Exp"/> is required.</summary>
    private sealed record TokenTimes(double? Exp, double? Nbf)
    {
        public bool Holds(DateTimeOffset now)
        {
            var seconds = now.ToUnixTimeMilliseconds() / 1000.0;
            return Exp is { } exp
                && exp > seconds - Leeway.TotalSeconds
                && exp <= seconds + (Longest + Leeway).TotalSeconds
                && (Nbf is not { } nbf || nbf <= seconds + Leeway.TotalSeconds);
        }
    }
}
