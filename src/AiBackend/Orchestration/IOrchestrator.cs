namespace AiBackend.Orchestration;

/// <summary>Turns a message into an answer: from the documents' sentences, by a model, or by an outside service.</summary>
internal interface IOrchestrator
{
    /// <summary>
    /// Streams the answer's parts. Cancelling stops what was asked for upstream within a second.
    /// </summary>
    /// <exception cref="OrchestrationException">No answer could be made, after the orchestrator's own retries.</exception>
    IAsyncEnumerable<AnswerPart> AnswerAsync(AnswerRequest request, CancellationToken ct);
}
