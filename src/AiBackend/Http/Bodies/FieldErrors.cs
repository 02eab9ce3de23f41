namespace AiBackend.Http;

/// <summary>Collects what is wrong by field.</summary>
internal sealed class FieldErrors
{
    // A hostile body can be wrong in as many places as it has bytes.
    private const int Most = 100;

    private readonly Dictionary<string, List<string>> byField = new(StringComparer.Ordinal);

    public bool IsEmpty => byField.Count == 0;

    public bool IsFull => byField.Count >= Most;

    /// <summary>The root is called <c>body</c>.</summary>
    public void Add(string path, string text)
    {
        var field = path.Length == 0 ? "body" : path;
        if (byField.TryGetValue(field, out var texts))
        {
            texts.Add(text);
        }
        else if (!IsFull)
        {
            byField.Add(field, [text]);
        }
    }

    public ApiException ToException() =>
        ApiException.Invalid(byField.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray(), StringComparer.Ordinal));

    /// <summary>The path of a field within that of its object.</summary>
    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
