using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>Who did what to which resource, when, from where. Never changed.</summary>
internal sealed record AuditEntry : TenantDocument
{
    /// <summary>The key that was used, or the semantic server (<c>srv_…</c>) that asked; null for the admin key.</summary>
    public string? KeyId { get; init; }

    /// <summary>Such as <c>key.rotated</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What <see cref="ResourceId"/> is, such as <c>key</c>.</summary>
    public required string ResourceType { get; init; }

    public required string ResourceId { get; init; }

    /// <summary>Where the request came from.</summary>
    public string? Address { get; init; }

    public required string TraceId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Keeps what was done to a client's set-up, in the commit that did it.</summary>
internal sealed class AuditLog(Ids ids, TimeProvider clock)
{
    /// <summary>Notes an act.</summary>
    /// <param name="by">Who acts.</param>
    /// <param name="clientId">Whose set-up it is.</param>
    /// <param name="action">The kind of resource and what was done to it, such as <c>key.rotated</c>.</param>
    /// <param name="resourceId">The resource.</param>
    public ValueTask AppendAsync(ITransaction transaction, Credential by, string clientId, string action, string resourceId) =>
        AppendAsync(transaction, by.KeyId, by.RemoteAddress, clientId, action, resourceId);

    /// <summary>Notes an act of somebody who has no key of the service's.</summary>
    /// <param name="keyId">The key, or what else acts, such as a semantic server; null for the admin key.</param>
    /// <param name="address">Where the request came from.</param>
    /// <param name="clientId">Whose set-up it is.</param>
    /// <param name="action">As for the other.</param>
    /// <param name="resourceId">The resource.</param>
    public ValueTask AppendAsync(
        ITransaction transaction, string? keyId, string? address, string clientId, string action, string resourceId) =>
        transaction.InsertAsync(new AuditEntry
        {
            Id = ids.New("aud"),
            ClientId = clientId,
            KeyId = keyId,
            Action = action,
            ResourceType = action[..action.IndexOf('.', StringComparison.Ordinal)],
            ResourceId = resourceId,
            Address = address,
            TraceId = Tracing.CurrentTraceId(),
            CreatedAt = clock.GetUtcNow(),
        });
}
