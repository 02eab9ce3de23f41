namespace AiBackend.Http;

/// <summary>
/// Holds a POST whose route takes no body to that: none, or an object without fields. What else is in it would seem to have an effect.
/// </summary>
internal sealed class EmptyBodies(RequestDelegate next, JsonBodies bodies)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (HttpMethods.IsPost(http.Request.Method)
            && http.GetEndpoint()?.Metadata is { } metadata
            && metadata.GetMetadata<KnownQuery>() is not null
            && metadata.GetMetadata<JsonBodyMetadata>() is null
            && metadata.GetMetadata<BodyLimit>() is null)
        {
            await bodies.ReadAsync<NoFields>(http);
        }

        await next(http);
    }

    private sealed record NoFields;
}
