using AiBackend.Ai;
using AiBackend.Ai.Embeddings;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Ai;

/// <summary>The service's models over a scripted server, with a clock that stands still.</summary>
internal sealed class ModelHost : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private ModelHost(ScriptedModelServer server, ServiceProvider services)
    {
        Server = server;
        this.services = services;
    }

    public ScriptedModelServer Server { get; }

    public ArmedClock Clock => services.GetRequiredService<ArmedClock>();

    public ChatModel Model => services.GetRequiredService<ChatModel>();

    public static async Task<ModelHost> StartAsync(UpstreamPolicy? policy = null, Action<IServiceCollection>? add = null)
    {
        var server = await ScriptedModelServer.StartNewAsync();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(new ArmedClock());
        services.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<ArmedClock>());
        services.AddAi();
        services.Configure<AiOptions>(options =>
        {
            options.BaseUrl = server.BaseUrl;
            options.ApiKey = "sk-scripted";
            options.Model = "scripted-model";
            options.Policy = policy ?? new UpstreamPolicy { RetryDelay = TimeSpan.Zero };
        });
        services.Configure<EmbeddingOptions>(options =>
        {
            options.BaseUrl = server.BaseUrl;
            options.Model = "scripted-embed";
            options.BatchSize = 3;
            options.Policy = policy ?? new UpstreamPolicy { RetryDelay = TimeSpan.Zero };
        });
        add?.Invoke(services);
        return new ModelHost(server, services.BuildServiceProvider());
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Server.DisposeAsync();
    }
}
