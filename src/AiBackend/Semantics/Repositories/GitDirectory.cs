using System.Text;
using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>
/// A repository in a folder of this machine, which is worked on where it is. Its hooks are not run. A branch is moved as git itself does:
/// under the lock file of the branch, after a look at where it points.
/// </summary>
internal sealed class GitDirectory(Repository repository, CancellationToken ct) : GitStorage
{
    private const int LockAttempts = 100;
    private const int LinuxExists = 17; // EEXIST
    private const int WindowsExists = unchecked((int)0x80070050); // ERROR_FILE_EXISTS
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

    protected override Repository Objects => repository;

    public override IReadOnlyDictionary<string, ObjectId> Branches() => Branches(repository);

    public override Commit? Fetch(string branch, ObjectId head) => repository.Lookup<Commit>(head);

    public override bool Publish(string branch, Commit? before, Commit commit)
    {
        if (!repository.Info.IsBare && repository.Head.FriendlyName == branch)
        {
            throw new GitException(
                GitFault.Rejected, $"The branch {branch} is checked out in that folder: give a bare repository (git init --bare), or another branch.");
        }

        var path = Path.Combine(repository.Info.Path, "refs", "heads", Path.Combine(branch.Split('/')));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var content = Lock(path + ".lock", branch))
            {
                try
                {
                    using var now = new Repository(repository.Info.Path);
                    if (Branches(now).GetValueOrDefault(branch) != before?.Id)
                    {
                        File.Delete(path + ".lock");
                        return false;
                    }

                    content.Write(Encoding.ASCII.GetBytes(commit.Sha + "\n"));
                    content.Flush(flushToDisk: true);
                }
                catch
                {
                    File.Delete(path + ".lock");
                    throw;
                }
            }

            File.Move(path + ".lock", path, overwrite: true);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new GitException(GitFault.NoRights, $"The branch {branch} cannot be written in that folder: check the rights of the service's user.", error);
        }
    }

    private static Dictionary<string, ObjectId> Branches(Repository repository) =>
        repository.Branches.Where(branch => !branch.IsRemote && branch.Tip is not null)
            .ToDictionary(branch => branch.FriendlyName, branch => branch.Tip.Id, StringComparer.Ordinal);

    // The lock that was in the way may be gone before it is looked for.
    private static bool IsTaken(IOException error, string path) => error.HResult is LinuxExists or WindowsExists || File.Exists(path);

    private FileStream Lock(string path, string branch)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            }
            catch (IOException error) when (IsTaken(error, path) && attempt < LockAttempts)
            {
                ct.WaitHandle.WaitOne(LockPause);
                ct.ThrowIfCancellationRequested();
            }
            catch (IOException error) when (IsTaken(error, path))
            {
                throw new GitException(
                    GitFault.Busy, $"The branch {branch} is locked by another git process; if there is none, remove {Path.GetFileName(path)} in the repository.", error);
            }
        }
    }
}
