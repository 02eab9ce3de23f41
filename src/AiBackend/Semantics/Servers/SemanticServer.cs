using AiBackend.Documents;

namespace AiBackend.Semantics.Servers;

/// <summary>A Cube server: a client's own, or a shared one.</summary>
internal sealed record SemanticServer : Document
{
    /// <summary>Whose it is (<c>cli_…</c>); null: shared, registered by the operator.</summary>
    public string? ClientId { get; init; }

    /// <summary>The client, or <see cref="Http.Owner.Operator"/>.</summary>
    public string OwnerId => ClientId ?? Http.Owner.Operator;

    /// <summary>Whether the admin key registered the address: then <c>DATA_ALLOW_PRIVATE_NETWORKS</c> does not limit it.</summary>
    public bool IsOperators { get; init; }

    /// <summary>Unique among those of the owner.</summary>
    public required string Name { get; init; }

    /// <summary>Its root, such as <c>http://cube:4000</c>; the API is below <c>/cubejs-api/v1</c>.</summary>
    public required string Url { get; init; }

    /// <summary>What tokens are signed with; sealed for <see cref="SecretPurpose"/>.</summary>
    public required string ApiSecret { get; init; }

    /// <summary>Whether layers that name no server use it: the client's own default first, then the shared one.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Whose default it is: <see cref="OwnerId"/>, or null.</summary>
    public string? DefaultFor => IsDefault ? OwnerId : null;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What the secret of this server is sealed for.</summary>
    public static string SecretPurpose(string serverId) => $"semantic-server:{serverId}";
}
