namespace AiBackend.Semantics.Repositories;

/// <summary>Where clones are kept, and what git may take.</summary>
internal sealed class GitOptions
{
    /// <summary>The folder of the clones. They can be removed at any time: what is missing is cloned again.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>For one operation, waiting for others on the same repository apart.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>For the next bytes of a server's answer.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How much one operation receives, and about how large a clone gets before it is made anew.</summary>
    public long MaxBytes { get; init; } = 512L << 20;

    /// <summary>For a file that is read.</summary>
    public int MaxFileBytes { get; init; } = 1 << 20;

    /// <summary>For the files of a folder.</summary>
    public int MaxFiles { get; init; } = 5_000;

    /// <summary>For the texts of a folder together.</summary>
    public long MaxFolderBytes { get; init; } = 64L << 20;
}
