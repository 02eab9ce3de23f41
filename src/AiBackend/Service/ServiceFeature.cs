namespace AiBackend.Service;

internal static class ServiceFeature
{
    /// <summary>Adds the demo client, set up after the start of the service.</summary>
    public static IServiceCollection AddDemo(this IServiceCollection services, string dataFolder) => services
        .AddSingleton(new DemoOptions(dataFolder))
        .AddHostedService<DemoSeed>();
}
