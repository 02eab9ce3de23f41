using System.ComponentModel.DataAnnotations;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>Named secrets of one resource: in plain as they come in, sealed as they are stored, hidden as they are shown.</summary>
internal static class SealedSecrets
{
    /// <summary>What is shown in place of a secret.</summary>
    public const string Mask = "***";

    /// <summary>The names, each with the mask.</summary>
    public static IReadOnlyDictionary<string, string> Hidden(IReadOnlyDictionary<string, string> secrets) =>
        secrets.ToDictionary(secret => secret.Key, _ => Mask, StringComparer.Ordinal);

    /// <summary>Seals what was given; a mask keeps the secret that is stored under the name.</summary>
    /// <param name="purposeOf">What a secret of this name is sealed for.</param>
    public static IReadOnlyDictionary<string, string> Seal(
        SecretBox box, IReadOnlyDictionary<string, string> given, IReadOnlyDictionary<string, string> stored, Func<string, string> purposeOf)
    {
        var sealedByName = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, secret) in given)
        {
            sealedByName[name] = secret == Mask && stored.TryGetValue(name, out var kept) ? kept : box.Seal(purposeOf(name), secret);
        }

        return sealedByName;
    }

    /// <summary>The secrets under the current key; the same instance when they are that already.</summary>
    /// <param name="purposeOf">What a secret of this name is sealed for.</param>
    public static IReadOnlyDictionary<string, string> Reseal(
        SecretBox box, IReadOnlyDictionary<string, string> stored, Func<string, string> purposeOf)
    {
        var resealed = stored.ToDictionary(secret => secret.Key, secret => box.Reseal(purposeOf(secret.Key), secret.Value), StringComparer.Ordinal);
        return resealed.All(secret => ReferenceEquals(secret.Value, stored[secret.Key])) ? stored : resealed;
    }
}

/// <summary>Secrets by name: names of up to 64 characters, texts of up to 8,192.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretTextsAttribute : ValidationAttribute
{
    private const int MaxName = 64;
    private const int MaxText = 8_192;

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is IReadOnlyDictionary<string, string> secrets
            && secrets.Any(secret => secret.Key.Length is 0 or > MaxName || secret.Value is null || secret.Value.Length is 0 or > MaxText)
            ? new ValidationResult($"Names of 1 to {MaxName} and texts of 1 to {MaxText} characters are expected.")
            : ValidationResult.Success;
}
