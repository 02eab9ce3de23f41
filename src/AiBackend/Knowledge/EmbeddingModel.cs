using AiBackend.Search.Embedding;
using Microsoft.Extensions.AI;

namespace AiBackend.Knowledge;

/// <summary>The model that makes the vectors of passages and queries.</summary>
internal sealed class EmbeddingModel(IEmbeddingGenerator<string, Embedding<float>> generator)
{
    private readonly StaticEmbedder? builtIn = generator.GetService(typeof(StaticEmbedder)) as StaticEmbedder;

    /// <summary>Its name; stored with each vector, because vectors of two models do not compare.</summary>
    public string Name { get; } =
        (generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata)?.DefaultModelId
        ?? throw new InvalidOperationException("The embedding generator does not say the name of its model.");

    /// <summary>Whether it is the service's own, which asks no server.</summary>
    public bool IsBuiltIn => builtIn is not null;

    /// <summary>The tokens of the texts; null when only the model's server can count them.</summary>
    public long? CountTokens(IReadOnlyList<string> texts) => builtIn is null ? null : texts.Sum(text => (long)builtIn.CountTokens(text));

    /// <summary>One vector a text, in their order, with what the model's server says of them.</summary>
    /// <param name="dimensions">How long they should be; a model that cannot change it ignores this. Null: as the model makes them.</param>
    public Task<GeneratedEmbeddings<Embedding<float>>> EmbedAsync(IReadOnlyList<string> texts, int? dimensions, CancellationToken ct) =>
        generator.GenerateAsync(texts, dimensions is null ? null : new EmbeddingGenerationOptions { Dimensions = dimensions }, ct);

    /// <summary>One vector a text, in their order.</summary>
    public async Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, CancellationToken ct)
    {
        var made = await generator.GenerateAsync(texts, options: null, ct);
        return made.Count == texts.Count
            ? [.. made.Select(embedding => embedding.Vector.ToArray())]
            : throw new InvalidOperationException($"{texts.Count} texts got {made.Count} vectors.");
    }
}
