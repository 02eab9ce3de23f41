using AiBackend.Ai;
using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>
/// Serves completions of the chat model by passing them through: bytes of the caller go to the model's server and its bytes to the
/// caller, who leaving stops it.
/// </summary>
internal sealed partial class ModelCalls(
    ModelServer server, AiOptions options, TokenCounts counts, TimeProvider clock, ILogger<ModelCalls> logger)
{
    /// <summary>Answers the request.</summary>
    /// <param name="clientId">Who is counted the tokens.</param>
    /// <param name="body">What the model's server is sent.</param>
    /// <param name="keep">Gets the answer before the caller learns that it is whole; null when nothing is kept.</param>
    /// <exception cref="ApiException">The model gave no answer.</exception>
    public async Task AnswerAsync(
        HttpContext http,
        string clientId,
        CompletionRequest request,
        ReadOnlyMemory<byte> body,
        Func<KeptReply, Task>? keep,
        CancellationToken ct)
    {
        using var total = new TimeLimit(options.TotalLimit, clock, ct);
        try
        {
            var answer = await server.AskAsync(body, request.IsStreamed, readsText: keep is not null, total.Token);
            switch (answer)
            {
                case ServerAnswer.Refused refused:
                    throw Refusals.OfRequest(refused.Body);
                case ServerAnswer.Whole whole:
                    await counts.AddAsync(clientId, request.Model, whole.Usage);
                    await KeepAsync(keep, new KeptReply(whole.Text, whole.Model, whole.Usage));
                    await new ReadyJson(whole.Body).ExecuteAsync(http);
                    break;
                case ServerAnswer.Streamed streamed:
                    using (streamed.Stream)
                    {
                        await StreamAsync(http, clientId, request, streamed.Stream, keep, ct);
                    }

                    break;
            }
        }
        catch (UpstreamException failure)
        {
            throw Refusals.Of(failure, "model");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Refusals.Of(TimedOut(), "model");
        }
    }

    private async Task StreamAsync(
        HttpContext http, string clientId, CompletionRequest request, AnswerStream stream, Func<KeptReply, Task>? keep, CancellationToken ct)
    {
        await CompletionWriter.BeginStreamAsync(http, ct);
        var writer = http.Response.BodyWriter;
        try
        {
            do
            {
                var hasMore = false;
                while (stream.TryNext(out var sent))
                {
                    if (!sent.IsCount || request.IncludesUsage)
                    {
                        sent.Bytes.Span.CopyTo(writer.GetSpan(sent.Bytes.Length));
                        writer.Advance(sent.Bytes.Length);
                        hasMore = true;
                    }
                }

                if (hasMore)
                {
                    await writer.FlushAsync(ct);
                }
            }
            while (await stream.WaitAsync());

            await KeepAsync(keep, new KeptReply(stream.Text, stream.Model, stream.Usage));
            await writer.WriteAsync(CompletionWriter.Done, ct);
        }
        catch (Exception error) when (!ct.IsCancellationRequested && RefusalOf(error) is { } refusal)
        {
            LogBrokenOff(request.Model, refusal.Code);
            await writer.WriteAsync(OpenAiError.EventOf(refusal), ct);
        }
        finally
        {
            await counts.AddAsync(clientId, request.Model, stream.Usage);
        }
    }

    private static Task KeepAsync(Func<KeptReply, Task>? keep, KeptReply reply) =>
        keep is null || string.IsNullOrWhiteSpace(reply.Text) ? Task.CompletedTask : keep(reply);

    private static ApiException? RefusalOf(Exception error) =>
        error as ApiException
        ?? (error is OperationCanceledException ? Refusals.Of(TimedOut(), "model")
            : ModelServer.Failure(error) is { } failure ? Refusals.Of(failure, "model")
            : null);

    private static UpstreamException TimedOut() => new(UpstreamFailure.TimedOut, $"{ModelChatClient.Server} did not answer in time.");

    [LoggerMessage(LogLevel.Warning, "A streamed answer of the model {Model} broke off: {Code}")]
    private partial void LogBrokenOff(string model, string code);
}
