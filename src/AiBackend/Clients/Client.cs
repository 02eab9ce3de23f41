using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>A tenant: a company that uses the service.</summary>
internal sealed record Client : Document
{
    /// <summary>A readable name for addresses: <c>[a-z0-9-]{1,64}</c>, unique. Null once the client is being removed.</summary>
    public string? Slug { get; init; }

    public required string Name { get; init; }

    public string? Email { get; init; }

    /// <summary>Whether its keys are let in.</summary>
    public bool IsActive { get; init; } = true;

    public ClientSettings Settings { get; init; } = new();

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Set when removal has begun: from then on the client is not there for anyone, while its documents go.</summary>
    public DateTimeOffset? RemovedAt { get; init; }
}
