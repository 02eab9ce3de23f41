using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>A JSON object that the service keeps for the caller, no larger than <see cref="LimitOptions.MetadataBytes"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class FreeObjectAttribute : ValidationAttribute
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        if (value is not RawJson { Text: var text })
        {
            return ValidationResult.Success;
        }

        if (!text.AsSpan().TrimStart().StartsWith('{'))
        {
            return new ValidationResult("A JSON object is expected.");
        }

        var limit = validationContext.GetRequiredService<LimitOptions>().MetadataBytes;
        return text.Length <= limit && Encoding.UTF8.GetByteCount(text) <= limit
            ? ValidationResult.Success
            : new ValidationResult($"At most {limit} bytes of JSON are kept here.");
    }
}

/// <summary>A text from this many to this many UTF-16 units, and not only white space.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NameAttribute(int maxLength) : ValidationAttribute
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is string text && (text.Length > maxLength || string.IsNullOrWhiteSpace(text))
            ? new ValidationResult($"A text of 1 to {maxLength} characters is expected.")
            : ValidationResult.Success;
}

/// <summary>An absolute <c>http</c> or <c>https</c> address without user name and password.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WebAddressAttribute : ValidationAttribute
{
    private const int MaxLength = 2_048;

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is not string text || IsWebAddress(text)
            ? ValidationResult.Success
            : new ValidationResult("An absolute http or https address is expected.");

    private static bool IsWebAddress(string text) =>
        text.Length <= MaxLength
        && Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.UserInfo.Length == 0;
}

/// <summary>How many entries a list may have, and that none is null or comes twice where they are texts.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EntriesAttribute(int max) : ValidationAttribute
{
    /// <summary>The longest text that an entry may be.</summary>
    public int MaxTextLength { get; init; } = int.MaxValue;

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        if (value is not ICollection entries)
        {
            return ValidationResult.Success;
        }

        if (entries.Count > max)
        {
            return new ValidationResult($"At most {max} entries are allowed.");
        }

        var seen = new HashSet<object>();
        foreach (var entry in entries)
        {
            var text = entry as string;
            if (entry is null || (text is not null && (text.Length == 0 || text.Length > MaxTextLength)))
            {
                return new ValidationResult(
                    MaxTextLength == int.MaxValue ? "An entry is empty." : $"Each entry is a text of 1 to {MaxTextLength} characters.");
            }

            if ((text is not null || entry is Enum) && !seen.Add(entry))
            {
                return new ValidationResult($"{JsonSerializer.Serialize(entry, WireJson.Options)} is given twice.");
            }
        }

        return ValidationResult.Success;
    }
}
