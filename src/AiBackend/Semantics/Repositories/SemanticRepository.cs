using AiBackend.Documents;

namespace AiBackend.Semantics.Repositories;

/// <summary>A git repository of semantic models: a client's own, or one that is shared and keeps clients in folders.</summary>
internal sealed record SemanticRepository : Document
{
    /// <summary>Whose it is (<c>cli_…</c>); null: shared, registered by the operator.</summary>
    public string? ClientId { get; init; }

    /// <summary>The client, or <see cref="Http.Owner.Operator"/>.</summary>
    public string OwnerId => ClientId ?? Http.Owner.Operator;

    /// <summary>
    /// Whether the admin key registered the address: then neither <c>DATA_ALLOW_PRIVATE_NETWORKS</c> nor <c>DATA_ALLOWED_PATHS</c> limits it.
    /// </summary>
    public bool IsOperators { get; init; }

    /// <summary><c>https://…</c> (<c>http://…</c> where private networks are allowed) or <c>file://…</c>.</summary>
    public required string Url { get; init; }

    public required string Branch { get; init; }

    public required CommitMode Mode { get; init; }

    /// <summary>The folder within the repository that everything is below; empty for its root. With <c>/</c>, without one at either end.</summary>
    public required string BasePath { get; init; }

    public string? Username { get; init; }

    /// <summary>Sealed for <see cref="SecretPurpose"/>; null without one.</summary>
    public string? Token { get; init; }

    /// <summary>Whether layers that name no repository use it: the client's own default first, then the shared one.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Whose default it is: <see cref="OwnerId"/>, or null.</summary>
    public string? DefaultFor => IsDefault ? OwnerId : null;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What the token of this repository is sealed for.</summary>
    public static string SecretPurpose(string repositoryId) => $"semantic-repository:{repositoryId}";
}

/// <summary>How models are committed.</summary>
internal enum CommitMode
{
    /// <summary>To the branch itself.</summary>
    Direct,

    /// <summary>To a branch of each sync, for review.</summary>
    Branch,
}
