using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>Tells from a branch's history why a folder is not at its head.</summary>
internal static class GitHistory
{
    /// <summary>
    /// Whether a folder that is not at the head was lost rather than removed: the branch never had it, or it went together with all of the folder around it.
    /// Only the branch's own commits are looked at, not those of branches that were merged.
    /// </summary>
    /// <param name="head">Null in a repository without a commit.</param>
    public static bool HasLost(Commit? head, string folder, string around, CancellationToken ct)
    {
        Commit? without = null;
        for (var commit = head; commit is not null; commit = commit.Parents.FirstOrDefault())
        {
            ct.ThrowIfCancellationRequested();
            if (Has(commit, folder))
            {
                return without is not null && !Has(without, around);
            }

            without = commit;
        }

        return true;
    }

    // Git has no empty folders.
    private static bool Has(Commit commit, string folder) =>
        folder.Length == 0 ? commit.Tree.Count > 0 : commit.Tree[folder] is { TargetType: TreeEntryTargetType.Tree };
}
