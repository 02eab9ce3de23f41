using System.Buffers;

namespace AiBackend.Http;

/// <summary>The name of one request in logs: the caller's, when it is short and plain, or one made here.</summary>
internal static class RequestId
{
    public const string Header = "X-Request-Id";

    private const int MaxLength = 128;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:");

    /// <summary>Settles the id and answers it in the header.</summary>
    public static void Assign(HttpContext http)
    {
        var given = http.Request.Headers[Header];
        var id = given.Count == 1 && given[0] is { Length: > 0 and <= MaxLength } text && !text.AsSpan().ContainsAnyExcept(Plain)
            ? text
            : Tracing.NewTraceId();
        http.TraceIdentifier = id;
        http.Response.Headers[Header] = id;
    }
}
