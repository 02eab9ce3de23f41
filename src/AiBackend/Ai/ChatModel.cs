using Microsoft.Extensions.AI;

namespace AiBackend.Ai;

/// <summary>
/// Asks the chat model and streams its answer, with time limits, retries and a circuit breaker around the whole stream: a failure
/// in the middle of an answer counts like one before it.
/// </summary>
internal sealed partial class ChatModel(
    IChatClient client, AiOptions options, UpstreamPipelines pipelines, TimeProvider clock, ILogger<ChatModel> logger)
{
    /// <summary>A model that does not stop by itself is stopped here, in characters; the answer ends there. As long as a message may be.</summary>
    public const int LongestAnswer = 32_768;

    /// <inheritdoc cref="AskAsync(IReadOnlyList{ChatMessage}, string?, ChatResponseFormat?, Func{ModelPart, ValueTask}, CancellationToken)" />
    public Task<ModelAnswer> AskAsync(
        IReadOnlyList<ChatMessage> messages, string? model, Func<ModelPart, ValueTask> tell, CancellationToken ct) =>
        AskAsync(messages, model, format: null, tell, ct);

    /// <summary>Streams one answer to <paramref name="tell"/>.</summary>
    /// <param name="format">What the answer is to look like; null: text.</param>
    /// <param name="model">Instead of the operator's; null: that one.</param>
    /// <param name="tell">Is awaited before more is read from the server; the clock of the limits stands still meanwhile.</param>
    /// <exception cref="UpstreamException">No try succeeded.</exception>
    public async Task<ModelAnswer> AskAsync(
        IReadOnlyList<ChatMessage> messages,
        string? model,
        ChatResponseFormat? format,
        Func<ModelPart, ValueTask> tell,
        CancellationToken ct)
    {
        var call = new Call(messages, model ?? options.Model!, format, tell, ct);
        using var total = new CancellationTokenSource(options.TotalLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, total.Token);
        try
        {
            var last = await pipelines.SendAsync(
                ModelChatClient.Server, options.BaseUrl!, options.Policy, token => TryAsync(call, token), either.Token);
            return new ModelAnswer(call.Model, last is null ? null : call.Usage);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            LogFailed(call.Model, call.Tries, UpstreamFailure.TimedOut, null);
            throw TimedOut();
        }
        catch (UpstreamException error)
        {
            LogFailed(call.Model, call.Tries, error.Failure, error.Status);
            throw;
        }
    }

    private async Task<ModelUsage?> TryAsync(Call call, CancellationToken ct)
    {
        call.Tries++;
        if (call.HasText)
        {
            call.HasText = false;
            await call.Tell(new ModelPart.Reset());
        }

        await call.Tell(new ModelPart.Asked(call.Model, call.Tries));
        var started = clock.GetTimestamp();
        ModelUsage? usage = null;
        var outcome = "completed";
        try
        {
            usage = await ReadAsync(call, ct);
            return usage;
        }
        catch (UpstreamException error)
        {
            outcome = error.Code("model");
            throw;
        }
        catch (OperationCanceledException)
        {
            outcome = "model_timeout";
            throw;
        }
        finally
        {
            if (!call.Caller.IsCancellationRequested)
            {
                await call.Tell(new ModelPart.Answered(call.Model, call.Tries, outcome, clock.GetElapsedTime(started), usage));
            }
        }
    }

    private async Task<ModelUsage?> ReadAsync(Call call, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(options.FirstTokenLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await ReadAsync(call, limit, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw TimedOut();
        }
    }

    private async Task<ModelUsage?> ReadAsync(Call call, CancellationTokenSource limit, CancellationToken ct)
    {
        ModelUsage? usage = null;
        ChatFinishReason? finish = null;
        var length = 0;
        var asked = new ChatOptions { ModelId = call.Model, ResponseFormat = call.Format };
        await foreach (var update in client.GetStreamingResponseAsync(call.Messages, asked, ct))
        {
            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            finish = update.FinishReason ?? finish;
            if (update.Contents.OfType<UsageContent>().LastOrDefault() is { Details: var counted })
            {
                usage = ModelUsage.Of(counted);
            }

            var piece = update.Text;
            if (piece.Length > 0)
            {
                var isCut = length + piece.Length > LongestAnswer;
                piece = isCut ? Beginning(piece, LongestAnswer - length) : piece;
                length += piece.Length;
                if (piece.Length > 0)
                {
                    call.HasText = true;
                    await call.Tell(new ModelPart.Text(piece));
                }

                if (isCut)
                {
                    LogCut(call.Model, LongestAnswer);
                    finish = ChatFinishReason.Length;
                    break;
                }
            }

            limit.CancelAfter(options.IdleLimit);
        }

        call.Add(usage);
        return (finish, length) switch
        {
            (null, _) => throw new UpstreamException(
                UpstreamFailure.Unavailable, $"{ModelChatClient.Server} broke off its answer."),
            ({ } reason, 0) when reason == ChatFinishReason.ContentFilter => throw new UpstreamException(
                UpstreamFailure.Rejected, $"{ModelChatClient.Server} refused to answer this content."),
            (_, 0) => throw new UpstreamException(UpstreamFailure.Invalid, $"{ModelChatClient.Server} gave an empty answer."),
            _ => usage,
        };
    }

    // A pair of surrogates stays together.
    private static string Beginning(string text, int length) =>
        text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static UpstreamException TimedOut() =>
        new(UpstreamFailure.TimedOut, $"{ModelChatClient.Server} did not answer in time.");

    [LoggerMessage(LogLevel.Error, "The model {Model} gave no answer in {Tries} tries: {Failure}, status {Status}")]
    private partial void LogFailed(string model, int tries, UpstreamFailure failure, int? status);

    [LoggerMessage(LogLevel.Warning, "The model {Model} was stopped after {Characters} characters")]
    private partial void LogCut(string model, int characters);

    private sealed class Call(
        IReadOnlyList<ChatMessage> messages,
        string model,
        ChatResponseFormat? format,
        Func<ModelPart, ValueTask> tell,
        CancellationToken caller)
    {
        public IReadOnlyList<ChatMessage> Messages => messages;

        public string Model => model;

        public ChatResponseFormat? Format => format;

        public Func<ModelPart, ValueTask> Tell => tell;

        public CancellationToken Caller => caller;

        public int Tries { get; set; }

        public bool HasText { get; set; }

        public ModelUsage? Usage { get; private set; }

        public void Add(ModelUsage? more)
        {
            if (more is not null)
            {
                Usage = new ModelUsage((Usage?.InputTokens ?? 0) + more.InputTokens, (Usage?.OutputTokens ?? 0) + more.OutputTokens);
            }
        }
    }
}
