using AiBackend.DataStores.Mysql;
using AiBackend.DataStores.Postgres;
using AiBackend.Documents;

namespace AiBackend.DataStores;

/// <summary>Database servers, data stores and the connectors to them.</summary>
internal static class DataStoresFeature
{
    public static IServiceCollection AddDataStores(this IServiceCollection services)
    {
        services.AddSingleton<DocumentSet>(DataStoreSets.Stores);
        services.AddSingleton(provider => new DataGuard(provider.GetRequiredService<DataOptions>()));
        services.AddSingleton<IConnector, PostgresConnector>();
        services.AddSingleton<IConnector, MysqlConnector>();
        return services;
    }

    public static void MapDataStores(this IEndpointRouteBuilder api)
    {
    }
}
