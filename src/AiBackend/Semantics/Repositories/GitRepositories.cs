using System.Collections.Concurrent;
using AiBackend.DataStores;
using AiBackend.Http;
using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>
/// Reads and commits files in the repositories of semantic models. One operation at a time on a repository; each begins by looking at
/// the repository itself, so that what is answered is its head.
/// </summary>
internal sealed class GitRepositories(
    GitOptions options, GitClones clones, DataOptions data, DataGuard guard, SemanticHttp http, SecretBox box, TimeProvider clock)
{
    /// <summary>Sent as the username where none is set: servers look at the token alone, and GitHub's app tokens want this one.</summary>
    public const string DefaultUsername = "x-access-token";

    private const int MaxPushes = 5;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> gates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> newest = new(StringComparer.Ordinal);

    /// <summary>The newest commit of the repository's branch that this process has seen; null before the first.</summary>
    public string? NewestOf(SemanticRepository repository) => newest.GetValueOrDefault(repository.Id);

    /// <summary>The files of a folder at the branch's head.</summary>
    /// <param name="folder">Below the repository's base path.</param>
    /// <exception cref="GitException">The repository cannot be read.</exception>
    public Task<GitFiles> ReadAsync(SemanticRepository repository, string folder, CancellationToken ct) =>
        ReadAsync(repository, new GitPlace(folder), ct);

    /// <summary>The files of a place at the branch's head.</summary>
    /// <exception cref="GitException">The repository cannot be read.</exception>
    public Task<GitFiles> ReadAsync(SemanticRepository repository, GitPlace place, CancellationToken ct) => RunAsync(
        repository, (storage, within) => FilesOf(storage, Seen(repository, HeadOf(repository, storage.Branches(), storage)), repository, place, within), ct);

    /// <summary>Whether the repository answers and has the branch, or no commit yet.</summary>
    /// <exception cref="GitException">It cannot be used.</exception>
    public Task<GitReport> TestAsync(SemanticRepository repository, CancellationToken ct) => RunAsync(
        repository,
        (storage, _) => new GitReport(Seen(repository, HeadOf(repository, storage.Branches(), storage))?.Sha),
        ct);

    /// <summary>Makes one commit of a change and publishes it, unless an earlier attempt of the same job has done so.</summary>
    /// <exception cref="GitException">It cannot be committed.</exception>
    public Task<GitOutcome> CommitAsync(SemanticRepository repository, GitChange change, CancellationToken ct) => RunAsync(
        repository,
        (storage, within) =>
        {
            for (var attempt = 0; attempt < MaxPushes; attempt++)
            {
                if (TryCommit(storage, repository, change, within) is { } outcome)
                {
                    return outcome;
                }

                within.ThrowIfCancellationRequested();
            }

            throw new GitException(GitFault.Busy, $"Others pushed to {repository.Branch} each time before we could, {MaxPushes} times: try again.");
        },
        ct);

    /// <summary>The branch on which a job commits.</summary>
    public static string BranchFor(SemanticRepository repository, string jobId) =>
        repository.Mode == CommitMode.Branch ? $"ai-backend/{jobId}" : repository.Branch;

    // Null when the branch has moved.
    private GitOutcome? TryCommit(GitStorage storage, SemanticRepository repository, GitChange change, CancellationToken ct)
    {
        var folder = GitFolders.Join(repository.BasePath, change.Place.Folder);
        var target = BranchFor(repository, change.JobId);
        var trailer = $"Sync-Job: {change.JobId}";
        var branches = storage.Branches();
        if (target != repository.Branch && branches.TryGetValue(target, out var id) && storage.Fetch(target, id) is { } pushed)
        {
            return storage.Find(pushed, trailer, change.Since, ct) is { } made
                ? new GitOutcome(made.Sha, target, storage.Diff(made, folder)) { AlreadyDone = true }
                : throw new GitException(GitFault.Rejected, $"There is a branch {target} already, which is not the job's.");
        }

        var head = HeadOf(repository, branches, storage);
        if (head is not null && storage.Find(head, trailer, change.Since, ct) is { } done)
        {
            return new GitOutcome(done.Sha, repository.Branch, storage.Diff(done, folder)) { AlreadyDone = true };
        }

        var files = FilesOf(storage, head, repository, change.Place, ct);
        var current = files.Files;
        var changes = change.Change(files).Where(file => file.Value != current.GetValueOrDefault(file.Key)).ToDictionary();
        ct.ThrowIfCancellationRequested();
        if (changes.Count == 0)
        {
            return new GitOutcome(head?.Sha, target, GitDiff.None) { NothingChanged = true };
        }

        var diff = DiffOf(current, changes);
        var tree = storage.Write(head, folder, changes);
        var author = new Signature(change.Author, "ai-backend@noreply.invalid", clock.GetUtcNow());
        var commit = storage.Commit(tree, head, author, $"{change.Message(diff).TrimEnd()}\n\n{trailer}\n");
        ct.ThrowIfCancellationRequested();
        if (!storage.Publish(target, target == repository.Branch ? head : null, commit))
        {
            return null;
        }

        if (target == repository.Branch)
        {
            Seen(repository, commit);
        }

        return new GitOutcome(commit.Sha, target, diff);
    }

    private GitFiles FilesOf(GitStorage storage, Commit? head, SemanticRepository repository, GitPlace place, CancellationToken ct)
    {
        var folder = GitFolders.Join(repository.BasePath, place.Folder);
        var files = storage.Read(head, folder, options, ct);
        return new GitFiles(head?.Sha, files)
        {
            IsLost = files.Count == 0 && place.Around is { } around && GitHistory.HasLost(head, folder, GitFolders.Join(repository.BasePath, around), ct),
        };
    }

    private Commit? Seen(SemanticRepository repository, Commit? head)
    {
        if (head is not null)
        {
            newest[repository.Id] = head.Sha;
        }
        else
        {
            newest.TryRemove(repository.Id, out _);
        }

        return head;
    }

    // Where others review, branches of jobs may be there before the branch itself.
    private static Commit? HeadOf(SemanticRepository repository, IReadOnlyDictionary<string, ObjectId> branches, GitStorage storage) => storage.Head(
        repository.Branch,
        repository.Mode == CommitMode.Branch ? branches.Where(branch => branch.Key == repository.Branch || !IsJobs(branch.Key)).ToDictionary() : branches);

    private static bool IsJobs(string branch) => branch.StartsWith("ai-backend/", StringComparison.Ordinal);

    private static GitDiff DiffOf(IReadOnlyDictionary<string, string> current, Dictionary<string, string?> changes)
    {
        return new GitDiff(
            Paths(change => change.Value is not null && !current.ContainsKey(change.Key)),
            Paths(change => change.Value is not null && current.ContainsKey(change.Key)),
            Paths(change => change.Value is null));

        IReadOnlyList<string> Paths(Func<KeyValuePair<string, string?>, bool> which) =>
            [.. changes.Where(which).Select(change => change.Key).Order(StringComparer.Ordinal)];
    }

    private async Task<T> RunAsync<T>(SemanticRepository repository, Func<GitStorage, CancellationToken, T> work, CancellationToken ct)
    {
        var url = new Uri(repository.Url);
        await GitAddress.RequireAllowedAsync(url, repository.IsOperators, data, guard, ct);
        var gate = gates.GetOrAdd(repository.Id, _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(ct);
        var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.TimeLimit);
        var within = limit.Token;

        // The library blocks. Its thread may need a moment longer to end than the caller waits, and the gate stays closed until then.
        var running = Task.Factory.StartNew(
            () => Work(repository, url, work, within), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _ = running.ContinueWith(
            ended =>
            {
                _ = ended.Exception;
                gate.Release();
                limit.Dispose();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        try
        {
            return await running.WaitAsync(within);
        }
        catch (OperationCanceledException error) when (!ct.IsCancellationRequested)
        {
            throw new GitException(GitFault.TimedOut, $"The repository did not answer within {options.TimeLimit.TotalMinutes:0} minutes.", error);
        }
    }

    private T Work<T>(SemanticRepository repository, Uri url, Func<GitStorage, CancellationToken, T> work, CancellationToken ct)
    {
        GitTransport.Prepare();
        return url.IsFile ? InFolder(url.LocalPath, work, ct) : InClone(repository, url, work, ct);
    }

    private static T InFolder<T>(string path, Func<GitStorage, CancellationToken, T> work, CancellationToken ct)
    {
        try
        {
            using var storage = new GitDirectory(Opened(path), ct);
            return work(storage, ct);
        }
        catch (RepositoryNotFoundException error)
        {
            throw new GitException(GitFault.NotARepository, "There is no git repository in that folder.", error);
        }
        catch (LibGit2SharpException error)
        {
            throw new GitException(GitFault.Failed, $"Git says: {error.Message}", error);
        }
    }

    // A folder may say that its repository is elsewhere, where the path was not looked at.
    private static Repository Opened(string path)
    {
        var repository = new Repository(path);
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) + Path.DirectorySeparatorChar;
        if (Path.GetFullPath(repository.Info.Path).StartsWith(folder, StringComparison.Ordinal))
        {
            return repository;
        }

        repository.Dispose();
        throw new GitException(GitFault.NotAllowed, "The repository of that folder is in another one: name that one.");
    }

    private T InClone<T>(SemanticRepository repository, Uri url, Func<GitStorage, CancellationToken, T> work, CancellationToken ct)
    {
        (string, string)? login = repository.Token is null
            ? null
            : (repository.Username ?? DefaultUsername, box.Open(SemanticRepository.SecretPurpose(repository.Id), repository.Token));
        using var held = clones.Hold(repository, ct);
        for (var isAgain = false; ; isAgain = true)
        {
            var connection = new GitConnection(http.For(repository.IsOperators), url, login, options, ct);
            try
            {
                using var storage = new GitClone(held.Open(), connection, ct);
                return work(storage, ct);
            }
            catch (LibGit2SharpException error)
            {
                ct.ThrowIfCancellationRequested();
                if (connection.Failure is { } failure)
                {
                    throw failure is GitException known ? known : new GitException(GitFault.Failed, "The exchange with the git server failed.", failure);
                }

                if (isAgain)
                {
                    throw new GitException(GitFault.Failed, $"Git says: {error.Message}", error);
                }

                // What is wrong may be the clone.
                held.Remove();
            }
        }
    }
}
