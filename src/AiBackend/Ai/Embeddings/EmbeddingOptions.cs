namespace AiBackend.Ai.Embeddings;

/// <summary>Which model makes the vectors of documents and questions.</summary>
internal sealed record EmbeddingOptions
{
    /// <summary><c>EMBEDDING_BASE_URL</c>: an OpenAI-compatible server, <c>/v1</c> included; null: the built-in model.</summary>
    public Uri? BaseUrl { get; init; }

    /// <summary><c>EMBEDDING_API_KEY</c>; null for servers that ask for none.</summary>
    public string? ApiKey { get; init; }

    /// <summary><c>EMBEDDING_MODEL</c>: the model at <see cref="BaseUrl"/>. Stored with each vector: vectors of two models do not compare.</summary>
    public string? Model { get; init; }

    /// <summary>How many texts go into one request.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>How long one request may take.</summary>
    public TimeSpan RequestLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How failures of the server are met.</summary>
    public UpstreamPolicy Policy { get; init; } = new();
}
