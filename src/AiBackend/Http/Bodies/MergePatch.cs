using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Http;

/// <summary>
/// A field that a patch may set but not clear: falling back to the default would do more than the caller may mean, such as turn
/// something on.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NotClearedAttribute : Attribute;

/// <summary>
/// A JSON merge patch (RFC 7396) onto the editable form of a resource: absent stays, null clears (back to the default where
/// there is one).
/// </summary>
internal sealed class MergePatch<T> : IBindableFromHttpContext<MergePatch<T>>, IEndpointParameterMetadataProvider
    where T : class
{
    private readonly JsonBodies bodies;
    private readonly JsonElement patch;

    private MergePatch(JsonBodies bodies, JsonElement patch)
    {
        this.bodies = bodies;
        this.patch = patch;
    }

    /// <summary>The form with the patch applied, checked like a body.</summary>
    /// <exception cref="ApiException">422: the result is not valid, or a field is cleared that cannot be (<see cref="NotClearedAttribute"/>).</exception>
    public T ApplyTo(T current)
    {
        RequireKept();
        var target = JsonSerializer.SerializeToNode(current, WireJson.Options);
        return bodies.Parse<T>(JsonSerializer.SerializeToUtf8Bytes(Merge(target, patch), WireJson.Options));
    }

    /// <summary>As <see cref="ApplyTo"/>, and whether anything is different then: if not, there is nothing to store.</summary>
    public bool Changes(T current, out T changed)
    {
        changed = ApplyTo(current);
        return !JsonSerializer.SerializeToUtf8Bytes(current, WireJson.Options).AsSpan()
            .SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(changed, WireJson.Options));
    }

    /// <summary>
    /// Whether the patch names this field, also to clear it or something that it lies in. The names lead from the outside in.
    /// </summary>
    public bool Names(params ReadOnlySpan<string> path)
    {
        var at = patch;
        foreach (var name in path)
        {
            if (at.ValueKind != JsonValueKind.Object)
            {
                return true;
            }

            if (!at.TryGetProperty(name, out at))
            {
                return false;
            }
        }

        return true;
    }

    public static async ValueTask<MergePatch<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var bodies = context.RequestServices.GetRequiredService<JsonBodies>();
        var patch = await bodies.ReadElementAsync(context);
        return patch.ValueKind == JsonValueKind.Object
            ? new MergePatch<T>(bodies, patch)
            : throw ApiException.Invalid("body", "A JSON object is expected.");
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new JsonBodyMetadata(typeof(T), IsPatch: true));

    private void RequireKept()
    {
        foreach (var property in WireJson.Options.GetTypeInfo(typeof(T)).Properties)
        {
            if (patch.TryGetProperty(property.Name, out var value)
                && value.ValueKind == JsonValueKind.Null
                && property.AttributeProvider?.IsDefined(typeof(NotClearedAttribute), inherit: true) is true)
            {
                throw ApiException.Invalid(property.Name, "This field cannot be null.");
            }
        }
    }

    private static JsonNode? Merge(JsonNode? target, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            return patch.ValueKind == JsonValueKind.Null ? null : JsonSerializer.SerializeToNode(patch, WireJson.Options);
        }

        var merged = target as JsonObject ?? [];
        foreach (var field in patch.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null)
            {
                merged.Remove(field.Name);
                continue;
            }

            merged.TryGetPropertyValue(field.Name, out var before);
            var after = Merge(before, field.Value);
            if (!ReferenceEquals(before, after))
            {
                merged[field.Name] = after;
            }
        }

        return merged;
    }
}
