using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AiBackend.Ai;

namespace AiBackend.OpenAi;

/// <summary>What came of asking the model's server: one of the three.</summary>
internal abstract record ServerAnswer
{
    private ServerAnswer()
    {
    }

    /// <summary>The whole answer.</summary>
    /// <param name="Body">A JSON object with choices.</param>
    /// <param name="Text">The text of the answer.</param>
    /// <param name="Model">As the server names it; null when the text is not read.</param>
    public sealed record Whole(byte[] Body, string Text, string? Model, ModelUsage? Usage) : ServerAnswer;

    /// <summary>A stream of which at least one event is there.</summary>
    /// <param name="Stream">To be disposed of by who asked.</param>
    public sealed record Streamed(AnswerStream Stream) : ServerAnswer;

    /// <summary>The server finds the request wrong.</summary>
    /// <param name="Body">What it said.</param>
    public sealed record Refused(byte[] Body) : ServerAnswer;
}

/// <summary>
/// Passes requests on to the model's server as they are, with the service's own key. Tries go through the address's retries and circuit
/// breaker up to the first event of a stream; from then on a failure is the caller's to see.
/// </summary>
internal sealed class ModelServer(IHttpClientFactory clients, AiOptions options, UpstreamPipelines pipelines, TimeProvider clock)
{
    private const int LongestAnswer = 32 * 1024 * 1024;
    private const int LongestRefusal = 16 * 1024;

    private readonly HttpClient http = clients.CreateClient(AiRegistration.HttpClientName);
    private readonly Uri? address = options.BaseUrl is { } server ? new Uri($"{server.AbsoluteUri.TrimEnd('/')}/chat/completions") : null;
    private readonly string? authorization = options.ApiKey is { } key ? $"Bearer {key}" : null;

    /// <summary>Asks for an answer.</summary>
    /// <param name="readsText">Whether the caller wants the answer's text besides its bytes.</param>
    /// <exception cref="UpstreamException">No try succeeded.</exception>
    public Task<ServerAnswer> AskAsync(ReadOnlyMemory<byte> body, bool isStreamed, bool readsText, CancellationToken ct) =>
        pipelines.SendAsync(
            ModelChatClient.Server, options.BaseUrl!, options.Policy, token => TryAsync(body, isStreamed, readsText, token), ct);

    private async Task<ServerAnswer> TryAsync(ReadOnlyMemory<byte> body, bool isStreamed, bool readsText, CancellationToken ct)
    {
        HttpResponseMessage? response = null;
        AnswerStream? stream = null;
        var limit = new TimeLimit(isStreamed ? options.FirstTokenLimit : options.TotalLimit, clock, ct);
        try
        {
            using var request = RequestOf(body);
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if ((int)response.StatusCode is 400 or 413 or 422)
            {
                return new ServerAnswer.Refused(await ReadAsync(response, LongestRefusal, limit.Token));
            }

            if (!response.IsSuccessStatusCode)
            {
                throw UpstreamException.OfStatus(ModelChatClient.Server, (int)response.StatusCode, RetryAfter(response));
            }

            if (!isStreamed)
            {
                return WholeOf(await ReadAsync(response, LongestAnswer, limit.Token), readsText);
            }

            stream = new AnswerStream(response, await response.Content.ReadAsStreamAsync(limit.Token), limit, options.IdleLimit, readsText);
            await stream.BeginAsync();
            var begun = new ServerAnswer.Streamed(stream);
            (stream, response, limit) = (null, null, null);
            return begun;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new UpstreamException(UpstreamFailure.TimedOut, $"{ModelChatClient.Server} did not answer in time.");
        }
        catch (Exception error) when (Failure(error) is { } failure)
        {
            throw failure;
        }
        finally
        {
            stream?.Dispose();
            response?.Dispose();
            limit?.Dispose();
        }
    }

    /// <summary>What an exception from reading a response means; null for a bug of the service.</summary>
    public static UpstreamException? Failure(Exception error) => error switch
    {
        UpstreamException known => known,
        HttpRequestException or IOException => new UpstreamException(
            UpstreamFailure.Unavailable, $"{ModelChatClient.Server} could not be reached or broke off its answer."),
        JsonException or InvalidDataException or InvalidOperationException => new UpstreamException(
            UpstreamFailure.Invalid, $"{ModelChatClient.Server} gave an answer that cannot be read."),
        _ => null,
    };

    private HttpRequestMessage RequestOf(ReadOnlyMemory<byte> body)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return request;
    }

    private static ServerAnswer.Whole WholeOf(byte[] body, bool readsText)
    {
        var text = readsText ? new StringBuilder() : null;
        var scan = AnswerScan.Of(body, text);
        return scan is { IsError: false, HasChoices: true }
            ? new ServerAnswer.Whole(body, text?.ToString() ?? string.Empty, scan.Model, scan.Usage)
            : throw new InvalidDataException("It is no completion.");
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, int longest, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var bytes = new MemoryStream((int)Math.Clamp(response.Content.Headers.ContentLength ?? 0, 0, longest));
        var buffer = new byte[8 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, ct)) > 0)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > longest)
            {
                throw new InvalidDataException("It is too long.");
            }
        }

        return bytes.Length == bytes.Capacity ? bytes.GetBuffer() : bytes.ToArray();
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Retry-After", out var values) || values.FirstOrDefault() is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(seconds);
        }

        var isTime = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at);
        return isTime ? TimeSpan.FromTicks(Math.Max(0, (at - clock.GetUtcNow()).Ticks)) : null;
    }
}
