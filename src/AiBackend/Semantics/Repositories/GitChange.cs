namespace AiBackend.Semantics.Repositories;

/// <summary>What is at the head of a branch.</summary>
/// <param name="Commit">The head, in full hexadecimal; null for a repository without a commit.</param>
/// <param name="Files">Texts by path, relative to the folder that was asked for. Links, and files that are no UTF-8 text, are left out.</param>
internal sealed record GitFiles(string? Commit, IReadOnlyDictionary<string, string> Files)
{
    /// <summary>
    /// Whether the folder is not there although nobody removed it by itself: the branch never had it, or the folder around it went as a whole.
    /// Looked for only where <see cref="GitPlace.Around"/> is given.
    /// </summary>
    public bool IsLost { get; init; }
}

/// <summary>A folder below the repository's base path.</summary>
/// <param name="Folder">Paths of files are relative to it.</param>
/// <param name="Around">A folder that this one lies in, where it matters whether an absent folder was removed or lost; else null.</param>
internal sealed record GitPlace(string Folder, string? Around = null);

/// <summary>A change of files that becomes one commit, however often it is tried.</summary>
internal sealed record GitChange
{
    /// <summary>Where the files are.</summary>
    public required GitPlace Place { get; init; }

    /// <summary>
    /// What to write, given what is there: texts by path, null to remove a file; what is not named stays. It runs once more whenever the
    /// branch has moved meanwhile, so it has no effect but its answer; what it throws ends the change and comes out of it.
    /// </summary>
    public required Func<GitFiles, IReadOnlyDictionary<string, string?>> Change { get; init; }

    /// <summary>The commit's message, given what is different.</summary>
    public required Func<GitDiff, string> Message { get; init; }

    /// <summary>Who commits.</summary>
    public required string Author { get; init; }

    /// <summary>The job (<c>syn_…</c>) that the commit is made for, which its message names.</summary>
    public required string JobId { get; init; }

    /// <summary>When the job began: a commit of it is looked for in the history since then.</summary>
    public required DateTimeOffset Since { get; init; }
}

/// <summary>Files that are different, by path, in ordinal order.</summary>
internal sealed record GitDiff(IReadOnlyList<string> Added, IReadOnlyList<string> Changed, IReadOnlyList<string> Removed)
{
    public static GitDiff None { get; } = new([], [], []);
}

/// <summary>What became of a change.</summary>
/// <param name="Commit">The job's commit; where nothing changed the head, which is null in a repository without a commit.</param>
/// <param name="Branch">The branch that the commit is on.</param>
/// <param name="Diff">What the job's commit changes.</param>
internal sealed record GitOutcome(string? Commit, string Branch, GitDiff Diff)
{
    /// <summary>The commit was there already: an earlier attempt of the job has made it.</summary>
    public bool AlreadyDone { get; init; }

    /// <summary>The files are as they shall be; nothing was committed.</summary>
    public bool NothingChanged { get; init; }
}

/// <summary>What a repository answers.</summary>
/// <param name="Commit">The branch's head; null for a repository without a commit.</param>
internal sealed record GitReport(string? Commit);
