using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AiBackend.Documents;

/// <summary>A field of a document type as an adapter sees it: read without serialising the document.</summary>
public sealed class StoredField
{
    private readonly JsonPropertyInfo[] chain;

    private StoredField(FieldPath path, JsonPropertyInfo[] chain)
    {
        Path = path;
        this.chain = chain;
        IsNullable = chain.Any(property =>
            property.PropertyType.IsValueType ? Nullable.GetUnderlyingType(property.PropertyType) is not null : property.IsGetNullable);
    }

    /// <summary>Where the field is in the stored JSON.</summary>
    public FieldPath Path { get; }

    /// <summary>Whether the type allows the field, or what it is in, to be null.</summary>
    public bool IsNullable { get; }

    /// <summary>Finds the field of the type.</summary>
    /// <exception cref="InvalidOperationException">The type's JSON has no such field.</exception>
    public static StoredField Of(Type documentType, FieldPath path)
    {
        var names = path.Value.Split('.');
        var chain = new JsonPropertyInfo[names.Length];
        var type = documentType;
        for (var i = 0; i < names.Length; i++)
        {
            chain[i] = DocumentJson.Options.GetTypeInfo(type).Properties
                .SingleOrDefault(property => property.Name == names[i] && property.Get is not null)
                ?? throw new InvalidOperationException($"{documentType.Name} does not store a field {path}.");
            type = Nullable.GetUnderlyingType(chain[i].PropertyType) ?? chain[i].PropertyType;
        }

        return new StoredField(path, chain);
    }

    /// <summary>The document's value of the field, as <see cref="StoredValue.Of"/> gives it.</summary>
    public object? Read(Document document)
    {
        object? value = document;
        foreach (var property in chain)
        {
            value = property.Get!(value);
            if (value is null)
            {
                return null;
            }
        }

        return StoredValue.Of(value);
    }
}

/// <summary>Values of fields and queries in the form in which they are stored and compared.</summary>
public static class StoredValue
{
    private static readonly ConcurrentDictionary<Enum, string> EnumTexts = new();

    /// <summary>
    /// A string, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/> or null: what <see cref="DocumentJson"/> writes
    /// for the value, so enums and times are text.
    /// </summary>
    /// <exception cref="ArgumentException">The value is stored as an object or a list, which cannot be compared.</exception>
    public static object? Of(object? value) => value switch
    {
        null or string or long or double or bool => value,
        int number => (long)number,
        decimal number => (double)number,
        Enum name => EnumTexts.GetOrAdd(name, static found =>
            JsonSerializer.SerializeToElement(found, found.GetType(), DocumentJson.Options).GetString()!),
        DateTimeOffset time => UtcTimeConverter.Text(time),
        _ => OfElement(JsonSerializer.SerializeToElement(value, value.GetType(), DocumentJson.Options)),
    };

    /// <summary>The same for a value in JSON.</summary>
    /// <exception cref="ArgumentException">The value is an object or a list.</exception>
    public static object? OfElement(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.TryGetInt64(out var number) ? number : element.GetDouble(),
        _ => throw new ArgumentException($"A {element.ValueKind} cannot be compared with a field."),
    };
}
