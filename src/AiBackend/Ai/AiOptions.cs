namespace AiBackend.Ai;

/// <summary>Which chat model writes the answers, and how patient the service is with it.</summary>
internal sealed class AiOptions
{
    /// <summary><c>AI_BASE_URL</c>: an OpenAI-compatible server, <c>/v1</c> included; null: answers are quoted from the documents.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary><c>AI_API_KEY</c>; null for servers that ask for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary><c>AI_MODEL</c>: the model that answers unless a client's settings name another.</summary>
    public string? Model { get; set; }

    /// <summary><c>AI_FIRST_TOKEN_SECONDS</c>: how long one try waits for the first sign of an answer.</summary>
    public TimeSpan FirstTokenLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary><c>AI_IDLE_SECONDS</c>: how long an answer may pause once it has begun.</summary>
    public TimeSpan IdleLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary><c>AI_TIMEOUT_SECONDS</c>: how long an answer may take in all, tries and pauses between them included.</summary>
    public TimeSpan TotalLimit { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary><c>AI_HISTORY_TOKENS</c>: how much of the conversation the model is told, in estimated tokens.</summary>
    public int HistoryTokens { get; set; } = 4_000;

    /// <summary><c>AI_SOURCE_TOKENS</c>: how much of the documents the model is told, in estimated tokens.</summary>
    public int SourceTokens { get; set; } = 4_000;

    /// <summary>How failures of the model's server are met.</summary>
    public UpstreamPolicy Policy { get; set; } = new();

    /// <summary>What is wrong with the settings, naming the variable; null: nothing.</summary>
    public string? Problem() =>
        BaseUrl is { IsAbsoluteUri: false } or { Scheme: not ("http" or "https") } ? "AI_BASE_URL must be an http or https address."
        : BaseUrl is not null && string.IsNullOrWhiteSpace(Model) ? "AI_MODEL must name the model to ask at AI_BASE_URL."
        : FirstTokenLimit <= TimeSpan.Zero ? "AI_FIRST_TOKEN_SECONDS must be more than 0."
        : IdleLimit <= TimeSpan.Zero ? "AI_IDLE_SECONDS must be more than 0."
        : TotalLimit <= TimeSpan.Zero ? "AI_TIMEOUT_SECONDS must be more than 0."
        : HistoryTokens < 0 ? "AI_HISTORY_TOKENS must not be negative."
        : SourceTokens <= 0 ? "AI_SOURCE_TOKENS must be more than 0."
        : null;
}
