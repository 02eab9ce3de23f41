using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat.Model;

/// <summary>Answers as the first word of a message says (<see cref="Answering"/>).</summary>
internal sealed class ScriptedWords
{
    private readonly ConcurrentDictionary<string, Gate> gates = new();

    /// <summary>Completes when the first attempt at the run's answer is held.</summary>
    public Task HeldAsync(string runId) => GateOf(runId).Held.Task;

    public void Release(string runId) => GateOf(runId).Released.TrySetResult();

    public async IAsyncEnumerable<AnswerPart> AnswerAsync(AnswerRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        var text = request.Message.Text;
        var answering = Enum.Parse<Answering>(text[..text.IndexOf(' ', StringComparison.Ordinal)]);
        if (answering is Answering.Fail)
        {
            throw new OrchestrationException("model_unavailable", "No model.");
        }

        if (answering is Answering.Leave && request.MayHandOver)
        {
            yield return new AnswerPart.HandOver("nothing_found", 0, null);
            yield break;
        }

        yield return new AnswerPart.Delta("Reply ");
        if (answering is Answering.Hold && request.Attempt == 1)
        {
            var gate = GateOf(request.RunId);
            gate.Held.TrySetResult();
            await gate.Released.Task.WaitAsync(ct);
        }

        yield return ScriptedAnswers.Completed(SessionModel.ReplyTo(text), answering is Answering.Doubt ? 0.1 : 0.9);
    }

    private Gate GateOf(string runId) => gates.GetOrAdd(runId, _ => new Gate());

    private sealed class Gate
    {
        public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
