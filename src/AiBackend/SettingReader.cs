using System.Globalization;

namespace AiBackend;

/// <summary>A setting cannot be used; the message names it and says what to do.</summary>
internal sealed class SettingsException(string message) : Exception(message);

/// <summary>Reads single settings and collects what is wrong with them. An empty value counts as not set.</summary>
internal sealed class SettingReader(IConfiguration configuration)
{
    private readonly List<string> faults = [];

    public string? Text(string name) => configuration[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    public string Text(string name, string otherwise) => Text(name) ?? otherwise;

    public long Whole(string name, long otherwise, long min, long max)
    {
        if (Text(name) is not { } text)
        {
            return otherwise;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        return Refuse(name, $"must be a whole number from {min} to {max}", otherwise);
    }

    public bool Flag(string name, bool otherwise = false) => Text(name)?.ToLowerInvariant() switch
    {
        null => otherwise,
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => Refuse(name, "must be true or false", otherwise),
    };

    public T OneOf<T>(string name, T otherwise)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
        {
            return otherwise;
        }

        return Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value)
            ? value
            : Refuse(name, $"must be one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}", otherwise);
    }

    /// <summary>An absolute http or https address.</summary>
    public Uri? Address(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : Refuse<Uri?>(name, "must be an absolute http or https address", otherwise: null);
    }

    /// <summary>Whatever a type's own parser makes of the text.</summary>
    /// <param name="parse">Throws <see cref="FormatException"/> with what is wrong.</param>
    public T Parsed<T>(string name, T otherwise, Func<string, T> parse)
    {
        if (Text(name) is not { } text)
        {
            return otherwise;
        }

        try
        {
            return parse(text);
        }
        catch (FormatException exception)
        {
            return Refuse(name, $"cannot be read: {exception.Message}", otherwise);
        }
    }

    /// <summary>Notes that a setting cannot be used.</summary>
    public T Refuse<T>(string name, string rule, T otherwise)
    {
        faults.Add($"{name} {rule}.");
        return otherwise;
    }

    /// <summary>Throws when any setting could not be used.</summary>
    public void RequireNoFaults()
    {
        if (faults.Count > 0)
        {
            throw new SettingsException(string.Join(Environment.NewLine, faults));
        }
    }
}
