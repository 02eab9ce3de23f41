namespace AiBackend.Ai;

/// <summary>Which chat model writes the answers, and how patient the service is with it.</summary>
internal sealed record AiOptions
{
    /// <summary><c>AI_BASE_URL</c>: an OpenAI-compatible server, <c>/v1</c> included; null: answers are quoted from the documents.</summary>
    public Uri? BaseUrl { get; init; }

    /// <summary><c>AI_API_KEY</c>; null for servers that ask for none.</summary>
    public string? ApiKey { get; init; }

    /// <summary><c>AI_MODEL</c>: the model that answers unless a client's settings name another.</summary>
    public string? Model { get; init; }

    /// <summary><c>AI_FIRST_TOKEN_SECONDS</c>: how long one try waits for the first sign of an answer.</summary>
    public TimeSpan FirstTokenLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>AI_IDLE_SECONDS</c>: how long an answer may pause once it has begun.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>AI_TIMEOUT_SECONDS</c>: how long an answer may take in all, tries and pauses between them included.</summary>
    public TimeSpan TotalLimit { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary><c>AI_HISTORY_TOKENS</c>: how much of the conversation the model is told, in estimated tokens.</summary>
    public int HistoryTokens { get; init; } = 4_000;

    /// <summary><c>AI_SOURCE_TOKENS</c>: how much of the documents the model is told, in estimated tokens.</summary>
    public int SourceTokens { get; init; } = 4_000;

    /// <summary><c>AI_RECAP_TOKENS</c>: how much of a conversation the model is told at once to recap it, in estimated tokens.</summary>
    public int RecapTokens { get; init; } = 6_000;

    /// <summary>How failures of the model's server are met.</summary>
    public UpstreamPolicy Policy { get; init; } = new();
}
