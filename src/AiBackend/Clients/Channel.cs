using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>Where a client's chats come from.</summary>
internal sealed record Channel : TenantDocument
{
    public required ChannelType Type { get; init; }

    public required string Name { get; init; }

    /// <summary>What the other side calls it (a Slack team, a Sunshine app); unique per client and type.</summary>
    public string? ExternalId { get; init; }

    public RawJson Config { get; init; } = RawJson.EmptyObject;

    /// <summary>Each sealed for <see cref="SecretPurpose"/>.</summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    public bool IsActive { get; init; } = true;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What a secret of this channel is sealed for.</summary>
    public static string SecretPurpose(string channelId, string name) => $"channel:{channelId}:{name}";
}

/// <summary>The kinds of channels.</summary>
internal enum ChannelType
{
    Api,
    Webhook,
    Slack,
    Sunshine,
    Web,
}
