using AiBackend.Clients;
using AiBackend.Events;

namespace AiBackend.Orchestration.Http;

/// <summary>Registers what asks outside orchestrators.</summary>
internal static class HttpOrchestratorRegistration
{
    public static IServiceCollection AddHttpOrchestrator(this IServiceCollection services)
    {
        services.AddHttpClient(OrchestratorCalls.OwnClient)
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.ConnectTimeout = TimeSpan.FromSeconds(10);
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
            })
            .AsOrchestrator();
        services.AddHttpClient(OrchestratorCalls.GuardedClient)
            .ConfigurePrimaryHttpMessageHandler(provider =>
            {
                var handler = provider.GetRequiredService<NetworkGuard>().CreateHandler();
                handler.ConnectTimeout = TimeSpan.FromSeconds(10);
                return handler;
            })
            .AsOrchestrator();
        services.AddSingleton<OrchestratorCalls>();
        return services.AddKeyedSingleton<IOrchestrator, HttpOrchestrator>(OrchestratorKind.Http);
    }

    // The addresses may hold a client's secret, so requests are not logged; the callers' own limits hold, not the client's.
    private static void AsOrchestrator(this IHttpClientBuilder client) => client
        .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan)
        .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
        .RemoveAllLoggers();
}
