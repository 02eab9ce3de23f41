using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
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
    public int MaxLength => maxLength;

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is string text && (text.Length > maxLength || string.IsNullOrWhiteSpace(text))
            ? new ValidationResult($"A text of 1 to {maxLength} characters is expected.")
            : ValidationResult.Success;
}

/// <summary>A whole number that is not below 0.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NotNegativeAttribute : RangeAttribute
{
    // By their texts, as the framework has a range of doubles and one of int, but none of long.
    public NotNegativeAttribute()
        : base(typeof(long), "0", "9223372036854775807")
    {
        ParseLimitsInInvariantCulture = true;
        ErrorMessage = "A whole number from 0 is expected.";
    }
}

/// <summary>An absolute <c>http</c> or <c>https</c> address without user name and password.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WebAddressAttribute : ValidationAttribute
{
    private const int MaxLength = 2_048;

    /// <summary>
    /// Whether the service connects to it. Then the host is in ASCII: other letters are turned into one or another ASCII name by rules
    /// that programs differ in, and the name that was checked must be the one that is connected to.
    /// </summary>
    public bool IsConnectedTo { get; init; }

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        if (value is not string text)
        {
            return ValidationResult.Success;
        }

        if (!IsWebAddress(text, out var address))
        {
            return new ValidationResult("An absolute http or https address is expected.");
        }

        return !IsConnectedTo || Ascii.IsValid(address.Host)
            ? ValidationResult.Success
            : new ValidationResult("The host must be in ASCII; other letters are written as xn--….");
    }

    private static bool IsWebAddress(string text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        return text.Length <= MaxLength
            && Uri.TryCreate(text, UriKind.Absolute, out address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address.Host.Length > 0
            && address.UserInfo.Length == 0;
    }
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
