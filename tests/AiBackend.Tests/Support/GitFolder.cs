using System.ComponentModel;
using System.Diagnostics;

namespace AiBackend.Tests.Support;

/// <summary>A bare repository in a temporary folder, worked on with the git program as others work on it.</summary>
public sealed class GitFolder : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string root = Directory.CreateTempSubdirectory("ai-backend-git-").FullName;

    private GitFolder()
    {
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The folder in which the repository is.</summary>
    public string Root => root;

    /// <summary>The bare repository, <c>models.git</c> in <see cref="Root"/>.</summary>
    public string Bare => Path.Combine(root, "models.git");

    /// <summary>As a client names it.</summary>
    public string Url => $"file://{Bare}";

    /// <summary>An empty repository, whose first branch is <c>main</c>. Skips the test where git is missing, unless it has to be there (<c>CI=true</c>).</summary>
    public static async Task<GitFolder> NewAsync()
    {
        var made = new GitFolder();
        try
        {
            await RunAsync(made.root, "init", "--quiet", "--bare", "--initial-branch=main", made.Bare);
        }
        catch (Win32Exception) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip("git is not installed.");
        }

        await RunAsync(made.Bare, "config", "http.receivepack", "true");
        return made;
    }

    /// <summary>Commits texts by path, as somebody else does; null removes a file.</summary>
    public async Task<string> CommitAsync(IReadOnlyDictionary<string, string?> files, string message = "By hand", string branch = "main", string? from = null)
    {
        var copy = Path.Combine(root, Path.GetRandomFileName());
        await RunAsync(root, "clone", "--quiet", Bare, copy);
        var exists = (await RunAsync(copy, "branch", "--remotes", "--list", $"origin/{branch}")).Length > 0;
        await RunAsync(copy, exists ? ["checkout", "--quiet", branch] : ["checkout", "--quiet", "-b", branch, .. from is null ? [] : new[] { $"origin/{from}" }]);
        foreach (var (path, text) in files)
        {
            var full = Path.Combine(copy, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            if (text is null)
            {
                File.Delete(full);
            }
            else
            {
                await File.WriteAllTextAsync(full, text, Ct);
            }
        }

        await RunAsync(copy, "add", "--all");
        await RunAsync(copy, "commit", "--quiet", "--allow-empty", "--message", message);
        await RunAsync(copy, "push", "--quiet", "origin", branch);
        var commit = await RunAsync(copy, "rev-parse", "HEAD");
        Directory.Delete(copy, recursive: true);
        return commit;
    }

    /// <summary>What git prints, without the last line break.</summary>
    public Task<string> GitAsync(params string[] arguments) => RunAsync(Bare, arguments);

    /// <summary>A text at the head of a branch.</summary>
    public Task<string> TextAsync(string path, string branch = "main") => RunAsync(Bare, "show", $"{branch}:{path}");

    /// <summary>How many commits lead to the head of a branch.</summary>
    public async Task<int> CountAsync(string branch = "main") =>
        int.Parse(await RunAsync(Bare, "rev-list", "--count", branch), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Has pushes decided by a shell script.</summary>
    public async Task HookAsync(string name, string script)
    {
        var path = Path.Combine(Bare, "hooks", name);
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{script}\n", Ct);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    /// <summary>Sets what the git program takes from its surroundings.</summary>
    public static void Isolate(ProcessStartInfo start)
    {
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        foreach (var role in new[] { "AUTHOR", "COMMITTER" })
        {
            start.Environment[$"GIT_{role}_NAME"] = "Somebody";
            start.Environment[$"GIT_{role}_EMAIL"] = "somebody@example.org";
        }
    }

    private static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        Isolate(start);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("git did not start.");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Ct), process.StandardError.ReadToEndAsync(Ct));
        await process.WaitForExitAsync(Ct).WaitAsync(Patience, Ct);
        Assert.True(process.ExitCode == 0, $"git {string.Join(' ', arguments)}: {await errors}");
        return (await output).TrimEnd('\n');
    }
}
