namespace AiBackend.DataStores;

/// <summary>What a data store is.</summary>
internal enum StoreKind
{
    Postgres,
    Mysql,
    Clickhouse,
    Sqlite,
    Duckdb,
    Mongodb,

    /// <summary>A vector store: for search only.</summary>
    Qdrant,

    /// <summary>A vector store: for search only.</summary>
    Weaviate,
}

/// <summary>How a connection is protected.</summary>
internal enum TlsMode
{
    /// <summary>Not at all.</summary>
    Disable,

    /// <summary>Encrypted; the server's certificate is not looked at.</summary>
    Require,

    /// <summary>Encrypted; the certificate must be valid and name the host.</summary>
    Verify,
}

/// <summary>What kinds have in common.</summary>
internal static class StoreKinds
{
    /// <summary>SQL servers, reached by host and port.</summary>
    public static bool IsServer(this StoreKind kind) => kind is StoreKind.Postgres or StoreKind.Mysql or StoreKind.Clickhouse;

    /// <summary>Databases in a file.</summary>
    public static bool IsFile(this StoreKind kind) => kind is StoreKind.Sqlite or StoreKind.Duckdb;

    /// <summary>Vector stores, which can be searched and have no tables.</summary>
    public static bool IsVector(this StoreKind kind) => kind is StoreKind.Qdrant or StoreKind.Weaviate;

    /// <summary>Where such a server usually listens.</summary>
    public static int UsualPort(this StoreKind kind, TlsMode tls) => kind switch
    {
        StoreKind.Postgres => 5432,
        StoreKind.Mysql => 3306,
        StoreKind.Clickhouse => tls == TlsMode.Disable ? 8123 : 8443,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "It is not reached by a port."),
    };
}
