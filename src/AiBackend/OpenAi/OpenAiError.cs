using System.Text.Json;
using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>What is wrong, in OpenAI's form.</summary>
/// <param name="Message">For a person.</param>
/// <param name="Type">The kind: <c>invalid_request_error</c>, <c>permission_error</c>, <c>rate_limit_error</c>, <c>insufficient_quota</c> or <c>server_error</c>.</param>
/// <param name="Param">The field that is wrong, if it is one field.</param>
/// <param name="Code">For programs.</param>
internal sealed record OpenAiError(string Message, string Type, string? Param, string? Code)
{
    /// <summary>How refusals below <c>/v1</c> are sent.</summary>
    public static ErrorForm Form { get; } = new("/v1", typeof(OpenAiErrorBody), Render);

    /// <summary>The refusal in this form.</summary>
    public static OpenAiError Of(ApiException refusal) => new(
        refusal.Message, TypeOf(refusal.Status, refusal.Code), refusal.Errors?.Keys.FirstOrDefault(), CodeOf(refusal.Code));

    /// <summary>The refusal as the event that ends a stream which has begun.</summary>
    public static byte[] EventOf(ApiException refusal) =>
        [.. "data: "u8, .. JsonSerializer.SerializeToUtf8Bytes(new OpenAiErrorBody(Of(refusal)), WireJson.Options), .. "\n\n"u8];

    private static RenderedRefusal Render(ApiException refusal) => new(
        StatusOf(refusal.Status),
        "application/json",
        JsonSerializer.SerializeToUtf8Bytes(new OpenAiErrorBody(Of(refusal)), WireJson.Options));

    // OpenAI answers 400 to whatever is wrong with a request.
    private static int StatusOf(int status) =>
        status == StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest : status;

    private static string TypeOf(int status, string code) => status switch
    {
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status429TooManyRequests => code == "quota_exceeded" ? "insufficient_quota" : "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    // The codes that programs written for OpenAI look for.
    private static string CodeOf(string code) => code switch
    {
        "unauthorized" => "invalid_api_key",
        "rate_limited" or "model_rate_limited" or "embedding_rate_limited" => "rate_limit_exceeded",
        "quota_exceeded" => "insufficient_quota",
        "validation_failed" => "invalid_value",
        _ => code,
    };
}

/// <summary>The body of every refusal below <c>/v1</c>.</summary>
internal sealed record OpenAiErrorBody(OpenAiError Error);
