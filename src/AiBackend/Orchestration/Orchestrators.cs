using AiBackend.Clients;

namespace AiBackend.Orchestration;

/// <summary>Finds who answers a client's messages.</summary>
internal sealed class Orchestrators(
    [FromKeyedServices(OrchestratorKind.Builtin)] IOrchestrator builtin,
    [FromKeyedServices(OrchestratorKind.Http)] IOrchestrator http)
{
    /// <summary>Who answers under these settings.</summary>
    public IOrchestrator For(ClientSettings settings) => settings.Chat.Orchestrator switch
    {
        OrchestratorKind.Builtin => builtin,
        OrchestratorKind.Http => http,
        _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Chat.Orchestrator, "Unknown orchestrator."),
    };
}
