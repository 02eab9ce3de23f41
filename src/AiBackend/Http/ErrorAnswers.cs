using Microsoft.AspNetCore.Http.Features;

namespace AiBackend.Http;

/// <summary>
/// The outermost part of the pipeline: names the request, and turns whatever goes wrong inside into a problem. Answers of
/// the framework that have a status but no body get one too.
/// </summary>
internal sealed partial class ErrorAnswers(RequestDelegate next, ILogger<ErrorAnswers> logger)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext http)
    {
        RequestId.Assign(http);
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null or 0 })
            {
                await Problem.WriteAsync(http, Problem.RefusalOf(http.Response.StatusCode));
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            if (!http.Response.HasStarted)
            {
                http.Response.StatusCode = ClientClosedRequest;
            }
        }
#pragma warning disable CA1031 // The edge of a request: whatever comes is logged once and answered.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await AnswerAsync(http, exception);
        }
    }

    private async Task AnswerAsync(HttpContext http, Exception exception)
    {
        var refusal = Problem.RefusalOf(exception, http);
        if (refusal is null)
        {
            LogFault(exception, http.Request.Method, (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
            refusal = Problem.Fault();
        }
        else if (refusal.Status >= StatusCodes.Status500InternalServerError)
        {
            LogUnavailable(exception, refusal.Code);
        }

        if (http.Response.HasStarted)
        {
            // The status line is out: breaking the connection is the one way left to say that the answer is not whole.
            http.Features.Get<IHttpRequestLifetimeFeature>()?.Abort();
            return;
        }

        ResetAnswer(http.Response);
        await Problem.WriteAsync(http, refusal);
    }

    // Headers of the request as such (its id, the rate limit) hold for the problem as well; those of the lost answer do not.
    private static void ResetAnswer(HttpResponse response)
    {
        response.Headers.ETag = default;
        response.Headers.Location = default;
        response.Headers.CacheControl = default;
        response.Headers.ContentLength = null;
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Route} failed")]
    private partial void LogFault(Exception exception, string method, string? route);

    [LoggerMessage(LogLevel.Warning, "A request was refused with {Code}")]
    private partial void LogUnavailable(Exception exception, string code);
}
