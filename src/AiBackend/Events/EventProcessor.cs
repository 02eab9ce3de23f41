using AiBackend.Documents;

namespace AiBackend.Events;

/// <summary>A sink that a client set up for its events: an address to which they are posted, signed.</summary>
internal sealed record EventProcessor : TenantDocument
{
    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>Where and how events are posted.</summary>
    public required HttpTarget Target { get; init; }

    /// <summary>Types and patterns as <see cref="EventTypes.Matches"/> takes them; at least one.</summary>
    public required IReadOnlyList<string> EventTypes { get; init; }

    /// <summary>Whether events are delivered. An inactive one misses the events that happen meanwhile.</summary>
    public required bool IsActive { get; init; }

    /// <summary>Why the service itself turned it off; null while active, or when a caller turned it off.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>Newest first; each one that has not expired signs.</summary>
    public required IReadOnlyList<SigningSecret> Secrets { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Whether events of this type go here.</summary>
    public bool Wants(string type) => EventTypes.Any(pattern => Events.EventTypes.Matches(pattern, type));
}

/// <summary>An address that receives events by HTTP.</summary>
internal sealed record HttpTarget
{
    /// <summary>Absolute, <c>http</c> or <c>https</c>.</summary>
    public required string Url { get; init; }

    /// <summary>Headers that each request carries.</summary>
    public IReadOnlyList<SecretHeader> Headers { get; init; } = [];

    /// <summary>How long one attempt may take, from connecting to the end of the answer.</summary>
    public required int TimeoutSeconds { get; init; }
}

/// <summary>A request header whose value is kept sealed.</summary>
internal sealed record SecretHeader(string Name, string SealedValue);

/// <summary>A signing secret, sealed.</summary>
/// <param name="SealedValue">The sealed <c>whsec_…</c> text.</param>
/// <param name="ExpiresAt">When it stops to sign; null for the current one.</param>
internal sealed record SigningSecret(string SealedValue, DateTimeOffset? ExpiresAt);
