using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>Reads bodies that are JSON, as bytes.</summary>
internal static class RequestBytes
{
    private const int FirstSize = 4 * 1024;

    /// <summary>The whole body; its length is bounded before any endpoint runs.</summary>
    public static async ValueTask<byte[]> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength is 0 or null && request.ContentType is null)
        {
            throw ApiException.Malformed("A JSON body is expected.");
        }

        if (!JsonMediaType.IsJson(request.ContentType) || request.Headers.ContentEncoding.Count > 0)
        {
            throw new ApiException(
                StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "Send JSON in UTF-8, with Content-Type: application/json and no Content-Encoding.");
        }

        if (request.ContentLength is { } length)
        {
            var body = new byte[length];
            await request.Body.ReadExactlyAsync(body, ct);
            return body;
        }

        using var bytes = new MemoryStream(FirstSize);
        await request.Body.CopyToAsync(bytes, ct);
        return bytes.ToArray();
    }
}
