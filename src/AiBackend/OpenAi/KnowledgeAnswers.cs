using System.Runtime.CompilerServices;
using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Orchestration;
using AiBackend.Orchestration.Extractive;

namespace AiBackend.OpenAi;

/// <summary>Answers from the client's knowledge without keeping anything: the request holds the whole conversation.</summary>
internal sealed class KnowledgeAnswers(Orchestrators orchestrators, TokenCounts counts, LimitOptions limits, Ids ids, TimeProvider clock)
{
    /// <summary>The parts of the answer.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public IAsyncEnumerable<ReplyPart> AnswerAsync(CompletionRequest request, string clientId, ClientSettings settings, CancellationToken ct) =>
        AnswerAsync(Conversation.Of(request, limits.MessageCharacters), clientId, settings, ct);

    /// <inheritdoc cref="AnswerAsync(CompletionRequest, string, ClientSettings, CancellationToken)" />
    public IAsyncEnumerable<ReplyPart> AnswerAsync(Conversation conversation, string clientId, ClientSettings settings, CancellationToken ct) =>
        PartsAsync(QuestionOf(conversation, clientId, settings), ct);

    private async IAsyncEnumerable<ReplyPart> PartsAsync(AnswerRequest question, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var parts = orchestrators.For(question.Settings).AnswerAsync(question, ct).GetAsyncEnumerator(ct);
        while (await NextAsync(parts))
        {
            switch (parts.Current)
            {
                case AnswerPart.Delta delta:
                    yield return new ReplyPart.Delta(delta.Text);
                    break;
                case AnswerPart.Reset:
                    yield return new ReplyPart.Reset();
                    break;
                case AnswerPart.Completed completed:
                    await CountAsync(question, completed.Usage);
                    yield return new ReplyPart.End(
                        completed.Text,
                        completed.Usage,
                        new AnswerDetails { Outcome = "replied", Confidence = completed.Confidence, Citations = completed.Citations });
                    yield break;
                case AnswerPart.HandOver handOver:
                    await CountAsync(question, handOver.Usage);
                    yield return new ReplyPart.End(
                        question.Settings.Chat.HandoverMessage,
                        handOver.Usage,
                        new AnswerDetails { Outcome = "handed_over", Confidence = handOver.Confidence });
                    yield break;
            }
        }

        throw new InvalidOperationException("The answer has no end.");
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<AnswerPart> parts)
    {
        try
        {
            return await parts.MoveNextAsync();
        }
        catch (OrchestrationException failure)
        {
            throw Refusals.OfCode(failure.Code, failure.Detail);
        }
    }

    private Task CountAsync(AnswerRequest question, TokenUsage? used) => counts.AddAsync(
        question.ClientId, ExtractiveOrchestrator.Model, used is null ? null : new ModelUsage(used.InputTokens, used.OutputTokens));

    private AnswerRequest QuestionOf(Conversation conversation, string clientId, ClientSettings settings)
    {
        var now = clock.GetUtcNow();
        string[] prompts = [.. conversation.Before.Where(said => said.Role == "system").Select(said => said.Text)];
        if (prompts.Length > 0)
        {
            var own = settings.Chat.SystemPrompt is { } prompt ? [prompt, .. prompts] : prompts;
            settings = settings with { Chat = settings.Chat with { SystemPrompt = string.Join("\n\n", own) } };
        }

        return new AnswerRequest
        {
            ClientId = clientId,
            Settings = settings,
            RunId = ids.New("run"),
            SessionId = ids.New("ses"),
            TraceId = Tracing.CurrentTraceId(),
            Attempt = 1,
            Message = new Turn(ids.New("msg"), "user", conversation.Question, now),
            History =
            [
                .. conversation.Before.Where(said => said.Role != "system").TakeLast(settings.Chat.HistoryMessages)
                    .Select(said => new Turn(ids.New("msg"), said.Role, said.Text, now)),
            ],
            // There is nobody who could take over.
            MayHandOver = false,
        };
    }
}
