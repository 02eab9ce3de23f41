using AiBackend.Clients;
using AiBackend.Clients.Privacy;
using AiBackend.DataStores.Clickhouse;
using AiBackend.DataStores.Duckdb;
using AiBackend.DataStores.Mongodb;
using AiBackend.DataStores.Mysql;
using AiBackend.DataStores.Postgres;
using AiBackend.DataStores.Provisioning;
using AiBackend.DataStores.Servers;
using AiBackend.DataStores.Sqlite;
using AiBackend.DataStores.VectorStores;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.DataStores;

/// <summary>Database servers, data stores and the connectors to them.</summary>
internal static class DataStoresFeature
{
    public static IServiceCollection AddDataStores(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(DataStoreSets.Stores)
        .AddSingleton<DocumentSet>(ServerSets.Servers)
        .AddExport<DataStore, DataStoreResponse>("data_store", query => query.Ascending(), DataStoreResponse.From)
        .AddSealedSecrets<DataStore>(Resealed)
        .AddSealedSecrets<DatabaseServer>(static (box, server) => server.Secret is null ? server : server with
        {
            Secret = box.Reseal(DatabaseServer.SecretPurpose(server.Id), server.Secret),
        })
        .AddSingleton<RemoveOfClient>(DatabaseServers.RemoveOfClientAsync)
        .AddSingleton<ClientUse>(DataStoreRegistry.UseOfClientAsync)
        .AddSingleton(provider => new DataGuard(provider.GetRequiredService<DataOptions>()))
        .AddSingleton<StoreAddresses>()
        .AddSingleton<DataStoreDirectory>()
        .AddSingleton<DataStoreRegistry>()
        .AddSingleton<StoreReader>()
        .AddSingleton<VectorHttp>()
        .AddSingleton<IVectorStore, QdrantStore>()
        .AddSingleton<IVectorStore, WeaviateStore>()
        .AddSingleton<VectorSearch>()
        .AddSingleton<DatabaseServers>()
        .AddConnectors()
        .AddSingleton<IDatabaseMaker, PostgresMaker>()
        .AddSingleton<IDatabaseMaker, MySqlMaker>()
        .AddSingleton<IDatabaseMaker, ClickHouseMaker>()
        .AddSingleton<IDatabaseMaker, SqliteMaker>()
        .AddSingleton<IDatabaseMaker, DuckDbMaker>()
        .AddSingleton<Provisioner>()
        .AddHostedService<ProvisioningSweeper>();

    public static void MapDataStores(this IEndpointRouteBuilder api)
    {
        api.MapServers();
        api.MapStores();
    }

    private static IServiceCollection AddConnectors(this IServiceCollection services)
    {
        services.AddSingleton<IConnector, PostgresConnector>();
        services.AddSingleton<IConnector, MysqlConnector>();
        services.AddSingleton<IConnector, SqliteConnector>();
        services.AddSingleton<IConnector, DuckdbConnector>();
        services.AddSingleton<IConnector, ClickhouseConnector>();
        services.AddSingleton<IConnector, MongodbConnector>();
        return services;
    }

    /// <summary>The store with its secrets under the current key; an equal one when they are that already.</summary>
    public static DataStore Resealed(SecretBox box, DataStore store) => store with
    {
        Secret = Resealed(box, store.Id, store.Secret),
        PendingSecret = Resealed(box, store.Id, store.PendingSecret),
    };

    private static string? Resealed(SecretBox box, string storeId, string? secret) =>
        secret is null ? null : box.Reseal(DataStore.SecretPurpose(storeId), secret);
}
