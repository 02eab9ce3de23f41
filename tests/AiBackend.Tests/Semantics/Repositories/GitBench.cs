using System.Net;
using AiBackend.DataStores;
using AiBackend.Http;
using AiBackend.Semantics;
using AiBackend.Semantics.Repositories;
using AiBackend.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Semantics.Repositories;

/// <summary>The git service over a repository of its own, by file or behind a server.</summary>
internal sealed class GitBench : IAsyncDisposable
{
    public const string Token = "t0ken-of-the-tests";
    private static readonly SecretBox Box = new(new EncryptionOptions { Key = "key" });

    private readonly List<SemanticHttp> https = [];
    private readonly string cache = Directory.CreateTempSubdirectory("ai-backend-clones-").FullName;

    private GitBench(GitFolder folder, GitServer? server) => (Folder, Server) = (folder, server);

    public GitFolder Folder { get; }

    public GitServer? Server { get; }

    public string Cache => cache;

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));

    /// <param name="isServed">Whether the repository is behind a server, which asks for <see cref="Token"/>.</param>
    public static async Task<GitBench> NewAsync(bool isServed)
    {
        var folder = await GitFolder.NewAsync();
        if (!isServed)
        {
            return new GitBench(folder, null);
        }

        var server = await GitServer.StartAsync(folder);
        server.Login = (GitRepositories.DefaultUsername, Token);
        return new GitBench(folder, server);
    }

    /// <summary>A service as another process has it.</summary>
    public GitRepositories Service(
        GitOptions? options = null, DataOptions? data = null, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        options ??= new GitOptions { CacheFolder = cache };
        data ??= new DataOptions();
        https.Add(new SemanticHttp(data));
        return new GitRepositories(options, new GitClones(options), data, new DataGuard(data, resolve), https[^1], Box, Clock);
    }

    public SemanticRepository Repository(CommitMode mode = CommitMode.Direct, string branch = "main", string basePath = "", string token = Token, string? url = null) => new()
    {
        Id = "rep_1",
        IsOperators = true,
        Url = url ?? Server?.Url ?? Folder.Url,
        Branch = branch,
        Mode = mode,
        BasePath = basePath,
        Token = Box.Seal(SemanticRepository.SecretPurpose("rep_1"), token),
        CreatedAt = Clock.GetUtcNow(),
        UpdatedAt = Clock.GetUtcNow(),
    };

    /// <summary>A change that sets one file.</summary>
    public GitChange Change(string path, string? text, string jobId = "syn_1") =>
        Change(_ => new Dictionary<string, string?> { [path] = text }, jobId);

    public GitChange Change(Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string?>> change, string jobId = "syn_1", string folder = "cli_1") => new()
    {
        Place = new GitPlace(folder),
        Change = head => change(head.Files),
        Message = diff => $"Sync models\n\n{diff.Added.Count} added, {diff.Changed.Count} changed, {diff.Removed.Count} removed",
        Author = "AI Backend",
        JobId = jobId,
        Since = Clock.GetUtcNow(),
    };

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        https.ForEach(http => http.Dispose());
        Folder.Dispose();
        Directory.Delete(cache, recursive: true);
    }
}
