using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>Issues, rotates and revokes keys. Each is told of by an event and an audit entry.</summary>
internal sealed class KeyIssuer(ClientDirectory directory, AuditLog audit, EventLog events, Ids ids, TimeProvider clock)
{
    private const int MostFormerSecrets = 10;

    /// <summary>A new key; its secret is in this answer and nowhere else.</summary>
    public Task<NewKeyResponse> CreateAsync(RequestCommits commits, ClientRoute route, CreateKey request, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (request.ExpiresAt <= now)
        {
            throw ApiException.Invalid("expires_at", "A time in the future is expected.");
        }

        var secret = KeyText.NewSecret();
        var key = new ApiKey
        {
            Id = ids.New("key"),
            ClientId = route.Client.Id,
            Name = request.Name,
            Scopes = request.Scopes,
            SecretHash = KeyText.HashOf(secret),
            ExpiresAt = request.ExpiresAt,
            CreatedAt = now,
            UpdatedAt = now,
        };
        return commits.CommitAsync(
            route.Caller,
            StatusCodes.Status201Created,
            async transaction =>
            {
                await transaction.InsertAsync(key);
                var stored = key with { Version = 1 };
                await TellAsync(transaction, route, stored, EventTypes.ClientKeyCreated, "key.created");
                return NewKeyResponse.From(stored, secret);
            },
            ct);
    }

    /// <summary>
    /// A new secret; the one before works on until the overlap ends. Without an overlap all former ones are refused at once.
    /// </summary>
    public async Task<NewKeyResponse> RotateAsync(
        RequestCommits commits, ClientRoute route, string keyId, TimeSpan overlap, IfMatch ifMatch, CancellationToken ct)
    {
        var secret = KeyText.NewSecret();
        var hash = KeyText.HashOf(secret);
        var now = clock.GetUtcNow();
        var answer = await commits.CommitAsync(
            route.Caller,
            StatusCodes.Status200OK,
            async transaction =>
            {
                var stored = await transaction.UpdateAsync<ApiKey>(
                    keyId,
                    current =>
                    {
                        ifMatch.Require(current.Version);
                        RequireUsable(current, now);
                        return current with
                        {
                            SecretHash = hash,
                            FormerSecrets = FormerSecrets(current, now, overlap),
                            UpdatedAt = now,
                        };
                    }) ?? throw ApiException.NotFound();
                await TellAsync(transaction, route, stored, EventTypes.ClientKeyRotated, "key.rotated");
                return NewKeyResponse.From(stored, secret);
            },
            ct);
        directory.Forget(keyId);
        return answer;
    }

    // A new secret of such a key would be refused like the old one.
    private static void RequireUsable(ApiKey key, DateTimeOffset now)
    {
        if (key.RevokedAt is not null)
        {
            throw ApiException.Conflict("The key is revoked.");
        }

        if (key.ExpiresAt <= now)
        {
            throw ApiException.Conflict("The key has expired; make a new one.");
        }
    }

    private static IReadOnlyList<FormerSecret> FormerSecrets(ApiKey current, DateTimeOffset now, TimeSpan overlap) =>
        overlap > TimeSpan.Zero
            ? [.. current.FormerSecrets.Where(former => former.ValidUntil > now).TakeLast(MostFormerSecrets - 1), new(current.SecretHash, now + overlap)]
            : [];

    /// <summary>Refuses the key from now on. Revoking it again changes nothing.</summary>
    public async Task RevokeAsync(ClientRoute route, string keyId, IfMatch ifMatch, CancellationToken ct)
    {
        await route.Caller.Documents.CommitAsync(
            async transaction =>
            {
                var found = await transaction.FindAsync<ApiKey>(keyId) ?? throw ApiException.NotFound();
                ifMatch.Require(found.Version);
                if (found.RevokedAt is not null)
                {
                    return;
                }

                var now = clock.GetUtcNow();
                var stored = await transaction.ReplaceAsync(found with { RevokedAt = now, UpdatedAt = now });
                await TellAsync(transaction, route, stored, EventTypes.ClientKeyRevoked, "key.revoked");
            },
            ct);
        directory.Forget(keyId);
    }

    private async ValueTask TellAsync(TenantTransaction transaction, ClientRoute route, ApiKey key, string eventType, string action)
    {
        await audit.AppendAsync(transaction.AcrossTenants, route.By, route.Client.Id, action, key.Id);
        var data = RawJson.Of(new Dictionary<string, KeyResponse>(StringComparer.Ordinal) { ["key"] = KeyResponse.From(key) }, WireJson.Options);
        await events.AppendAsync(transaction, new NewEvent(eventType, "key", key.Id) { Data = data });
    }
}

/// <summary>What a new key may do, and how long.</summary>
internal sealed record CreateKey : IValidatableObject
{
    [Name(200)]
    public required string Name { get; init; }

    [MinLength(1, ErrorMessage = "At least one scope is expected.")]
    [Entries(32)]
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>From then on the key is refused; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var scope in Scopes)
        {
            if (!Http.Scopes.All.Contains(scope))
            {
                yield return new ValidationResult($"Each is one of {string.Join(", ", Http.Scopes.All)}.", [nameof(Scopes)]);
                yield break;
            }
        }
    }
}

/// <summary>How a key's secret is replaced.</summary>
internal sealed record RotateKey
{
    /// <summary>How long the old secret works on: 0 to 30 days.</summary>
    [Range(0, 30 * 24 * 60 * 60)]
    public int OverlapSeconds { get; init; }
}

/// <summary>A key, without its secret.</summary>
internal sealed record KeyResponse(
    string Id,
    string ClientId,
    string Name,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static KeyResponse From(ApiKey key) => new(
        key.Id, key.ClientId, key.Name, key.Scopes, key.ExpiresAt, key.RevokedAt, key.Version, key.CreatedAt, key.UpdatedAt);
}

/// <summary>A key with the text to authenticate with, which is shown this once.</summary>
internal sealed record NewKeyResponse(
    string Id,
    string ClientId,
    string Name,
    IReadOnlyList<string> Scopes,
    string Secret,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static NewKeyResponse From(ApiKey key, string secret) => new(
        key.Id,
        key.ClientId,
        key.Name,
        key.Scopes,
        KeyText.Of(key.Id, secret),
        key.ExpiresAt,
        key.RevokedAt,
        key.Version,
        key.CreatedAt,
        key.UpdatedAt);
}
