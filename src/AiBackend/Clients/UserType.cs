using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>A kind of people that a client's chats know, such as patients and doctors.</summary>
internal sealed record UserType : TenantDocument
{
    /// <summary>The client's own name for it; unique per client.</summary>
    public required string TypeId { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}
