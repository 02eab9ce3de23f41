namespace AiBackend.Ai.Embeddings;

/// <summary>Which model makes the vectors of documents and questions.</summary>
internal sealed class EmbeddingOptions
{
    /// <summary><c>EMBEDDING_BASE_URL</c>: an OpenAI-compatible server, <c>/v1</c> included; null: the built-in model.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary><c>EMBEDDING_API_KEY</c>; null for servers that ask for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary><c>EMBEDDING_MODEL</c>: the model at <see cref="BaseUrl"/>. Stored with each vector: vectors of two models do not compare.</summary>
    public string? Model { get; set; }

    /// <summary>How many texts go into one request.</summary>
    public int BatchSize { get; set; } = 64;

    /// <summary>How long one request may take.</summary>
    public TimeSpan RequestLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How failures of the server are met.</summary>
    public UpstreamPolicy Policy { get; set; } = new();

    /// <summary>What is wrong with the settings, naming the variable; null: nothing.</summary>
    public string? Problem() =>
        BaseUrl is { IsAbsoluteUri: false } or { Scheme: not ("http" or "https") } ? "EMBEDDING_BASE_URL must be an http or https address."
        : BaseUrl is not null && string.IsNullOrWhiteSpace(Model) ? "EMBEDDING_MODEL must name the model to ask at EMBEDDING_BASE_URL."
        : null;
}
