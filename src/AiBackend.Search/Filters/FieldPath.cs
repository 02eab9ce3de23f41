using System.Text.Json;

namespace AiBackend.Search.Filters;

/// <summary>Finds a field by its name, or by a dotted way into objects.</summary>
internal static class FieldPath
{
    public static JsonElement? Find(IReadOnlyDictionary<string, JsonElement> fields, string path)
    {
        if (fields.TryGetValue(path, out var value))
        {
            return value;
        }

        for (var dot = path.IndexOf('.'); dot >= 0; dot = path.IndexOf('.', dot + 1))
        {
            if (fields.TryGetValue(path[..dot], out var inner) && Find(inner, path.AsSpan(dot + 1)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    public static JsonElement? Find(JsonElement element, ReadOnlySpan<char> path)
    {
        try
        {
            return FindInside(element, path);
        }
        catch (InvalidOperationException)
        {
            // A name beside the wanted one escapes half a surrogate pair; the object cannot be read by name at all.
            return null;
        }
    }

    private static JsonElement? FindInside(JsonElement element, ReadOnlySpan<char> path)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (element.TryGetProperty(path, out var value))
        {
            return value;
        }

        for (var dot = path.IndexOf('.'); dot >= 0;)
        {
            if (element.TryGetProperty(path[..dot], out var inner) && FindInside(inner, path[(dot + 1)..]) is { } found)
            {
                return found;
            }

            var next = path[(dot + 1)..].IndexOf('.');
            dot = next < 0 ? -1 : dot + 1 + next;
        }

        return null;
    }
}
