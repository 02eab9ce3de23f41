using AiBackend.Documents;

namespace AiBackend.DataStores.Servers;

/// <summary>A database server, or folder, on which databases are made for clients: for one client, or shared by all.</summary>
internal sealed record DatabaseServer : Document
{
    /// <summary>For whom (<c>cli_…</c>); null: for all clients.</summary>
    public string? ClientId { get; init; }

    public required StoreKind Kind { get; init; }

    public string? Name { get; init; }

    /// <summary>Without secrets.</summary>
    public required ServerConfig Config { get; init; }

    /// <summary>The password or connection string, sealed for <see cref="SecretPurpose"/>; null without one.</summary>
    public string? Secret { get; init; }

    /// <summary>
    /// Set on a default: whose and of which kind, as of these there is only one. See <see cref="DefaultKey"/>.
    /// </summary>
    public string? DefaultFor { get; init; }

    /// <summary>When a database was last begun on it. It is stored so that a server cannot be deleted in the same moment.</summary>
    public DateTimeOffset? UsedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What the secret of this server is sealed for.</summary>
    public static string SecretPurpose(string serverId) => $"database-server:{serverId}";

    /// <summary>The value of <see cref="DefaultFor"/>.</summary>
    public static string DefaultKey(string? clientId, StoreKind kind) => $"{clientId ?? "shared"}:{kind.ToString().ToLowerInvariant()}";
}

/// <summary>Where a server is, its secret apart.</summary>
internal sealed record ServerConfig
{
    public string? Host { get; init; }

    public int? Port { get; init; }

    /// <summary>The database that its administrator connects to; null: the usual one.</summary>
    public string? Database { get; init; }

    public string? Username { get; init; }

    public TlsMode? Tls { get; init; }

    /// <summary>The folder in which files are made.</summary>
    public string? Path { get; init; }
}

internal static class ServerSets
{
    public static readonly DocumentSet<DatabaseServer> Servers = new DocumentSet<DatabaseServer>("database_servers")
        .Index("by_client", server => server.ClientId, server => server.Kind)
        .Unique("default", server => server.DefaultFor);
}
