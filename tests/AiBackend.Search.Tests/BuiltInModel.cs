using AiBackend.Search.Embedding;

namespace AiBackend.Search.Tests;

/// <summary>The built-in model, read once for all tests: it has no state.</summary>
internal static class BuiltInModel
{
    public static StaticEmbedder Embedder { get; } = StaticEmbedder.LoadBuiltIn();
}
