using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using AiBackend.Ai;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Questions;

namespace AiBackend.Orchestration.Numbers;

/// <summary>
/// Answers questions about a client's data with numbers, and passes on all else. What the parser understood whole is answered at once; what it does not, but
/// plainly asks for numbers of one layer, is put to a model that is configured. The query is cited. Clients without a semantic layer cost no more than a look
/// into memory, and other messages no request to a model.
/// </summary>
internal sealed partial class NumbersOrchestrator(IOrchestrator documents, ClientLayers layers, LayerQuestions questions, QuestionTokens tokens) : IOrchestrator
{
    /// <summary>The name under which such answers are known wherever a model is named.</summary>
    public const string Model = "ai-backend";

    /// <summary>Less sure readings of the parser are left to others: a message of a chat need not be about data at all.</summary>
    private const double LeastConfidence = 0.7;

    private const int MostCharacters = 1_000;

    public async IAsyncEnumerable<AnswerPart> AnswerAsync(AnswerRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        var tally = new TokenTally();
        var (layer, answer) = await AskAsync(request, tally, ct);
        if (layer is not null && answer is not null)
        {
            var said = NumbersAnswer.Of(layer, answer);
            yield return new AnswerPart.Sources([said.Citation]);
            yield return new AnswerPart.Delta(said.Text);
            yield return new AnswerPart.Completed(said.Text, answer.Confidence, [said.Citation], Sum(null, tally.Total), Model, said.Data);
            yield break;
        }

        var isTold = false;
        try
        {
            await foreach (var part in documents.AnswerAsync(request, ct))
            {
                isTold |= part is AnswerPart.Completed or AnswerPart.HandOver;
                yield return part switch
                {
                    AnswerPart.Completed completed => completed with { Usage = Sum(completed.Usage, tally.Total) },
                    AnswerPart.HandOver handOver => handOver with { Usage = Sum(handOver.Usage, tally.Total) },
                    _ => part,
                };
            }
        }
        finally
        {
            // The answer that fails or is cancelled tells nobody what was used before it.
            if (!isTold && layer is not null)
            {
                await tokens.CountAsync(layer, tally.Total);
            }
        }
    }

    /// <returns>The layer that was asked, and its answer where it has one.</returns>
    private async Task<(SemanticLayer? Layer, LayerAnswer? Answer)> AskAsync(AnswerRequest request, TokenTally tally, CancellationToken ct)
    {
        if (!request.Settings.Chat.DataQuestions)
        {
            return default;
        }

        var known = await layers.OfAsync(request.ClientId, ct);
        if (known.Count == 0 || request.Message.Text.Length > MostCharacters || SmallTalk.Is(request.Message.Text) || Personal().IsMatch(request.Message.Text))
        {
            return default;
        }

        var text = SmallTalk.Without(request.Message.Text);
        var least = Math.Max(LeastConfidence, request.Settings.Chat.MinConfidence);
        (SemanticLayer Layer, LayerAnswer Answer)? found = null;
        foreach (var layer in known)
        {
            if (await questions.TryAsync(layer, text, least, ct) is { } answer)
            {
                if (found is not null)
                {
                    // Two layers understand it, so it is not clear which is meant.
                    return default;
                }

                found = (layer, answer);
            }
        }

        return found ?? await AskModelAsync(known, text, request, tally, ct);
    }

    // How sure the parser must be says nothing of a model's query: that is taken for what it is unless the client wants surer answers.
    private async Task<(SemanticLayer? Layer, LayerAnswer? Answer)> AskModelAsync(
        IReadOnlyList<SemanticLayer> known, string text, AnswerRequest request, TokenTally tally, CancellationToken ct)
    {
        if (request.Settings.Chat.MinConfidence > QuestionModel.Confidence)
        {
            return default;
        }

        SemanticLayer? asked = null;
        foreach (var layer in known)
        {
            if (await questions.IsForModelAsync(layer, text, ct))
            {
                if (asked is not null)
                {
                    return default;
                }

                asked = layer;
            }
        }

        return asked is null ? default : (asked, await questions.TryModelAsync(asked, text, request.Settings, tally, ct));
    }

    private static TokenUsage? Sum(TokenUsage? used, ModelUsage? before) => before is null ? used
        : new TokenUsage((used?.InputTokens ?? 0) + before.InputTokens, (used?.OutputTokens ?? 0) + before.OutputTokens, used?.Cost);

    // "How many orders did I place" asks for the asker's own, whom the data does not know.
    [GeneratedRegex(
        @"\b(?:my|mine)\b|\b(?:do|did|have|had|am|was|can|could|may|should|will|would) i\b|\bi(?:['’]ve| have| had| ordered| bought| paid| placed| spent| made| own)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Personal();
}
