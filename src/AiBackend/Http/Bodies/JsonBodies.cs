using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace AiBackend.Http;

/// <summary>Reads JSON bodies by one set of rules. The good ones take one pass; what is wrong with a bad one is found by a second.</summary>
internal sealed class JsonBodies(IServiceProvider services)
{
    private readonly JsonRules rules = new(services);

    /// <summary>The body as this type.</summary>
    public async ValueTask<T> ReadAsync<T>(HttpContext http)
        where T : class
    {
        if (http.Request.ContentLength == 0 || !HasBody(http))
        {
            return ParseNothing<T>();
        }

        RequireJsonType(http.Request);
        var reader = http.Request.BodyReader;
        var body = await ReadAllAsync(reader, http.RequestAborted);
        try
        {
            return body.IsEmpty ? ParseNothing<T>() : Read(body, this, static (self, bytes) => self.Parse<T>(bytes));
        }
        finally
        {
            reader.AdvanceTo(body.End);
        }
    }

    /// <summary>The body as JSON of whatever shape.</summary>
    public async ValueTask<JsonElement> ReadElementAsync(HttpContext http)
    {
        if (http.Request.ContentLength == 0 || !HasBody(http))
        {
            throw Missing();
        }

        RequireJsonType(http.Request);
        var reader = http.Request.BodyReader;
        var body = await ReadAllAsync(reader, http.RequestAborted);
        try
        {
            return body.IsEmpty ? throw Missing() : Read(body, this, static (_, bytes) => ParseElement(bytes));
        }
        finally
        {
            reader.AdvanceTo(body.End);
        }
    }

    /// <summary>The text as this type, by the same rules as a body.</summary>
    public T Parse<T>(ReadOnlySpan<byte> json)
        where T : class
    {
        JsonText.RequireStorable(json);
        T? value;
        try
        {
            value = JsonSerializer.Deserialize<T>(json, WireJson.Options);
        }
        catch (JsonException exception)
        {
            throw JsonText.Explain(json, WireJson.Options.GetTypeInfo(typeof(T)), exception);
        }

        if (value is null)
        {
            throw ApiException.Invalid("body", "A JSON object is expected.");
        }

        rules.Require(value);
        return value;
    }

    private static JsonElement ParseElement(ReadOnlySpan<byte> json)
    {
        JsonText.RequireStorable(json);
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(json, WireJson.Options);
        }
        catch (JsonException exception)
        {
            throw JsonText.Explain(json, type: null, exception);
        }
    }

    private T ParseNothing<T>()
        where T : class
    {
        var type = WireJson.Options.GetTypeInfo(typeof(T));
        foreach (var property in type.Properties)
        {
            if (property.IsRequired)
            {
                throw Missing();
            }
        }

        return Parse<T>("{}"u8);
    }

    private static TResult Read<TResult>(ReadOnlySequence<byte> body, JsonBodies self, ParseBytes<TResult> parse)
    {
        if (body.IsSingleSegment)
        {
            return parse(self, body.FirstSpan);
        }

        var length = (int)body.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(rented);
            return parse(self, rented.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private delegate TResult ParseBytes<TResult>(JsonBodies self, ReadOnlySpan<byte> bytes);

    // The length is bounded by BodyLimits, which stands before every endpoint.
    private static async ValueTask<ReadOnlySequence<byte>> ReadAllAsync(PipeReader reader, CancellationToken ct)
    {
        while (true)
        {
            var result = await reader.ReadAsync(ct);
            if (result.IsCompleted)
            {
                return result.Buffer;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static bool HasBody(HttpContext http) =>
        http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;

    private static void RequireJsonType(HttpRequest request)
    {
        if (!JsonMediaType.IsJson(request.ContentType) || request.Headers.ContentEncoding.Count > 0)
        {
            throw new ApiException(
                StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "Send JSON in UTF-8, with Content-Type: application/json and no Content-Encoding.");
        }
    }

    private static ApiException Missing() => ApiException.Malformed("A JSON body is expected.");
}
