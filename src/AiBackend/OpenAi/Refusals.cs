using System.Text.Json;
using System.Text.RegularExpressions;
using AiBackend.Ai;
using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>The refusals of this face.</summary>
internal static partial class Refusals
{
    private const int LongestMessage = 2_000;
    private const string InvalidRequest = "invalid_request_error";

    /// <summary>The caller has not got to repeat what was stored: OpenAI's own libraries read this header.</summary>
    public const string RetryHeader = "x-should-retry";

    /// <summary>No model of this name is served.</summary>
    public static ApiException NoSuchModel(string model) => WithField(
        new ApiException(
            StatusCodes.Status404NotFound, "model_not_found", $"The model {Shown(model)} does not exist here, or the key may not use it; see GET /v1/models."),
        "model");

    /// <summary>What a failure of a model's server means to the caller.</summary>
    /// <param name="prefix"><c>model</c> or <c>embedding</c>.</param>
    public static ApiException Of(UpstreamException failure, string prefix) =>
        OfCode(failure.Code(prefix), failure.Message, failure.RetryAfter);

    /// <summary>What a failure with a code such as <c>model_timeout</c> means to the caller.</summary>
    public static ApiException OfCode(string code, string detail, TimeSpan? retryAfter = null)
    {
        var status = code switch
        {
            "internal_error" => StatusCodes.Status500InternalServerError,
            _ when code.EndsWith("_unavailable", StringComparison.Ordinal) => StatusCodes.Status503ServiceUnavailable,
            _ when code.EndsWith("_timeout", StringComparison.Ordinal) => StatusCodes.Status504GatewayTimeout,
            _ when code.EndsWith("_rate_limited", StringComparison.Ordinal) => StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status502BadGateway,
        };
        var waits = status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests;
        return new ApiException(status, code, detail) { RetryAfter = waits ? retryAfter ?? TimeSpan.FromSeconds(1) : null };
    }

    /// <summary>
    /// The model's server says that the request is wrong. Only what has the form of OpenAI's own refusals of requests is passed on: it
    /// tells of the caller's own request. Anything else that a server says stays out of answers.
    /// </summary>
    public static ApiException OfRequest(ReadOnlySpan<byte> said)
    {
        var (message, param, code) = Read(said);
        var refusal = new ApiException(
            StatusCodes.Status400BadRequest, code ?? "model_rejected", message ?? $"{ModelChatClient.Server} refused the request.");
        return param is null ? refusal : WithField(refusal, param);
    }

    private static (string? Message, string? Param, string? Code) Read(ReadOnlySpan<byte> said)
    {
        try
        {
            var reader = new Utf8JsonReader(said);
            var error = JsonElement.ParseValue(ref reader) is { ValueKind: JsonValueKind.Object } body
                && body.TryGetProperty("error", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
            return error.ValueKind == JsonValueKind.Object && Text(error, "type") == InvalidRequest
                ? (Cut(Text(error, "message")), Word(Text(error, "param")), Word(Text(error, "code")))
                : default;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Cut(string? text) => text is { Length: > LongestMessage } ? text[..LongestMessage] : text;

    private static string? Word(string? text) => text is not null && Words().IsMatch(text) ? text : null;

    private static string Shown(string model) => model.Length <= 100 ? model : $"{model[..100]}…";

    private static ApiException WithField(ApiException refusal, string field) => new(refusal.Status, refusal.Code, refusal.Message)
    {
        Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [refusal.Message] },
    };

    [GeneratedRegex(@"^[\w.\[\]-]{1,100}$")]
    private static partial Regex Words();
}
