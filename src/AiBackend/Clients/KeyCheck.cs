using System.Globalization;
using AiBackend.Clients.Usage;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>
/// Lets a request in by its key, as its route has declared, and counts it against the key's rate. A request that no route matches
/// passes: there is nothing behind it.
/// </summary>
internal sealed class KeyCheck(
    RequestDelegate next, ClientDirectory directory, AdminOptions admin, RateLimits rates, ClientRequests requests, TimeProvider clock)
{
    private const string Scheme = "Bearer ";
    private const string ClientHeader = "X-Client-Id";
    private const string AdminBucket = "admin";

    private readonly string adminHash = KeyText.HashOf(admin.Key);

    public Task InvokeAsync(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<Access>() is { Kind: not AccessKind.Keyless } access
            ? CheckAsync(http, access)
            : next(http);

    private async Task CheckAsync(HttpContext http, Access access)
    {
        var credential = await AuthenticateAsync(http);
        TakeFromRate(http, credential);
        if (access.Kind == AccessKind.Admin && !credential.IsAdmin)
        {
            throw ApiException.Forbidden("This needs the admin key.");
        }

        if (access.Scope is not null)
        {
            credential.Require(access.Scope);
        }

        if (credential.IsAdmin && http.GetEndpoint()!.Metadata is var metadata
            && (metadata.GetMetadata<TenantRoute>() is not null
                || (metadata.GetMetadata<OwnerRoute>() is not null && http.Request.Headers.ContainsKey(ClientHeader))))
        {
            credential = await ForClientAsync(http, credential);
        }

        http.Features.Set(credential);
        await next(http);
    }

    private async ValueTask<Credential> AuthenticateAsync(HttpContext http)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } text || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            throw Unauthorized();
        }

        var key = text.AsMemory(Scheme.Length).Trim();
        if (!KeyText.TrySplit(key.Span, out var keyId, out _))
        {
            return KeyText.Matches(key.Span, adminHash) ? new Credential(null, null, []) { RemoteAddress = Address(http) } : throw Unauthorized();
        }

        var found = await directory.FindKeyAsync(keyId, http.RequestAborted);
        if (found is null || !IsValid(found, key.Span))
        {
            throw Unauthorized();
        }

        var client = await directory.FindAsync(found.ClientId, http.RequestAborted) ?? throw Unauthorized();
        if (!client.IsActive)
        {
            throw new ApiException(StatusCodes.Status403Forbidden, "client_inactive", "The client of this key is not active.");
        }

        requests.Take(client);
        return new Credential(found.Id, found.ClientId, found.Scopes) { RemoteAddress = Address(http) };
    }

    private bool IsValid(ApiKey key, ReadOnlySpan<char> text)
    {
        KeyText.TrySplit(text, out _, out var secret);
        var now = clock.GetUtcNow();
        return key.RevokedAt is null
            && (key.ExpiresAt is null || key.ExpiresAt > now)
            && (KeyText.Matches(secret, key.SecretHash) || IsFormer(key, secret, now));
    }

    private static bool IsFormer(ApiKey key, ReadOnlySpan<char> secret, DateTimeOffset now)
    {
        foreach (var former in key.FormerSecrets)
        {
            if (former.ValidUntil > now && KeyText.Matches(secret, former.Hash))
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask<Credential> ForClientAsync(HttpContext http, Credential credential)
    {
        var named = http.Request.Headers[ClientHeader];
        if (named.Count == 0)
        {
            throw Caller.ClientRequired();
        }

        return await directory.FindAsync(named.ToString(), http.RequestAborted) is { } client
            ? credential with { ClientId = client.Id }
            : throw ApiException.NotFound();
    }

    private void TakeFromRate(HttpContext http, Credential credential)
    {
        if (!rates.AreOn)
        {
            return;
        }

        var state = rates.Take(credential.KeyId ?? AdminBucket);
        var headers = http.Response.Headers;
        headers["RateLimit-Limit"] = state.Limit.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = state.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Reset"] = ((int)Math.Ceiling(state.Full.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (!state.IsGranted)
        {
            throw new ApiException(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests with this key; see Retry-After.")
            {
                RetryAfter = state.Next,
            };
        }
    }

    private static string? Address(HttpContext http) => http.Connection.RemoteIpAddress?.ToString();

    private static ApiException Unauthorized() =>
        new(StatusCodes.Status401Unauthorized, "unauthorized", "A valid key is needed: Authorization: Bearer aib_….");
}
