namespace AiBackend.DataStores;

/// <summary>Which databases, git and semantic servers clients may name (what the operator registers is not limited), and how long they may take.</summary>
internal sealed class DataOptions
{
    /// <summary><c>DATA_ALLOW_PRIVATE_NETWORKS</c>: whether addresses that are not public may be used.</summary>
    public bool AllowPrivateNetworks { get; init; }

    /// <summary><c>DATA_ALLOWED_PATHS</c>: folders, as full paths, in which clients may name files; empty: none.</summary>
    public IReadOnlyList<string> AllowedPaths { get; init; } = [];

    /// <summary>How long connecting may take, everything included.</summary>
    public TimeSpan ConnectLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>DATA_STATEMENT_SECONDS</c>: how long one statement may take.</summary>
    public TimeSpan StatementLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A page of rows ends, however few it has, with the row that makes its texts longer than this.</summary>
    public long PageCharacters { get; init; } = 8L * 1024 * 1024;

    /// <summary>How many rows are looked at for the most common values of a column.</summary>
    public int CountedRows { get; init; } = 1_000_000;

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
