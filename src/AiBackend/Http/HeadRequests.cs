namespace AiBackend.Http;

/// <summary>Serves HEAD wherever there is a GET: the same answer without its body.</summary>
internal sealed class HeadRequests(RequestDelegate next)
{
    private static readonly object Mark = new();

    /// <summary>Whether the request that looks like a GET to the endpoint is a HEAD.</summary>
    public static bool IsHead(HttpContext http) => http.Items.ContainsKey(Mark);

    public async Task InvokeAsync(HttpContext http)
    {
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await next(http);
            return;
        }

        http.Items[Mark] = Mark;
        http.Request.Method = HttpMethods.Get;
        var body = http.Response.Body;
        http.Response.Body = Stream.Null;
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = body;
            http.Request.Method = HttpMethods.Head;
        }
    }
}
