using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AiBackend.Http;

/// <summary>
/// Finds every place where well-formed JSON is not of a type's shape. Runs only after the serializer has failed, which names one
/// place, in its own words, and knows no snake case.
/// </summary>
internal static class JsonShape
{
    private const string Repeated = "This field is given more than once.";

    /// <summary>Collects the errors; without a type only repeated fields are looked for.</summary>
    public static void Check(JsonElement value, JsonTypeInfo? type, string path, FieldErrors errors)
    {
        if (errors.IsFull)
        {
            return;
        }

        switch (type?.Kind)
        {
            case JsonTypeInfoKind.Object when type.PolymorphismOptions is null:
                CheckObject(value, type, path, errors);
                break;
            case JsonTypeInfoKind.Enumerable when Element(type) is { } element:
                CheckList(value, element, path, errors);
                break;
            case JsonTypeInfoKind.Dictionary when Element(type) is { } element:
                CheckDictionary(value, element, path, errors);
                break;
            case null:
                CheckFree(value, path, errors);
                break;
            default:
                CheckValue(value, type, path, errors);
                break;
        }
    }

    private static JsonTypeInfo? Element(JsonTypeInfo type) =>
        type.ElementType is { } element ? type.Options.GetTypeInfo(element) : null;

    private static void CheckObject(JsonElement value, JsonTypeInfo type, string path, FieldErrors errors)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Add(path, "A JSON object is expected.");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            var fieldPath = FieldErrors.Join(path, field.Name);
            var property = type.Properties.FirstOrDefault(candidate => candidate.Name == field.Name);
            if (!seen.Add(field.Name))
            {
                errors.Add(fieldPath, Repeated);
            }
            else if (property is null)
            {
                errors.Add(fieldPath, "There is no such field.");
            }
            else if (field.Value.ValueKind == JsonValueKind.Null)
            {
                CheckNull(property, fieldPath, errors);
            }
            else
            {
                Check(field.Value, type.Options.GetTypeInfo(property.PropertyType), fieldPath, errors);
            }
        }

        foreach (var property in type.Properties)
        {
            if (property.IsRequired && !seen.Contains(property.Name))
            {
                errors.Add(FieldErrors.Join(path, property.Name), "This field is required.");
            }
        }
    }

    private static void CheckNull(JsonPropertyInfo property, string path, FieldErrors errors)
    {
        var isNullable = property.PropertyType.IsValueType
            ? Nullable.GetUnderlyingType(property.PropertyType) is not null || property.PropertyType == typeof(Documents.RawJson)
            : property.IsSetNullable;
        if (!isNullable)
        {
            errors.Add(path, "This field cannot be null.");
        }
    }

    private static void CheckList(JsonElement value, JsonTypeInfo element, string path, FieldErrors errors)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            errors.Add(path, "A list is expected.");
            return;
        }

        var index = 0;
        foreach (var entry in value.EnumerateArray())
        {
            Check(entry, element, $"{path}[{index++}]", errors);
        }
    }

    private static void CheckDictionary(JsonElement value, JsonTypeInfo element, string path, FieldErrors errors)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Add(path, "A JSON object is expected.");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in value.EnumerateObject())
        {
            var entryPath = FieldErrors.Join(path, entry.Name);
            if (!seen.Add(entry.Name))
            {
                errors.Add(entryPath, Repeated);
            }

            Check(entry.Value, element, entryPath, errors);
        }
    }

    private static void CheckFree(JsonElement value, string path, FieldErrors errors)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var field in value.EnumerateObject())
            {
                var fieldPath = FieldErrors.Join(path, field.Name);
                if (!seen.Add(field.Name))
                {
                    errors.Add(fieldPath, Repeated);
                }

                Check(field.Value, type: null, fieldPath, errors);
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var entry in value.EnumerateArray())
            {
                Check(entry, type: null, $"{path}[{index++}]", errors);
            }
        }
    }

    private static void CheckValue(JsonElement value, JsonTypeInfo type, string path, FieldErrors errors)
    {
        if (type.Type == typeof(Documents.RawJson) || type.Type == typeof(JsonElement))
        {
            CheckFree(value, path, errors);
            return;
        }

        try
        {
            value.Deserialize(type);
        }
        catch (JsonException exception)
        {
            errors.Add(path, Expectation(type.Type, exception));
        }
    }

    private static string Expectation(Type type, JsonException exception)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum)
        {
            var names = string.Join(", ", Enum.GetNames(plain).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName));
            var remark = plain.GetCustomAttribute<DescriptionAttribute>()?.Description;
            return $"One of {names} is expected.{(remark is null ? null : $" {remark}")}";
        }

        if (plain == typeof(DateTimeOffset))
        {
            return "An RFC 3339 time such as 2026-11-22T15:04:05.678Z is expected.";
        }

        return Type.GetTypeCode(plain) switch
        {
            TypeCode.String => "A text is expected.",
            TypeCode.Boolean => "true or false is expected.",
            TypeCode.Int32 or TypeCode.Int64 or TypeCode.Int16 or TypeCode.Byte => "A whole number in range is expected.",
            TypeCode.Double or TypeCode.Single or TypeCode.Decimal => "A number is expected.",
            _ => WithoutPlace(exception.Message),
        };
    }

    // A converter of ours says what it expects; the serializer appends where it was, which the field's path says already.
    private static string WithoutPlace(string message)
    {
        var place = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return place < 0 ? message : message[..place];
    }
}
