using System.Collections;
using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AiBackend.Http;

/// <summary>
/// Checks the validation attributes of what was read, all of them, with the names that the wire has. What there is to check of a
/// type is found once.
/// </summary>
internal sealed class JsonRules(IServiceProvider services)
{
    private readonly ConcurrentDictionary<Type, TypeRules> byType = new();

    /// <summary>Refuses (422) what breaks a rule.</summary>
    public void Require<T>(T value)
        where T : class
    {
        var rules = RulesOf(typeof(T));
        if (rules.IsEmpty)
        {
            return;
        }

        FieldErrors? errors = null;
        Check(rules, value, path: string.Empty, ref errors);
        if (errors is not null)
        {
            throw errors.ToException();
        }
    }

    private void Check(TypeRules rules, object value, string path, ref FieldErrors? errors)
    {
        foreach (var property in rules.Properties)
        {
            var field = property.Get(value);
            CheckAttributes(property, field, path, ref errors);
            if (field is not null && property.MayHaveRules)
            {
                CheckWithin(field, FieldErrors.Join(path, property.Name), ref errors);
            }
        }

        if (rules.IsSelfChecking)
        {
            foreach (var result in ((IValidatableObject)value).Validate(new ValidationContext(value, services, items: null)))
            {
                foreach (var member in result.MemberNames.DefaultIfEmpty(string.Empty))
                {
                    (errors ??= new()).Add(
                        member.Length == 0 ? path : FieldErrors.Join(path, JsonNamingPolicy.SnakeCaseLower.ConvertName(member)),
                        result.ErrorMessage ?? "This value is not valid.");
                }
            }
        }
    }

    private void CheckAttributes(PropertyRules property, object? field, string path, ref FieldErrors? errors)
    {
        foreach (var attribute in property.Attributes)
        {
            var context = new ValidationContext(this, property.Name, services, items: null) { MemberName = property.Name };
            if (attribute.GetValidationResult(field, context) is { } failed)
            {
                (errors ??= new()).Add(FieldErrors.Join(path, property.Name), failed.ErrorMessage ?? "This value is not valid.");
            }
        }
    }

    private void CheckWithin(object value, string path, ref FieldErrors? errors)
    {
        switch (value)
        {
            case string:
                break;
            case IDictionary dictionary:
                foreach (DictionaryEntry entry in dictionary)
                {
                    if (entry.Value is not null)
                    {
                        CheckWithin(entry.Value, FieldErrors.Join(path, entry.Key.ToString()!), ref errors);
                    }
                }

                break;
            case IEnumerable list:
                var index = 0;
                foreach (var entry in list)
                {
                    var entryPath = $"{path}[{index++}]";
                    if (entry is null)
                    {
                        (errors ??= new()).Add(entryPath, "An entry cannot be null.");
                    }
                    else
                    {
                        CheckWithin(entry, entryPath, ref errors);
                    }
                }

                break;
            default:
                if (RulesOf(value.GetType()) is { IsEmpty: false } rules)
                {
                    Check(rules, value, path, ref errors);
                }

                break;
        }
    }

    private TypeRules RulesOf(Type type) => byType.GetOrAdd(type, static found => TypeRules.Find(found));

    private sealed record PropertyRules(string Name, Func<object, object?> Get, ValidationAttribute[] Attributes, bool MayHaveRules);

    private sealed record TypeRules(PropertyRules[] Properties, bool IsSelfChecking)
    {
        public bool IsEmpty => Properties.Length == 0 && !IsSelfChecking;

        public static TypeRules Find(Type type)
        {
            var info = WireJson.Options.GetTypeInfo(type);
            PropertyRules[] properties =
            [
                .. from property in info.Kind == JsonTypeInfoKind.Object ? info.Properties : []
                   where property.Get is not null
                   let attributes = Attributes(property)
                   let mayHaveRules = IsComposed(property.PropertyType)
                   where attributes.Length > 0 || mayHaveRules
                   select new PropertyRules(property.Name, property.Get!, attributes, mayHaveRules),
            ];
            return new TypeRules(properties, typeof(IValidatableObject).IsAssignableFrom(type));
        }

        private static ValidationAttribute[] Attributes(JsonPropertyInfo property) =>
            property.AttributeProvider?.GetCustomAttributes(typeof(ValidationAttribute), inherit: true) is { Length: > 0 } found
                ? [.. found.Cast<ValidationAttribute>()]
                : [];

        // Whether there can be fields below: an object of ours, or a list or dictionary of such.
        private static bool IsComposed(Type type) => WireJson.Options.GetTypeInfo(type) switch
        {
            { Kind: JsonTypeInfoKind.Object } => true,
            { Kind: JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary, ElementType: { } element } => IsComposed(element),
            _ => false,
        };
    }
}
