using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace AiBackend.Events;

/// <summary>Posts an event to a processor, once, and tells what came of it.</summary>
internal sealed class WebhookSender(NetworkGuard guard, ProcessorSecrets secrets, TimeProvider clock) : IDisposable
{
    /// <summary>How much of an answer's body is kept, in bytes.</summary>
    public const int MaxResponseBody = 16 * 1024;

    private static readonly MediaTypeHeaderValue ContentType = new(CloudEvent.MediaType);
    private static readonly string UserAgent = $"AI-Backend/{typeof(WebhookSender).Assembly.GetName().Version?.ToString(3)}";

    private readonly HttpClient http = new(guard.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Posts the event and waits for the answer, no longer than the processor's time limit.</summary>
    /// <param name="raised">What to post.</param>
    /// <param name="processor">To whom.</param>
    /// <param name="ct">Heard until there is an answer: one that came is told.</param>
    public async Task<AttemptResult> SendAsync(Event raised, EventProcessor processor, CancellationToken ct)
    {
        using var request = RequestOf(raised, processor);
        var started = clock.GetTimestamp();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(processor.Target.TimeoutSeconds), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        AttemptResult result;
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            result = ResultOf(response) with { ResponseBody = await ReadBodyAsync(response.Content, either.Token) };
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            ct.ThrowIfCancellationRequested();
            result = ResultOf(error, processor.Target.TimeoutSeconds);
        }

        result = result with { DurationMs = (long)clock.GetElapsedTime(started).TotalMilliseconds };
        DeliveryTelemetry.Sent(result);
        return result;
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    private HttpRequestMessage RequestOf(Event raised, EventProcessor processor)
    {
        var body = CloudEvent.Write(raised);
        var now = clock.GetUtcNow();
        var timestamp = now.ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, processor.Target.Url)
        {
            Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = ContentType } },
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("User-Agent", UserAgent);
        headers.TryAddWithoutValidation("webhook-id", raised.Id);
        headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        headers.TryAddWithoutValidation(
            "webhook-signature", WebhookSignature.Sign(secrets.OpenSigning(processor, now), raised.Id, timestamp, body.Span));
        foreach (var (name, value) in secrets.OpenHeaders(processor))
        {
            headers.TryAddWithoutValidation(name, value);
        }

        if (Activity.Current is null)
        {
            headers.TryAddWithoutValidation("traceparent", raised.TraceParent);
        }

        return request;
    }

    private AttemptResult ResultOf(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        return new AttemptResult
        {
            Outcome = response.IsSuccessStatusCode ? AttemptOutcome.Delivered : AttemptOutcome.Rejected,
            DurationMs = 0,
            ResponseStatus = status,
            ResponseHeaders =
            [
                .. response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                    .Select(header => new ResponseHeader(header.Key, header.Value.ToString())),
            ],
            Error = response.IsSuccessStatusCode ? null : $"The receiver answered {status}{Hint(status)}.",
            RetryAfter = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
                ? RetryAfterOf(response.Headers)
                : null,
        };
    }

    private static AttemptResult ResultOf(Exception error, int timeoutSeconds)
    {
        var (outcome, text) = error switch
        {
            OperationCanceledException => (AttemptOutcome.TimedOut, $"The receiver did not answer within {timeoutSeconds} s."),
            { InnerException: AddressRefusedException } =>
                (AttemptOutcome.Refused, "The host has an address that is not public; nothing was sent."),
            { InnerException: AuthenticationException } =>
                (AttemptOutcome.Unreachable, "The receiver's certificate is not valid, or it does not speak TLS."),
            { InnerException: SocketException socket } =>
                (AttemptOutcome.Unreachable, $"There was no connection: {socket.SocketErrorCode}."),
            HttpRequestException http => (AttemptOutcome.Unreachable, $"There was no answer: {http.HttpRequestError}."),
            _ => (AttemptOutcome.Unreachable, "The connection broke before there was an answer."),
        };
        return new AttemptResult { Outcome = outcome, DurationMs = 0, Error = text };
    }

    private static string Hint(int status) => status is >= 300 and < 400 ? "; redirects are not followed" : string.Empty;

    private TimeSpan? RetryAfterOf(HttpResponseHeaders headers)
    {
        if (headers.RetryAfter is { } known)
        {
            return known.Delta ?? known.Date - clock.GetUtcNow();
        }

        // More seconds than the framework's 31 bits hold.
        return headers.NonValidated.TryGetValues("Retry-After", out var given)
            && given.ToString().Trim() is { Length: > 0 } text
            && !text.AsSpan().ContainsAnyExceptInRange('0', '9')
                ? RetrySchedule.LongestWait
                : null;
    }

    private static async Task<string> ReadBodyAsync(HttpContent content, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxResponseBody);
        try
        {
            var length = await FillAsync(content, buffer.AsMemory(0, MaxResponseBody), ct);
            return Encoding.UTF8.GetString(buffer, 0, length).Replace('\0', '\uFFFD');
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<int> FillAsync(HttpContent content, Memory<byte> buffer, CancellationToken ct)
    {
        var length = 0;
        try
        {
            await using var body = await content.ReadAsStreamAsync(ct);
            int read;
            while (length < buffer.Length && (read = await body.ReadAsync(buffer[length..], ct)) > 0)
            {
                length += read;
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // The status has decided; what came of the body is kept.
        }

        return length;
    }
}
