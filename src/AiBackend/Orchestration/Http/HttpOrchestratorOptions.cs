using AiBackend.Ai;

namespace AiBackend.Orchestration.Http;

/// <summary>Where the operator's outside orchestrator is, and how patient the service is with any of them.</summary>
internal sealed record HttpOrchestratorOptions
{
    /// <summary><c>AI_ORCHESTRATOR_URL</c>: asked for clients that name no address of their own.</summary>
    public Uri? Url { get; init; }

    /// <summary><c>AI_FIRST_TOKEN_SECONDS</c>: how long one try waits for the head of the answer.</summary>
    public TimeSpan FirstByteLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>AI_IDLE_SECONDS</c>: how long an answer may pause; a comment in the stream counts as a sign of life.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>AI_TIMEOUT_SECONDS</c>: how long an answer may take in all, tries and pauses between them included.</summary>
    public TimeSpan TotalLimit { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>The most bytes of an answer, its framing included.</summary>
    public int LongestBody { get; init; } = 1 << 20;

    /// <summary>How failures are met.</summary>
    public UpstreamPolicy Policy { get; init; } = new();
}
