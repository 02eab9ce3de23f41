using System.ClientModel;
using System.ClientModel.Primitives;
using AiBackend.Ai.Embeddings;
using AiBackend.Search.Embedding;
using Microsoft.Extensions.AI;
using OpenAI;

namespace AiBackend.Ai;

/// <summary>Puts the chat model and the embedding model into place.</summary>
internal static class AiRegistration
{
    /// <summary>The name of the activity source and of the meter: spans and counts of model calls (<c>gen_ai.*</c>).</summary>
    private const string Telemetry = "AiBackend";

    /// <summary>The HTTP client of both models.</summary>
    public const string HttpClientName = "models";

    /// <summary>
    /// Registers <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> and, for when <see cref="AiOptions.BaseUrl"/> is set,
    /// <see cref="IChatClient"/>, <see cref="ChatModel"/> and <see cref="StructuredModel"/>.
    /// </summary>
    public static IServiceCollection AddAi(this IServiceCollection services)
    {
        services.AddSingleton<UpstreamPipelines>();
        services.AddHttpClient(HttpClientName)
            .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan) // the callers' own limits hold
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.AllowAutoRedirect = false;
                handler.ConnectTimeout = TimeSpan.FromSeconds(10);
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();

        services.AddSingleton(_ => StaticEmbedder.LoadBuiltIn());
        services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(MakeEmbeddings);
        services.AddSingleton(MakeChatClient);
        services.AddSingleton<ChatModel>();
        services.AddSingleton<StructuredModel>();
        return services;
    }

    private static IEmbeddingGenerator<string, Embedding<float>> MakeEmbeddings(IServiceProvider services)
    {
        var options = services.GetRequiredService<EmbeddingOptions>();
        if (options is not { BaseUrl: { } server, Model: { } model })
        {
            return ActivatorUtilities.CreateInstance<BuiltInEmbeddings>(services);
        }

        var client = new OpenAI.Embeddings.EmbeddingClient(
            model, Credential(options.ApiKey), ClientOptions(server, services.GetRequiredService<IHttpClientFactory>()));
        return ActivatorUtilities.CreateInstance<ServerEmbeddings>(services, client.AsIEmbeddingGenerator()).AsBuilder()
            .UseOpenTelemetry(sourceName: Telemetry, configure: telemetry => telemetry.EnableSensitiveData = false)
            .Build();
    }

    private static IChatClient MakeChatClient(IServiceProvider services)
    {
        var options = services.GetRequiredService<AiOptions>();
        if (options is not { BaseUrl: { } server, Model: { } model })
        {
            throw new InvalidOperationException("There is no chat model: AI_BASE_URL is not set.");
        }

        var client = new OpenAI.Chat.ChatClient(
            model, Credential(options.ApiKey), ClientOptions(server, services.GetRequiredService<IHttpClientFactory>()));
        return new ModelChatClient(client.AsIChatClient(), services.GetRequiredService<TimeProvider>()).AsBuilder()
            .UseOpenTelemetry(sourceName: Telemetry, configure: telemetry => telemetry.EnableSensitiveData = false)
            .Build();
    }

    // Servers that ask for no key ignore this one; the client insists on having one.
    private static ApiKeyCredential Credential(string? key) => new(string.IsNullOrEmpty(key) ? "none" : key);

    private static OpenAIClientOptions ClientOptions(Uri server, IHttpClientFactory clients) => new()
    {
        Endpoint = server,
        Transport = new HttpClientPipelineTransport(clients.CreateClient(HttpClientName)),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0), // UpstreamPipelines retries, once
        NetworkTimeout = Timeout.InfiniteTimeSpan,
        EnableDistributedTracing = false, // the one span around it says all
        ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false },
    };
}
