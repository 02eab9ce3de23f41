using System.Text.Json;
using AiBackend.Http;

namespace AiBackend.Semantics.Cube;

/// <summary>A semantic server does not answer as it should. The text is for people and holds no secret.</summary>
/// <param name="fault">What is wrong.</param>
/// <param name="detail">In words, with the server's own where there are any.</param>
internal sealed class CubeException(CubeFault fault, string detail, Exception? inner = null) : Exception(detail, inner)
{
    public CubeFault Fault { get; } = fault;

    /// <summary>The fault as programs tell it by: <c>bad_secret</c>, <c>timed_out</c>, ….</summary>
    public string Code => JsonNamingPolicy.SnakeCaseLower.ConvertName(Fault.ToString());

    /// <summary>How a request is refused that the server was needed for: 422 where the query is at fault, else 503.</summary>
    public ApiException ToProblem() => Fault switch
    {
        CubeFault.BadQuery => new ApiException(StatusCodes.Status422UnprocessableEntity, "query_failed", Message),
        CubeFault.TooLarge => new ApiException(StatusCodes.Status422UnprocessableEntity, "too_large", Message),
        CubeFault.Failed => new ApiException(StatusCodes.Status422UnprocessableEntity, "query_failed", Message),
        _ => new ApiException(StatusCodes.Status503ServiceUnavailable, "unavailable", Message) { RetryAfter = TimeSpan.FromSeconds(10) },
    };
}

/// <summary>Why a semantic server fails.</summary>
internal enum CubeFault
{
    /// <summary>The address may not be used, by the operator's settings.</summary>
    NotAllowed,

    /// <summary>The host is not known.</summary>
    UnknownHost,

    /// <summary>Nobody answers there, or not as Cube does.</summary>
    Unreachable,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The server does not take tokens signed with the <c>api_secret</c>.</summary>
    BadSecret,

    /// <summary>The server does not take the query.</summary>
    BadQuery,

    /// <summary>The answer is larger than is taken.</summary>
    TooLarge,

    /// <summary>The server failed, in its models or its database.</summary>
    Failed,
}
