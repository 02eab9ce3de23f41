using AiBackend.Documents;

namespace AiBackend.DataStores;

/// <summary>A database, or vector store, of a client.</summary>
internal sealed record DataStore : TenantDocument
{
    public required StoreKind Kind { get; init; }

    /// <summary>Unique per client.</summary>
    public required string Name { get; init; }

    /// <summary>Without secrets.</summary>
    public required StoreConfig Config { get; init; }

    /// <summary>The password, API key or connection string, sealed for <see cref="SecretPurpose"/>; null without one.</summary>
    public string? Secret { get; init; }

    /// <summary>The server (<c>dbs_…</c>) that it was made on; null for a store that was connected.</summary>
    public string? ServerId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What the secret of this store is sealed for.</summary>
    public static string SecretPurpose(string storeId) => $"data-store:{storeId}";
}

/// <summary>How a store is reached, secrets apart. Which fields there are depends on the kind.</summary>
internal sealed record StoreConfig
{
    public string? Host { get; init; }

    public int? Port { get; init; }

    public string? Database { get; init; }

    public string? Username { get; init; }

    public IReadOnlyList<string> Schemas { get; init; } = [];

    public TlsMode? Tls { get; init; }

    public string? Path { get; init; }

    public string? Url { get; init; }

    public string? Collection { get; init; }

    public string? TextField { get; init; }
}

internal static class DataStoreSets
{
    public static readonly DocumentSet<DataStore> Stores = new DocumentSet<DataStore>("data_stores")
        .Index("by_client", store => store.ClientId)
        .Index("by_server", store => store.ServerId)
        .Unique("name", store => store.ClientId, store => store.Name);
}
