using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using AiBackend.Ai;
using AiBackend.Events;

namespace AiBackend.Orchestration.Http;

/// <summary>Where an orchestrator is asked.</summary>
/// <param name="IsGuarded">A client chose the address, so it must be a public one.</param>
internal sealed record OrchestratorAddress(Uri Url, bool IsGuarded);

/// <summary>Single requests to outside orchestrators.</summary>
internal sealed class OrchestratorCalls(IHttpClientFactory clients, HttpOrchestratorOptions options, TimeProvider clock)
{
    /// <summary>The HTTP client for addresses that the operator set.</summary>
    public const string OwnClient = "orchestrator";

    /// <summary>The HTTP client for addresses that clients chose.</summary>
    public const string GuardedClient = "orchestrator-guarded";

    /// <summary>How messages name the server.</summary>
    public const string Server = "The orchestrator";

    public static UpstreamException TimedOut() => new(UpstreamFailure.TimedOut, $"{Server} did not answer in time.");

    /// <summary>Sends one request and tells the parts of its answer.</summary>
    /// <param name="tell">Is awaited before more is read; the clock of the limits stands still meanwhile.</param>
    /// <returns>The answer's last part, checked and not told yet.</returns>
    /// <exception cref="UpstreamException">There was no answer that can be used.</exception>
    public async Task<AnswerPart> AskAsync(
        AnswerRequest request, OrchestratorAddress address, Func<AnswerPart, ValueTask> tell, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(options.FirstByteLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await AskAsync(request, address, tell, limit, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw TimedOut();
        }
        catch (HttpRequestException error) when (error.InnerException is AddressRefusedException)
        {
            throw new UpstreamException(UpstreamFailure.Rejected, $"{Server} is at an address that is not public.");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new UpstreamException(UpstreamFailure.Unavailable, $"{Server} could not be reached or broke off its answer.");
        }
    }

    private async Task<AnswerPart> AskAsync(
        AnswerRequest request,
        OrchestratorAddress address,
        Func<AnswerPart, ValueTask> tell,
        CancellationTokenSource limit,
        CancellationToken ct)
    {
        using var post = Post(request, address.Url);
        using var http = clients.CreateClient(address.IsGuarded ? GuardedClient : OwnClient);
        using var response = await http.SendAsync(post, HttpCompletionOption.ResponseHeadersRead, ct);
        if (!response.IsSuccessStatusCode)
        {
            throw UpstreamException.OfStatus(Server, (int)response.StatusCode, RetryAfter(response));
        }

        await using var body = new AnswerStream(
            await response.Content.ReadAsStreamAsync(ct),
            options.LongestBody,
            waits: () => limit.CancelAfter(options.IdleLimit),
            arrives: () => limit.CancelAfter(Timeout.InfiniteTimeSpan));
        return response.Content.Headers.ContentType?.MediaType switch
        {
            "application/json" => await ReadPlainAsync(body, request.MayHandOver, tell, ct),
            "text/event-stream" => await ReadStreamAsync(body, request.MayHandOver, tell, ct),
            _ => throw OrchestratorAnswer.Invalid("it is neither application/json nor text/event-stream"),
        };
    }

    private static HttpRequestMessage Post(AnswerRequest request, Uri url)
    {
        var post = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(OrchestratorQuestion.Of(request)) };
        post.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        post.Headers.Accept.ParseAdd("text/event-stream, application/json");
        post.Headers.UserAgent.ParseAdd("ai-backend");
        post.Headers.Add("Idempotency-Key", request.RunId);
        var span = Activity.Current is { IdFormat: ActivityIdFormat.W3C } current && current.TraceId.ToHexString() == request.TraceId
            ? current.SpanId
            : ActivitySpanId.CreateRandom();
        post.Headers.Add("traceparent", $"00-{request.TraceId}-{span.ToHexString()}-01");
        return post;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } at } => TimeSpan.FromTicks(Math.Max(0, (at - clock.GetUtcNow()).Ticks)),
        _ => null,
    };

    private static async Task<AnswerPart> ReadPlainAsync(
        AnswerStream body, bool mayHandOver, Func<AnswerPart, ValueTask> tell, CancellationToken ct)
    {
        using var whole = new MemoryStream();
        await body.CopyToAsync(whole, ct);
        var answer = OrchestratorAnswer.Parse<OrchestratorAnswer>(whole.GetBuffer().AsSpan(0, (int)whole.Length));
        var last = answer.Check(streamed: null, mayHandOver);
        if (last is AnswerPart.Completed completed)
        {
            if (completed.Citations.Count > 0)
            {
                await tell(new AnswerPart.Sources(completed.Citations));
            }

            await tell(new AnswerPart.Delta(completed.Text));
        }

        return last;
    }

    private static async Task<AnswerPart> ReadStreamAsync(
        AnswerStream body, bool mayHandOver, Func<AnswerPart, ValueTask> tell, CancellationToken ct)
    {
        var text = new StringBuilder();
        IReadOnlyList<AnsweredCitation>? citations = null;
        var parser = SseParser.Create(body, static (type, data) => (Type: type, Data: data.ToArray()));
        await foreach (var item in parser.EnumerateAsync(ct))
        {
            var (type, data) = item.Data;
            switch (type)
            {
                case "delta":
                    var piece = OrchestratorAnswer.Parse<AnsweredDelta>(data).Text;
                    OrchestratorAnswer.Require(piece is not null, "delta.text is missing");
                    OrchestratorAnswer.Require(
                        text.Length + piece!.Length <= ChatModel.LongestAnswer, $"text is longer than {ChatModel.LongestAnswer} characters");
                    if (piece.Length > 0)
                    {
                        text.Append(piece);
                        await tell(new AnswerPart.Delta(piece));
                    }

                    break;
                case "citations":
                    var cited = OrchestratorAnswer.Parse<OrchestratorAnswer>(data);
                    citations = cited.Citations;
                    await tell(new AnswerPart.Sources(cited.CheckedCitations()));
                    break;
                case "completed":
                    var answer = OrchestratorAnswer.Parse<OrchestratorAnswer>(data);
                    var last = (answer with { Citations = answer.Citations ?? citations }).Check(text.ToString(), mayHandOver);
                    if (text.Length == 0 && last is AnswerPart.Completed completed)
                    {
                        await tell(new AnswerPart.Delta(completed.Text));
                    }

                    return last;
                case "handover":
                    var handover = OrchestratorAnswer.Parse<AnsweredHandoverEvent>(data);
                    return new OrchestratorAnswer
                    {
                        Handover = new AnsweredHandover(handover.Reason),
                        Confidence = handover.Confidence,
                        Usage = handover.Usage,
                    }.Check(text.ToString(), mayHandOver);
            }
        }

        throw new UpstreamException(UpstreamFailure.Unavailable, $"{Server} broke off its answer.");
    }

    private sealed record AnsweredHandoverEvent(string? Reason, double? Confidence, AnsweredUsage? Usage);
}
