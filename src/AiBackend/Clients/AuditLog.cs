using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>Who did what to which resource, when, from where. Never changed.</summary>
internal sealed record AuditEntry : TenantDocument
{
    /// <summary>The key that was used; null for the admin key.</summary>
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
        transaction.InsertAsync(new AuditEntry
        {
            Id = ids.New("aud"),
            ClientId = clientId,
            KeyId = by.KeyId,
            Action = action,
            ResourceType = action[..action.IndexOf('.', StringComparison.Ordinal)],
            ResourceId = resourceId,
            Address = by.RemoteAddress,
            TraceId = Tracing.CurrentTraceId(),
            CreatedAt = clock.GetUtcNow(),
        });
}
