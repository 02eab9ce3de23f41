using System.Runtime.CompilerServices;
using AiBackend.Search.Answering;

namespace AiBackend.Orchestration.Extractive;

/// <summary>
/// Answers without a model: the one to three sentences of the client's documents that answer the question best, word for word. Nothing
/// is invented, and the same question over the same documents gets the same answer.
/// </summary>
/// <remarks>
/// The confidence is the score of the sentence that is quoted first or alone. Below the client's <c>min_confidence</c> a person is called instead, where one
/// may be; where none may be, the user reads that nothing was found when nothing was. Greetings, thanks and farewells get a fixed sentence.
/// </remarks>
internal sealed class ExtractiveOrchestrator(FindSources find, SentenceRanker ranker) : IOrchestrator
{
    /// <summary>The name under which such answers are known wherever a model is named.</summary>
    public const string Model = "ai-backend";

    /// <summary>A sentence below this has nothing to do with the question: of 30 unrelated questions to the demo shop the median is .02.</summary>
    private const double LeastScore = 0.1;

    /// <summary>How much of a short message's words a sentence must hold that was found with what was said before it.</summary>
    private const double LeastOwnCoverage = 0.3;

    /// <summary>For a suggestion, or a client that wants no confidence, when nothing was found.</summary>
    private const string NothingFound = "I could not find an answer to that in the documents.";

    public async IAsyncEnumerable<AnswerPart> AnswerAsync(AnswerRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        if (SmallTalk.ReplyTo(request.Message.Text) is { } reply)
        {
            yield return new AnswerPart.Delta(reply);
            yield return new AnswerPart.Completed(reply, Confidence: null, [], Usage: null, Model, Data: null);
            yield break;
        }

        var (sources, ranked, confidence) = await LookUpAsync(request, ct);
        if (request.MayHandOver && confidence < request.Settings.Chat.MinConfidence)
        {
            yield return new AnswerPart.HandOver(ranked.Count == 0 ? "nothing_found" : "low_confidence", confidence, Usage: null);
            yield break;
        }

        var answer = ranked.Count == 0 ? new QuotedAnswer([NothingFound], []) : QuotedAnswer.Of(ranked, sources);
        if (answer.Citations.Count > 0)
        {
            yield return new AnswerPart.Sources(answer.Citations);
        }

        foreach (var piece in answer.Pieces)
        {
            yield return new AnswerPart.Delta(piece);
        }

        yield return new AnswerPart.Completed(answer.Text, confidence, answer.Citations, Usage: null, Model, Data: null);
    }

    private async Task<Ranking> LookUpAsync(AnswerRequest request, CancellationToken ct)
    {
        var best = new Ranking([], [], 0);
        foreach (var query in FollowUp.Queries(request.Message.Text, request.History))
        {
            var found = await find(request, query.Text, ct);
            SourcePassage[] passages = [.. found.Items.Select(source => source.Passage)];
            var ranked = QuotedAnswer.Order(ranker.Rank(query.Text, passages, found.TermWeights), found.Items);
            if (query.MustHoldMessage)
            {
                var own = ranker.Rank(request.Message.Text, passages).Where(sentence => sentence.Coverage >= LeastOwnCoverage)
                    .Select(sentence => (sentence.PassageIndex, sentence.Range)).ToHashSet();
                ranked = [.. ranked.Where(sentence => own.Contains((sentence.PassageIndex, sentence.Range)))];
            }

            ranked = [.. ranked.Where(sentence => sentence.Score >= LeastScore)];
            var confidence = ranked.Count == 0 ? 0 : Math.Round(ranked[0].Score, 3);
            if (best.Sentences.Count == 0 || confidence > best.Confidence)
            {
                best = new Ranking(found.Items, ranked, confidence);
            }

            if (best.Confidence >= request.Settings.Chat.MinConfidence)
            {
                break;
            }
        }

        return best;
    }

    private sealed record Ranking(IReadOnlyList<Source> Sources, IReadOnlyList<RankedSentence> Sentences, double Confidence);
}
