using System.Runtime.CompilerServices;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Questions;

namespace AiBackend.Orchestration.Numbers;

/// <summary>
/// Answers questions about a client's data with numbers, and passes on all else. Only what the parser understood whole is answered here; the query is cited.
/// Clients without a semantic layer cost no more than a look into memory.
/// </summary>
internal sealed class NumbersOrchestrator(IOrchestrator documents, ClientLayers layers, LayerQuestions questions) : IOrchestrator
{
    /// <summary>The name under which such answers are known wherever a model is named.</summary>
    public const string Model = "ai-backend";

    /// <summary>Less sure readings are left to the documents: a message of a chat need not be about data at all.</summary>
    private const double LeastConfidence = 0.7;

    private const int MostCharacters = 1_000;

    public async IAsyncEnumerable<AnswerPart> AnswerAsync(AnswerRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        if (await AskAsync(request, ct) is var (layer, answer))
        {
            var said = NumbersAnswer.Of(layer, answer);
            yield return new AnswerPart.Sources([said.Citation]);
            yield return new AnswerPart.Delta(said.Text);
            yield return new AnswerPart.Completed(said.Text, answer.Confidence, [said.Citation], Usage: null, Model, said.Data);
            yield break;
        }

        await foreach (var part in documents.AnswerAsync(request, ct))
        {
            yield return part;
        }
    }

    private async Task<(SemanticLayer Layer, LayerAnswer Answer)?> AskAsync(AnswerRequest request, CancellationToken ct)
    {
        var known = await layers.OfAsync(request.ClientId, ct);
        if (known.Count == 0 || request.Message.Text.Length > MostCharacters || SmallTalk.Is(request.Message.Text))
        {
            return null;
        }

        var least = Math.Max(LeastConfidence, request.Settings.Chat.MinConfidence);
        (SemanticLayer, LayerAnswer)? found = null;
        foreach (var layer in known)
        {
            if (await questions.TryAsync(layer, SmallTalk.Without(request.Message.Text), least, ct) is { } answer)
            {
                if (found is not null)
                {
                    // Two layers understand it, so it is not clear which is meant.
                    return null;
                }

                found = (layer, answer);
            }
        }

        return found;
    }
}
