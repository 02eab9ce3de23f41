using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Primitives;

namespace AiBackend.Http;

/// <summary>An answer that shows a version; it gets the <c>ETag</c> header.</summary>
internal interface IVersioned
{
    long Version { get; }
}

/// <summary>What the caller believes the version to be (<c>If-Match</c>); without the header anything matches.</summary>
internal sealed class IfMatch : IBindableFromHttpContext<IfMatch>, IEndpointParameterMetadataProvider
{
    private readonly StringValues header;

    private IfMatch(StringValues header) => this.header = header;

    /// <summary>Refuses (412) unless the stored version is among those that the caller named. Call it inside the commit.</summary>
    public void Require(long version)
    {
        if (header.Count > 0 && !Names(version))
        {
            throw Mismatch();
        }
    }

    public static ApiException Mismatch() => new(
        StatusCodes.Status412PreconditionFailed, "version_mismatch", "It has another version than If-Match says; read it again.");

    /// <summary>The header value of a version.</summary>
    public static string ETag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    public static ValueTask<IfMatch?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<IfMatch?>(new IfMatch(context.Request.Headers.IfMatch));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new RequestHeaderMetadata("If-Match", "The ETag of the version that is meant; another one is refused with 412."));

    private bool Names(long version)
    {
        var expected = ETag(version);
        foreach (var line in header)
        {
            foreach (var tag in (line ?? string.Empty).Split(',', StringSplitOptions.TrimEntries))
            {
                if (tag == "*" || tag == expected)
                {
                    return true;
                }
            }
        }

        return false;
    }
}

/// <summary>Tells the OpenAPI document of a header that a route reads.</summary>
internal sealed record RequestHeaderMetadata(string Name, string Description);

/// <summary>Tells the OpenAPI document of a query parameter that a route reads by itself.</summary>
internal sealed record QueryParameterMetadata(string Name, string Description, Type Type);
