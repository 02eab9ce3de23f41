using System.Security.Cryptography;
using System.Text;
using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>The bare clones of repositories behind servers, one folder each. None of them is needed: what is missing is cloned again.</summary>
internal sealed class GitClones(GitOptions options)
{
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Takes the repository's clone for this operation, also from other processes on the same folder.</summary>
    public Held Hold(SemanticRepository repository, CancellationToken ct)
    {
        Directory.CreateDirectory(options.CacheFolder);
        var name = $"{repository.Id}-{Fingerprint(repository.Url)}";
        var file = Lock(Path.Combine(options.CacheFolder, $"{repository.Id}.lock"), ct);
        try
        {
            foreach (var other in Directory.EnumerateDirectories(options.CacheFolder, $"{repository.Id}-*"))
            {
                if (Path.GetFileName(other) != name || Size(other) > 2 * options.MaxBytes)
                {
                    Delete(other);
                }
            }

            return new Held(Path.Combine(options.CacheFolder, name), file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Removes what is kept of a repository that is deleted; what is in use stays.</summary>
    public void Forget(string repositoryId)
    {
        try
        {
            if (Directory.Exists(options.CacheFolder))
            {
                foreach (var clone in Directory.EnumerateDirectories(options.CacheFolder, $"{repositoryId}-*"))
                {
                    Delete(clone);
                }

                File.Delete(Path.Combine(options.CacheFolder, $"{repositoryId}.lock"));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Only room on the disk is lost.
        }
    }

    private static string Fingerprint(string url) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url)))[..16];

    private static FileStream Lock(string path, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                ct.WaitHandle.WaitOne(LockPause);
                ct.ThrowIfCancellationRequested();
            }
        }
    }

    private static long Size(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    // Git's object files are read-only, which does not keep them from being deleted here.
    private static void Delete(string folder) => Directory.Delete(folder, recursive: true);

    /// <summary>A clone that is held by one operation.</summary>
    internal sealed class Held(string folder, FileStream held) : IDisposable
    {
        /// <summary>Opens the clone, or begins a new one.</summary>
        public Repository Open()
        {
            if (Directory.Exists(folder))
            {
                try
                {
                    return new Repository(folder);
                }
                catch (LibGit2SharpException)
                {
                    Remove();
                }
            }

            return new Repository(Repository.Init(folder, isBare: true));
        }

        /// <summary>Removes the clone.</summary>
        public void Remove()
        {
            if (Directory.Exists(folder))
            {
                Delete(folder);
            }
        }

        public void Dispose() => held.Dispose();
    }
}
