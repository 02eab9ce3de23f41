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
        return services;
    }

    public static void MapDataStores(this IEndpointRouteBuilder api)
    {
    }
}
