namespace AiBackend.DataStores;

/// <summary>Where a database is and how to get in, secrets in plain. Lives only as long as a connection is made with it.</summary>
internal sealed record ConnectionTarget
{
    public required StoreKind Kind { get; init; }

    /// <summary>For all kinds that are servers but MongoDB.</summary>
    public string? Host { get; init; }

    /// <summary>Null: the kind's usual one.</summary>
    public int? Port { get; init; }

    public string? Database { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    /// <summary>
    /// The schemas that are looked at; empty: all but the system's, and in MySQL <see cref="Database"/> where it is named. SQLite has none.
    /// </summary>
    public IReadOnlyList<string> Schemas { get; init; } = [];

    public TlsMode Tls { get; init; } = TlsMode.Disable;

    /// <summary>The file, for <see cref="StoreKind.Sqlite"/> and <see cref="StoreKind.Duckdb"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The connection string, for <see cref="StoreKind.Mongodb"/>.</summary>
    public string? Uri { get; init; }

    /// <summary>
    /// Whether the operator chose the address (a registered server, a provisioned store): then neither
    /// <c>DATA_ALLOW_PRIVATE_NETWORKS</c> nor <c>DATA_ALLOWED_PATHS</c> limits it.
    /// </summary>
    public bool IsOperators { get; init; }
}
