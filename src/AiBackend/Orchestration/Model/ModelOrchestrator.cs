using AiBackend.Ai;
using AiBackend.Search.Answering;

namespace AiBackend.Orchestration.Model;

/// <summary>
/// Has a chat model answer from the client's documents: passages are found for the question and given to the model as numbered
/// sources; what it cites is checked while it streams, and its answer is compared with what it cites.
/// </summary>
internal sealed class ModelOrchestrator(
    FindSources find, ChatModel model, AiOptions options, SentenceRanker ranker, AnswerSupport support) : IOrchestrator
{
    private const string Purpose = "reply";
    private const int MostSources = 8;

    public IAsyncEnumerable<AnswerPart> AnswerAsync(AnswerRequest request, CancellationToken ct) =>
        PartStream.Of((tell, token) => AnswerAsync(request, tell, token), ct);

    private async Task AnswerAsync(AnswerRequest request, Func<AnswerPart, ValueTask> tell, CancellationToken ct)
    {
        var found = await LookUpAsync(request, ct);
        var answer = new Answer(found, tell);
        await answer.BeginAsync();
        ModelAnswer ended;
        try
        {
            ended = await model.AskAsync(
                Prompt.Make(request, [.. found.Select(one => one.Source)], options), request.Settings.Chat.Model, answer.TakeAsync, ct);
        }
        catch (UpstreamException error)
        {
            throw new OrchestrationException(error.Code("model"), error.Message);
        }

        var text = await answer.FinishAsync();
        if (text.Length == 0)
        {
            // Nothing but citations of sources that do not exist.
            throw new OrchestrationException("model_invalid_response", $"{ModelChatClient.Server} gave an empty answer.");
        }

        var judged = found.Count > 0 ? support.Judge(text, answer.Cited) : new Support(Confidence: null, []);
        var usage = ended.Usage is { } counted ? new TokenUsage(counted.InputTokens, counted.OutputTokens, Cost: null) : null;
        await tell(new AnswerPart.Completed(text, judged.Confidence, judged.Citations, usage, ended.Model, Data: null));
    }

    /// <summary>The passages for the question, each with the sentence that fits best; those of several queries take turns.</summary>
    private async Task<IReadOnlyList<FoundSource>> LookUpAsync(AnswerRequest request, CancellationToken ct)
    {
        if (SmallTalk.Is(request.Message.Text))
        {
            return [];
        }

        List<(int Rank, Source Source, Citation Citation)> all = [];
        foreach (var query in FollowUp.Queries(request.Message.Text, request.History))
        {
            var found = await find(request, query.Text, ct);
            var ranked = ranker.Rank(query.Text, [.. found.Items.Select(source => source.Passage)], found.TermWeights);
            all.AddRange(found.Items.Select((source, rank) =>
            {
                var best = ranked.FirstOrDefault(sentence => sentence.PassageIndex == rank);
                return (rank, source, best is null ? source.CiteBeginning() : source.Cite(Quotation.Of(best.Range.Of(source.Text))));
            }));
        }

        var chosen = all.OrderBy(one => one.Rank).DistinctBy(one => one.Source.ChunkId).Take(MostSources).ToList();
        var fitting = Prompt.Fitting([.. chosen.Select(one => one.Source)], options.SourceTokens);
        return [.. fitting.Select((source, i) => new FoundSource(source, chosen[i].Citation))];
    }

    private sealed record FoundSource(Source Source, Citation Citation);

    /// <summary>
    /// The answer as it streams. The last told list of sources begins with those that are cited, in the order of their numbers, so
    /// that <c>[n]</c> is its nth entry at any moment.
    /// </summary>
    private sealed class Answer(IReadOnlyList<FoundSource> found, Func<AnswerPart, ValueTask> tell)
    {
        private CitedText text = new(found.Count);
        private IReadOnlyList<int> order = [.. Enumerable.Range(1, found.Count)];
        private bool hasDeltas;

        public IReadOnlyList<Source> Cited => [.. text.Cited.Select(number => found[number - 1].Source)];

        public async ValueTask BeginAsync()
        {
            if (found.Count > 0)
            {
                await tell(new AnswerPart.Sources([.. found.Select(one => one.Citation)]));
            }
        }

        public ValueTask TakeAsync(ModelPart part) => part switch
        {
            ModelPart.Asked asked => tell(new AnswerPart.RequestSent(asked.Model, Purpose, asked.Try)),
            ModelPart.Text piece => GiveAsync(text.Push(piece.Piece)),
            ModelPart.Reset => ResetAsync(),
            ModelPart.Answered answered => tell(new AnswerPart.ResponseReceived(
                answered.Model,
                Purpose,
                answered.Try,
                answered.Outcome,
                answered.Duration,
                answered.Usage is { } usage ? new TokenUsage(usage.InputTokens, usage.OutputTokens, Cost: null) : null)),
            _ => throw new InvalidOperationException($"Unknown part {part.GetType().Name}."),
        };

        public async ValueTask<string> FinishAsync()
        {
            await GiveAsync(text.Finish());
            return text.Text;
        }

        private async ValueTask GiveAsync(string piece)
        {
            if (piece.Length == 0)
            {
                return;
            }

            await ArrangeAsync();
            hasDeltas = true;
            await tell(new AnswerPart.Delta(piece));
        }

        private async ValueTask ResetAsync()
        {
            text = new CitedText(found.Count);
            if (hasDeltas)
            {
                hasDeltas = false;
                await tell(new AnswerPart.Reset());
                await ArrangeAsync();
            }
        }

        private async ValueTask ArrangeAsync()
        {
            int[] arranged = [.. text.Cited, .. Enumerable.Range(1, found.Count).Except(text.Cited)];
            if (!arranged.SequenceEqual(order))
            {
                order = arranged;
                await tell(new AnswerPart.Sources([.. arranged.Select(number => found[number - 1].Citation)]));
            }
        }
    }
}
