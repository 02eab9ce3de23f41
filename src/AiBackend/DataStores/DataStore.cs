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

    /// <summary>
    /// The password that is being put in the place of <see cref="Secret"/>, sealed alike; either may be the one that works. Null but while
    /// <see cref="StoreStatus.Rotating"/>.
    /// </summary>
    public string? PendingSecret { get; init; }

    /// <summary>The server (<c>dbs_…</c>) that it was made on; null for a store that was connected.</summary>
    public string? ServerId { get; init; }

    public StoreStatus Status { get; init; } = StoreStatus.Ready;

    /// <summary>
    /// Until when whoever changes the database on its server has time to finish; after that it is finished or undone by anybody. Null
    /// while nobody does.
    /// </summary>
    public DateTimeOffset? BusyUntil { get; init; }

    /// <summary>Who changes the database on its server, so that one who took too long stores nothing any more.</summary>
    public string? BusyBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What the secret of this store is sealed for.</summary>
    public static string SecretPurpose(string storeId) => $"data-store:{storeId}";
}

/// <summary>How far a store is.</summary>
internal enum StoreStatus
{
    /// <summary>It can be used.</summary>
    Ready,

    /// <summary>Its database is being made. Should that break off, what there is of it is taken away again.</summary>
    Provisioning,

    /// <summary>Its passwords are being changed.</summary>
    Rotating,

    /// <summary>Its database is being dropped, and then it is gone.</summary>
    Dropping,
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
        .PartialIndex("busy", store => store.BusyUntil, store => store.BusyUntil)
        .Unique("name", store => store.ClientId, store => store.Name);
}
