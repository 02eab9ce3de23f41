using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>A repository during one operation: objects are read from and written to <see cref="Objects"/>, branches are those of the repository itself.</summary>
internal abstract class GitStorage : IDisposable
{
    /// <summary>Holds the objects.</summary>
    protected abstract Repository Objects { get; }

    /// <summary>The branches as they are now, by name.</summary>
    public abstract IReadOnlyDictionary<string, ObjectId> Branches();

    /// <summary>Makes a commit from <see cref="Branches"/> readable; null when the branch is gone by now.</summary>
    public abstract Commit? Fetch(string branch, ObjectId head);

    /// <summary>Has a branch point at the commit, which follows on <paramref name="before"/>.</summary>
    /// <returns>False when the branch has moved meanwhile.</returns>
    /// <exception cref="GitException">It is refused.</exception>
    public abstract bool Publish(string branch, Commit? before, Commit commit);

    public void Dispose()
    {
        Objects.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The branch's head; null in a repository without a commit.</summary>
    /// <exception cref="GitException">The repository has other branches only.</exception>
    public Commit? Head(string branch, IReadOnlyDictionary<string, ObjectId> branches)
    {
        if (branches.TryGetValue(branch, out var id) && Fetch(branch, id) is { } head)
        {
            return head;
        }

        return branches.Count == 0
            ? null
            : throw new GitException(
                GitFault.UnknownBranch,
                $"The repository has no branch {branch}; it has {string.Join(", ", branches.Keys.Order(StringComparer.Ordinal).Take(10))}.");
    }

    /// <summary>The texts of a folder of a commit.</summary>
    public IReadOnlyDictionary<string, string> Read(Commit? head, string folder, GitOptions options, CancellationToken ct) =>
        head is null ? new Dictionary<string, string>() : new GitTrees(Objects, options, ct).Read(head.Tree, folder);

    /// <summary>The tree of a commit with changes in a folder.</summary>
    public Tree Write(Commit? head, string folder, IReadOnlyDictionary<string, string?> changes) => GitTrees.Write(Objects, head?.Tree, folder, changes);

    /// <summary>Makes a commit, which no branch points at yet.</summary>
    public Commit Commit(Tree tree, Commit? parent, Signature author, string message) =>
        Objects.ObjectDatabase.CreateCommit(author, author, message, tree, parent is null ? [] : [parent], prettifyMessage: true);

    /// <summary>The commit among those that lead to this one, itself included, whose message ends with the line.</summary>
    public Commit? Find(Commit head, string line, DateTimeOffset since, CancellationToken ct)
    {
        var looked = 0;
        var filter = new CommitFilter { IncludeReachableFrom = head, SortBy = CommitSortStrategies.Topological | CommitSortStrategies.Time };
        foreach (var commit in Objects.Commits.QueryBy(filter))
        {
            ct.ThrowIfCancellationRequested();
            if (commit.Message.Split('\n').Contains(line, StringComparer.Ordinal))
            {
                return commit;
            }

            // Others' clocks differ, so that a few older commits do not end the search.
            if (++looked > FewCommits && commit.Committer.When < since - ClockSlack)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>What a commit changed in a folder.</summary>
    public GitDiff Diff(Commit commit, string folder)
    {
        using var changes = Objects.Diff.Compare<TreeChanges>(commit.Parents.FirstOrDefault()?.Tree, commit.Tree);
        var prefix = folder.Length == 0 ? string.Empty : folder + "/";
        return new GitDiff(Paths(changes.Added), Paths(changes.Modified.Concat(changes.TypeChanged)), Paths(changes.Deleted));

        IReadOnlyList<string> Paths(IEnumerable<TreeEntryChanges> entries) =>
        [
            .. entries.Select(entry => entry.Path).Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
                .Select(path => path[prefix.Length..]).Order(StringComparer.Ordinal),
        ];
    }

    private const int FewCommits = 200;
    private static readonly TimeSpan ClockSlack = TimeSpan.FromDays(1);
}
