namespace AiBackend.Http;

/// <summary>Answers 200 with JSON that is already written. The route says by <c>Produces</c> what it is.</summary>
/// <param name="body">UTF-8.</param>
internal sealed class ReadyJson(ReadOnlyMemory<byte> body) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        httpContext.Response.ContentLength = body.Length;
        return httpContext.Response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }
}
