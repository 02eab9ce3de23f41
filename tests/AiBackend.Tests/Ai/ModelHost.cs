using AiBackend.Ai;
using AiBackend.Ai.Embeddings;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

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

    public LogLines Log => services.GetRequiredService<LogLines>();

    public ChatModel Model => services.GetRequiredService<ChatModel>();

    public static async Task<ModelHost> StartAsync(
        UpstreamPolicy? policy = null,
        Func<AiOptions, AiOptions>? ai = null,
        Func<EmbeddingOptions, EmbeddingOptions>? embeddings = null)
    {
        var server = await ScriptedModelServer.StartNewAsync();
        policy ??= new UpstreamPolicy { RetryDelay = TimeSpan.Zero };
        var aiOptions = new AiOptions { BaseUrl = server.BaseUrl, ApiKey = "sk-scripted", Model = "scripted-model", Policy = policy };
        var embeddingOptions = new EmbeddingOptions { BaseUrl = server.BaseUrl, Model = "scripted-embed", BatchSize = 3, Policy = policy };
        var services = new ServiceCollection();
        services.AddSingleton<LogLines>();
        services.AddSingleton<ILoggerProvider>(provider => provider.GetRequiredService<LogLines>());
        services.AddLogging();
        services.AddSingleton<ArmedClock>();
        services.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<ArmedClock>());
        services.AddSingleton(ai?.Invoke(aiOptions) ?? aiOptions);
        services.AddSingleton(embeddings?.Invoke(embeddingOptions) ?? embeddingOptions);
        services.AddAi();
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
