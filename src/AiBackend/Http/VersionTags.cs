namespace AiBackend.Http;

/// <summary>Gives every answer that shows a version its <c>ETag</c>.</summary>
internal sealed class VersionTags : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        var answer = result is INestedHttpResult nested ? nested.Result : result;
        if ((answer is IValueHttpResult { Value: var value } ? value : answer) is IVersioned versioned)
        {
            context.HttpContext.Response.Headers.ETag = IfMatch.ETag(versioned.Version);
        }

        return result;
    }
}
