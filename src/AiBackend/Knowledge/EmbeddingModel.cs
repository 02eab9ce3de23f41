using Microsoft.Extensions.AI;

namespace AiBackend.Knowledge;

/// <summary>The model that makes the vectors of passages and queries.</summary>
internal sealed class EmbeddingModel(IEmbeddingGenerator<string, Embedding<float>> generator)
{
    /// <summary>Its name; stored with each vector, because vectors of two models do not compare.</summary>
    public string Name { get; } =
        (generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata)?.DefaultModelId
        ?? throw new InvalidOperationException("The embedding generator does not say the name of its model.");

    /// <summary>One vector a text, in their order.</summary>
    public async Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, CancellationToken ct)
    {
        var made = await generator.GenerateAsync(texts, options: null, ct);
        return made.Count == texts.Count
            ? [.. made.Select(embedding => embedding.Vector.ToArray())]
            : throw new InvalidOperationException($"{texts.Count} texts got {made.Count} vectors.");
    }
}
