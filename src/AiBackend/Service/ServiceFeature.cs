namespace AiBackend.Service;

internal static class ServiceFeature
{
    /// <summary>Adds the demo client, set up after the start of the service.</summary>
    public static IServiceCollection AddDemo(this IServiceCollection services, Settings settings) => settings.SeedsDemo
        ? services.AddSingleton(new DemoOptions(settings.DataFolder)).AddHostedService<DemoSeed>()
        : services;
}
