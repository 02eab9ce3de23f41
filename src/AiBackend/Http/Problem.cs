using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AiBackend.Documents;
using Microsoft.AspNetCore.WebUtilities;

namespace AiBackend.Http;

/// <summary>The body of every refusal: RFC 9457, with a code for programs and the trace for whoever searches the logs.</summary>
internal sealed record Problem(string Type, string Title, int Status, string Detail, string Instance, string Code, string TraceId)
{
    public const string MediaType = "application/problem+json";

    /// <summary>What is wrong by field; with status 422 only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>What could be asked instead; with <c>question_not_understood</c> only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Suggestions { get; init; }

    /// <summary>The refusal that an exception stands for; null when it is a fault of the service.</summary>
    public static ApiException? RefusalOf(Exception exception, HttpContext http) => exception switch
    {
        ApiException refusal => refusal,
        VersionConflictException when http.Request.Headers.IfMatch.Count > 0 => IfMatch.Mismatch(),
        VersionConflictException => ApiException.Conflict("It was changed in the meantime; read it again and repeat."),
        DuplicateKeyException => ApiException.Conflict("Another one with the same unique fields exists."),
        InvalidCursorException invalid => new ApiException(StatusCodes.Status400BadRequest, "invalid_cursor", invalid.Message),
        StoreUnavailableException => Unavailable(),
        BadHttpRequestException bad => BadRequest(bad),
        _ => null,
    };

    /// <summary>The refusal for a status that a part of the framework has set without a body.</summary>
    public static ApiException RefusalOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => new(status, "unauthorized", "A valid key is needed."),
        StatusCodes.Status403Forbidden => ApiException.Forbidden("The key may not do this."),
        StatusCodes.Status404NotFound => ApiException.NotFound(),
        StatusCodes.Status405MethodNotAllowed => new(status, "method_not_allowed", "The address does not know this method; see Allow."),
        StatusCodes.Status413PayloadTooLarge => new(status, "too_large", "The body is too large."),
        StatusCodes.Status415UnsupportedMediaType => new(status, "unsupported_media_type", "The media type is not supported here."),
        StatusCodes.Status500InternalServerError => Fault(),
        _ => new(status, "bad_request", "The request cannot be served as it is."),
    };

    /// <summary>What is answered for a fault of the service: no word about its cause.</summary>
    public static ApiException Fault() => new(
        StatusCodes.Status500InternalServerError, "internal_error", "The service failed. The trace_id leads to the cause in its logs.");

    /// <summary>The problem as sent for this request.</summary>
    public static Problem Of(ApiException refusal, HttpContext http) => new(
        "about:blank",
        ReasonPhrases.GetReasonPhrase(refusal.Status),
        refusal.Status,
        refusal.Message,
        http.Request.Path.Value ?? "/",
        refusal.Code,
        Tracing.CurrentTraceId())
    {
        Errors = refusal.Errors,
        Suggestions = refusal.Suggestions,
    };

    /// <summary>The refusal as it is sent where the request went: as a problem, or in the form of that part of the interface.</summary>
    public static RenderedRefusal Render(ApiException refusal, HttpContext http)
    {
        foreach (var form in http.RequestServices.GetServices<ErrorForm>())
        {
            if (http.Request.Path.StartsWithSegments(form.Path))
            {
                return form.Render(refusal);
            }
        }

        return new RenderedRefusal(refusal.Status, MediaType, JsonSerializer.SerializeToUtf8Bytes(Of(refusal, http), WireJson.Options));
    }

    /// <summary>Answers the refusal. Nothing may have been sent yet.</summary>
    public static async Task WriteAsync(HttpContext http, ApiException refusal)
    {
        var (status, mediaType, body) = Render(refusal, http);
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = mediaType;
        response.ContentLength = body.Length;
        if (refusal.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        await response.Body.WriteAsync(body, http.RequestAborted);
    }

    private static ApiException Unavailable() =>
        new(StatusCodes.Status503ServiceUnavailable, "unavailable", "The storage does not answer at the moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(2),
        };

    private static ApiException BadRequest(BadHttpRequestException bad)
    {
        if (bad.StatusCode != StatusCodes.Status400BadRequest)
        {
            return RefusalOf(bad.StatusCode);
        }

        // The framework's text for a route or query value that has the wrong type: Failed to bind parameter "int? limit" from "x".
        var quoted = bad.Message.StartsWith("Failed to bind parameter \"", StringComparison.Ordinal) ? bad.Message.Split('"')[1] : null;
        return quoted is null
            ? RefusalOf(bad.StatusCode)
            : ApiException.Invalid(JsonNamingPolicy.SnakeCaseLower.ConvertName(quoted[(quoted.LastIndexOf(' ') + 1)..]), "This value has the wrong form.");
    }
}
