using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>A repository behind a server: its objects are fetched into a bare clone, commits are pushed.</summary>
internal sealed class GitClone(Repository clone, GitConnection connection, CancellationToken ct) : GitStorage
{
    private const string RemoteName = "origin";
    private const string Outgoing = "refs/heads/outgoing";
    private const string Heads = "refs/heads/";

    protected override Repository Objects => clone;

    public override IReadOnlyDictionary<string, ObjectId> Branches() => GitTransport.Over(
        connection,
        () => clone.Network.ListReferences(Remote()).OfType<DirectReference>()
            .Where(reference => reference.CanonicalName.StartsWith(Heads, StringComparison.Ordinal))
            .ToDictionary(reference => reference.CanonicalName[Heads.Length..], reference => new ObjectId(reference.TargetIdentifier), StringComparer.Ordinal));

    public override Commit? Fetch(string branch, ObjectId head)
    {
        var tracking = $"refs/remotes/{RemoteName}/{branch}";
        if (clone.Refs[tracking]?.TargetIdentifier == head.Sha && clone.Lookup<Commit>(head) is { } known)
        {
            return known;
        }

        var options = new FetchOptions
        {
            TagFetchMode = TagFetchMode.None,
            OnProgress = _ => !ct.IsCancellationRequested,
            OnTransferProgress = _ => !ct.IsCancellationRequested,
        };
        GitTransport.Over(
            connection,
            () =>
            {
                clone.Network.Fetch(Remote().Name, [$"+{Heads}{branch}:{tracking}"], options);
                return true;
            });
        return clone.Refs[tracking] is { } reference ? clone.Lookup<Commit>(reference.TargetIdentifier) : null;
    }

    public override bool Publish(string branch, Commit? before, Commit commit)
    {
        PushStatusError? refused = null;
        var options = new PushOptions
        {
            OnPushStatusError = error => refused = error,
            OnPackBuilderProgress = (_, _, _) => !ct.IsCancellationRequested,
            OnPushTransferProgress = (_, _, _) => !ct.IsCancellationRequested,
        };
        clone.Refs.Add(Outgoing, commit.Id, allowOverwrite: true);
        try
        {
            GitTransport.Over(
                connection,
                () =>
                {
                    clone.Network.Push(Remote(), [$"{Outgoing}:{Heads}{branch}"], options);
                    return true;
                });
        }
        catch (NonFastForwardException)
        {
            return false;
        }

        if (refused is null)
        {
            return true;
        }

        // A server says in words of its own that the branch has moved: look instead.
        var words = connection.ServerWords;
        var now = Branches().GetValueOrDefault(branch);
        if (now != before?.Id)
        {
            return false;
        }

        throw new GitException(
            GitFault.Rejected,
            $"The server refused the push to {branch}: {refused.Message}{(words.Length == 0 ? "." : $" ({words})")}");
    }

    private Remote Remote() => clone.Network.Remotes[RemoteName] ?? clone.Network.Remotes.Add(RemoteName, GitTransport.Address);
}
