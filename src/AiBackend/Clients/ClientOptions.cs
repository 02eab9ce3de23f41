namespace AiBackend.Clients;

/// <summary>What clients may rely on without setting it up themselves.</summary>
internal sealed class ClientOptions
{
    /// <summary>Whether <c>AI_ORCHESTRATOR_URL</c> names an orchestrator for clients that name none.</summary>
    public bool HasOrchestrator { get; init; }
}
