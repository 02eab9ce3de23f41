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
