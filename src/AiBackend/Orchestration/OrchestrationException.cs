namespace AiBackend.Orchestration;

/// <summary>No answer could be made. Code and detail are shown to the client: they hold nothing of what the upstream said.</summary>
/// <param name="code"><c>model_unavailable</c>, <c>model_timeout</c>, <c>orchestrator_invalid</c> and the like.</param>
/// <param name="detail">One sentence for the client's developers.</param>
/// <param name="cause">For the log.</param>
internal sealed class OrchestrationException(string code, string detail, Exception? cause = null) : Exception(detail, cause)
{
    /// <summary>What went wrong, for programs.</summary>
    public string Code => code;

    /// <summary>What went wrong, for people.</summary>
    public string Detail => Message;
}
