using System.ComponentModel.DataAnnotations;
using AiBackend.DataStores.VectorStores;

namespace AiBackend.DataStores;

/// <summary>Which fields of a config a kind has, and which of them it must have.</summary>
internal static class StoreFields
{
    private static readonly string[] ServerFields = ["host", "port", "database", "username", "password", "schemas", "tls"];
    private static readonly string[] ServerRequired = ["host", "database", "username"];
    private static readonly string[] VectorFields = ["url", "api_key", "collection", "text_field"];
    private static readonly string[] VectorRequired = ["url", "collection", "text_field"];
    private static readonly string[] FileFields = ["path"];
    private static readonly string[] MongoFields = ["uri", "database"];

    /// <summary>What is wrong with a config of this kind.</summary>
    public static IEnumerable<ValidationResult> Check(StoreKind kind, StoreConfigForm config)
    {
        var (fields, required) = kind switch
        {
            _ when kind.IsServer() => (ServerFields, ServerRequired),
            _ when kind.IsVector() => (VectorFields, VectorRequired),
            _ when kind.IsFile() => (FileFields, FileFields),
            _ => (MongoFields, MongoFields),
        };
        return Check(
            kind,
            fields,
            required,
            [
                ("host", config.Host is not null),
                ("port", config.Port is not null),
                ("database", config.Database is not null),
                ("username", config.Username is not null),
                ("password", config.Password is not null),
                ("schemas", config.Schemas is not null),
                ("tls", config.Tls is not null),
                ("path", config.Path is not null),
                ("uri", config.Uri is not null),
                ("url", config.Url is not null),
                ("api_key", config.ApiKey is not null),
                ("collection", config.Collection is not null),
                ("text_field", config.TextField is not null),
            ]).Concat(NameErrors(kind, config));
    }

    // Names that become part of an address or a query.
    private static IEnumerable<ValidationResult> NameErrors(StoreKind kind, StoreConfigForm config)
    {
        if (kind == StoreKind.Qdrant && config.Collection is ("." or ".."))
        {
            yield return new ValidationResult("This is no name of a collection.", ["config.collection"]);
        }

        if (kind == StoreKind.Weaviate && config.Collection is { } collection && !WeaviateStore.IsClass(collection))
        {
            yield return new ValidationResult("The name of a class is expected: a capital letter, then letters, digits and underscores.", ["config.collection"]);
        }

        if (kind == StoreKind.Weaviate && config.TextField is { } field && !WeaviateStore.IsProperty(field))
        {
            yield return new ValidationResult("The name of a property is expected: letters, digits and underscores.", ["config.text_field"]);
        }
    }

    /// <summary>What is wrong, by the fields that are there.</summary>
    public static IEnumerable<ValidationResult> Check(
        StoreKind kind, IReadOnlyList<string> fields, IReadOnlyList<string> required, IReadOnlyList<(string Field, bool IsThere)> given)
    {
        var name = kind.ToString().ToLowerInvariant();
        foreach (var (field, isThere) in given)
        {
            if (isThere && !fields.Contains(field))
            {
                yield return new ValidationResult($"{name} has no such field; it takes {string.Join(", ", fields)}.", [$"config.{field}"]);
            }
            else if (!isThere && required.Contains(field))
            {
                yield return new ValidationResult($"{name} needs this field.", [$"config.{field}"]);
            }
        }
    }
}
