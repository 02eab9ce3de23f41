using AiBackend.Search.Embedding;
using Microsoft.Extensions.AI;

namespace AiBackend.Ai.Embeddings;

/// <summary>The built-in static model: no network, no waiting.</summary>
internal sealed class BuiltInEmbeddings(StaticEmbedder embedder) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata metadata =
        new(providerName: "ai-backend", defaultModelId: StaticEmbedder.ModelName, defaultModelDimensions: embedder.Dimensions);

    /// <remarks>Model and dimensions are fixed, so <paramref name="options"/> change nothing.</remarks>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var made = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var text in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            made.Add(new Embedding<float>(embedder.Embed(text)) { ModelId = StaticEmbedder.ModelName });
        }

        return Task.FromResult(made);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(EmbeddingGeneratorMetadata) ? metadata
        : serviceType == typeof(StaticEmbedder) ? embedder
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
    }
}
