using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Http;

/// <summary>
/// A JSON body: 400 when it is not JSON, 422 when it is not this shape or breaks an attribute of it, with every field that is
/// wrong. Without a body the type's defaults hold, if it has no required field.
/// </summary>
internal sealed record Body<T>(T Value) : IBindableFromHttpContext<Body<T>>, IEndpointParameterMetadataProvider
    where T : class
{
    public static async ValueTask<Body<T>?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        new(await context.RequestServices.GetRequiredService<JsonBodies>().ReadAsync<T>(context));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new JsonBodyMetadata(typeof(T), IsPatch: false));
}

/// <summary>Tells the OpenAPI document of a route that takes a form with a file in place of the JSON body.</summary>
/// <param name="File">The field of the file.</param>
/// <param name="Fields">The other fields, all text, with what they hold.</param>
internal sealed record FormBodyMetadata(string File, IReadOnlyDictionary<string, string> Fields);

/// <summary>Tells the OpenAPI document of a JSON body.</summary>
/// <param name="Type">Its shape.</param>
/// <param name="IsPatch">Whether every field may be left out, and null clears.</param>
internal sealed record JsonBodyMetadata(Type Type, bool IsPatch);
