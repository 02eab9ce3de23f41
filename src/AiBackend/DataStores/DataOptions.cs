namespace AiBackend.DataStores;

/// <summary>Which databases, git and semantic servers clients may name. What the operator registers is not limited.</summary>
internal sealed class DataOptions
{
    /// <summary><c>DATA_ALLOW_PRIVATE_NETWORKS</c>: whether addresses that are not public may be used.</summary>
    public bool AllowPrivateNetworks { get; init; }

    /// <summary><c>DATA_ALLOWED_PATHS</c>: folders, as full paths, in which clients may name files; empty: none.</summary>
    public IReadOnlyList<string> AllowedPaths { get; init; } = [];

    /// <summary>Folders, one after the other with <c>:</c> between (<c>;</c> on Windows).</summary>
    /// <exception cref="FormatException">One of them is not a full path.</exception>
    public static IReadOnlyList<string> ParsePaths(string text)
    {
        var folders = text.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.Find(folders, folder => !Path.IsPathFullyQualified(folder)) is { } relative
            ? throw new FormatException($"'{relative}' is not a full path")
            : [.. folders.Select(Path.GetFullPath)];
    }
}
