using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>A client's key. Its secret is not kept, only what it must hash to.</summary>
internal sealed record ApiKey : TenantDocument
{
    public required string Name { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>SHA-256 of the secret, in hex.</summary>
    public required string SecretHash { get; init; }

    /// <summary>Secrets before the latest rotations that still work for a while.</summary>
    public IReadOnlyList<FormerSecret> FormerSecrets { get; init; } = [];

    /// <summary>From then on the key is refused; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A secret that was replaced.</summary>
/// <param name="Hash">As <see cref="ApiKey.SecretHash"/>.</param>
/// <param name="ValidUntil">From then on it is refused.</param>
internal sealed record FormerSecret(string Hash, DateTimeOffset ValidUntil);
