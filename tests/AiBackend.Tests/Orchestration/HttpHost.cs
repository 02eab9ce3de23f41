using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Events;
using AiBackend.Orchestration;
using AiBackend.Orchestration.Http;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiBackend.Tests.Orchestration;

/// <summary>The http orchestrator of the service over a scripted one, with a clock that stands still.</summary>
internal sealed class HttpHost : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private HttpHost(ScriptedOrchestrator server, ServiceProvider services)
    {
        Server = server;
        this.services = services;
    }

    public ScriptedOrchestrator Server { get; }

    public ArmedClock Clock => services.GetRequiredService<ArmedClock>();

    public LogLines Log => services.GetRequiredService<LogLines>();

    public IOrchestrator Orchestrator => services.GetRequiredKeyedService<IOrchestrator>(OrchestratorKind.Http);

    public static async Task<HttpHost> StartAsync(
        Func<HttpOrchestratorOptions, HttpOrchestratorOptions>? change = null, bool allowsPrivateNetworks = false)
    {
        var server = await ScriptedOrchestrator.StartNewAsync();
        var options = new HttpOrchestratorOptions { Url = server.Url, Policy = new UpstreamPolicy { RetryDelay = TimeSpan.Zero } };
        var services = new ServiceCollection();
        services.AddSingleton<LogLines>();
        services.AddSingleton<ILoggerProvider>(provider => provider.GetRequiredService<LogLines>());
        services.AddLogging();
        services.AddSingleton<ArmedClock>();
        services.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<ArmedClock>());
        services.AddSingleton<UpstreamPipelines>();
        services.AddSingleton(new NetworkGuard(allowsPrivateNetworks));
        services.AddSingleton(change?.Invoke(options) ?? options);
        services.AddHttpOrchestrator();
        return new HttpHost(server, services.BuildServiceProvider());
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Server.DisposeAsync();
    }
}
