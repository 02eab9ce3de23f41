using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace AiBackend.Http;

/// <summary>
/// Serves POST requests with an <c>Idempotency-Key</c>: takes the key before the endpoint runs, repeats the answer of an equal
/// request, and settles what the endpoint has not settled together with its work (see <see cref="RequestCommits"/>).
/// </summary>
internal sealed partial class IdempotentRequests(
    RequestDelegate next, Idempotency idempotency, TimeProvider clock, ILogger<IdempotentRequests> logger)
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int MaxKeyLength = 255;
    private static readonly TimeSpan AttachPatience = TimeSpan.FromSeconds(10);

    public Task InvokeAsync(HttpContext http) =>
        HttpMethods.IsPost(http.Request.Method) && http.Request.Headers.ContainsKey(Header) && http.Features.Get<Credential>() is { } credential
            ? ServeAsync(http, credential)
            : next(http);

    private async Task ServeAsync(HttpContext http, Credential credential)
    {
        var key = KeyOf(http.Request);
        var owner = credential.ClientId ?? IdempotencyRecord.NoClient;
        var recordId = Idempotency.RecordId(owner, http.Request.Path, key);
        var fingerprint = await FingerprintAsync(http);
        var (own, other) = await idempotency.ReserveAsync(owner, recordId, fingerprint, http.RequestAborted);
        if (own is null)
        {
            await RepeatAsync(http, other!);
            return;
        }

        http.RequestServices.GetRequiredService<RequestCommits>().Guard(key, own);
        await DoAsync(http, own);
    }

    private async Task RepeatAsync(HttpContext http, IdempotencyRecord record)
    {
        var isHandled = http.GetEndpoint()?.Metadata.GetMetadata<ReplayHandling>() is not null;
        if (record.Answer is null && isHandled && WantsStream(http.Request))
        {
            // The stream to attach to is under way as soon as the first request has committed.
            record = await idempotency.AwaitAnswerAsync(record.Id, AttachPatience, http.RequestAborted) ?? record;
        }

        if (record.Answer is not { } answer)
        {
            throw Idempotency.InProgress();
        }

        http.Response.Headers[ReplayedHeader] = "true";
        if (answer.Status == StatusCodes.Status410Gone)
        {
            throw KeptAnswers.Gone();
        }

        var body = idempotency.Open(record);
        if (isHandled && answer.Status < StatusCodes.Status300MultipleChoices)
        {
            http.RequestServices.GetRequiredService<RequestCommits>().Replay = new KeptAnswer(answer.Status, body);
            await next(http);
            return;
        }

        http.Response.StatusCode = answer.Status;
        http.Response.Headers.ETag = answer.ETag;
        http.Response.ContentType = answer.ContentType;
        if (body.Length > 0)
        {
            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        }
    }

    private static bool WantsStream(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains(EventStreamWriter.MediaType, StringComparison.OrdinalIgnoreCase);

    private async Task DoAsync(HttpContext http, IdempotencyReservation own)
    {
        var direct = http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var capture = new AnswerCapture(direct);
        http.Features.Set<IHttpResponseBodyFeature>(capture);
        using var ended = new CancellationTokenSource();
        var keeping = KeepAsync(own, ended.Token);
        try
        {
            await next(http);
        }
#pragma warning disable CA1031 // Settles the key for whatever goes wrong, and passes it on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            http.Features.Set(direct);
            await SettleAsync(own, AnswerOf(http, own, exception));
            throw;
        }
        finally
        {
            await ended.CancelAsync();
            await keeping;
        }

        http.Features.Set(direct);
        if (capture.IsPassing)
        {
            // A stream: its work was committed with its answer, or it has done nothing.
            await SettleAsync(own, answer: null);
            return;
        }

        var response = http.Response;
        var body = capture.Captured;
        await SettleAsync(
            own, IsKept(response.StatusCode) ? own.Answer(response.StatusCode, response.ContentType, response.Headers.ETag, body.Span) : null);
        if (!body.IsEmpty)
        {
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, http.RequestAborted);
        }
    }

    /// <summary>Renews the lease until the work is stored or the request ends.</summary>
    private async Task KeepAsync(IdempotencyReservation own, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(Idempotency.Renewal, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ended) && !own.IsSettled)
            {
                await RenewAsync(own, ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The request has ended.
        }
    }

    private async Task RenewAsync(IdempotencyReservation own, CancellationToken ct)
    {
        try
        {
            await idempotency.RenewAsync(own, ct);
        }
#pragma warning disable CA1031 // It is tried again at the next tick; should the lease end before, the commit of the work finds that out.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogNotRenewed(exception, own.RecordId);
        }
    }

    private static StoredAnswer? AnswerOf(HttpContext http, IdempotencyReservation own, Exception exception)
    {
        if (Problem.RefusalOf(exception, http) is not { } refusal || !IsKept(refusal.Status))
        {
            return null;
        }

        var rendered = Problem.Render(refusal, http);
        return own.Answer(rendered.Status, rendered.MediaType, eTag: null, rendered.Body);
    }

    // With the work done or not, the key must not stay taken because the caller has left: hence no token of the request.
    private async Task SettleAsync(IdempotencyReservation own, StoredAnswer? answer)
    {
        if (own.IsSettled)
        {
            return;
        }

        try
        {
            if (answer is null)
            {
                await idempotency.ReleaseAsync(own, CancellationToken.None);
            }
            else
            {
                await idempotency.CompleteAsync(own, answer, CancellationToken.None);
            }
        }
#pragma warning disable CA1031 // The lease ends by itself; the answer that is at hand is worth more than this failure.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogUnsettled(exception, own.RecordId);
        }
    }

    private static bool IsKept(int status) =>
        status is >= 200 and < 300 or (>= 400 and < 500
            and not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
                or StatusCodes.Status409Conflict or StatusCodes.Status429TooManyRequests));

    private static string KeyOf(HttpRequest request)
    {
        var given = request.Headers[Header];
        return given.Count == 1 && given[0] is { Length: > 0 and <= MaxKeyLength } key && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? key
            : throw ApiException.Invalid(Header, $"1 to {MaxKeyLength} visible ASCII characters are expected.");
    }

    private static async Task<string> FingerprintAsync(HttpContext http)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{http.Request.QueryString.Value}\n"));
        if (http.GetEndpoint()?.Metadata.GetMetadata<BodyLimit>() is null)
        {
            var body = await ReadAsync(http.Request.Body, http.Request.ContentLength, http.RequestAborted);
            http.Request.Body = body;
            hash.AppendData(body.GetBuffer().AsSpan(0, (int)body.Length));
        }
        else
        {
            await AppendLargeBodyAsync(hash, http);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Larger bodies go by way of a file when memory is short of them.
    private static async Task AppendLargeBodyAsync(IncrementalHash hash, HttpContext http)
    {
        http.Request.EnableBuffering();
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            int read;
            while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                hash.AppendData(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        http.Request.Body.Position = 0;
    }

    private static async Task<MemoryStream> ReadAsync(Stream body, long? length, CancellationToken ct)
    {
        var bytes = new MemoryStream((int)(length ?? 0));
        await body.CopyToAsync(bytes, ct);
        bytes.Position = 0;
        return bytes;
    }

    [LoggerMessage(LogLevel.Warning, "The lease on the Idempotency-Key of {RecordId} could not be renewed")]
    private partial void LogNotRenewed(Exception exception, string recordId);

    [LoggerMessage(LogLevel.Warning, "The Idempotency-Key of {RecordId} stays taken until its lease ends")]
    private partial void LogUnsettled(Exception exception, string recordId);
}
