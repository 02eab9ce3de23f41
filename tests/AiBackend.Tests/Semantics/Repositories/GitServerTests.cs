using System.Diagnostics;
using AiBackend.Semantics.Repositories;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Semantics.Repositories;

/// <summary>What only a repository behind a server brings about.</summary>
public sealed class GitServerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_token_is_told_without_a_word_of_it()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);

        var error = await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(bench.Repository(token: "wr0ng-token"), Ct));
        var missing = await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(bench.Repository() with { Token = null }, Ct));

        Assert.Equal((GitFault.BadCredentials, GitFault.BadCredentials), (error.Fault, missing.Fault));
        Assert.DoesNotContain("wr0ng", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("wants a token", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_username_that_is_set_is_sent()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        bench.Server!.Login = ("deploy", GitBench.Token);

        await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(bench.Repository(), Ct));
        Assert.Null((await bench.Service().TestAsync(bench.Repository() with { Username = "deploy" }, Ct)).Commit);
    }

    [Fact]
    public async Task A_protected_branch_fails_with_the_hooks_words_and_is_not_tried_again()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        var head = await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });
        await bench.Folder.HookAsync("pre-receive", "echo 'main is protected: open a merge request' >&2; exit 1");

        var error = await Assert.ThrowsAsync<GitException>(() => bench.Service().CommitAsync(bench.Repository(), bench.Change("a.yml", "a"), Ct));

        Assert.Equal(GitFault.Rejected, error.Fault);
        Assert.Contains("pre-receive hook declined", error.Message, StringComparison.Ordinal);
        Assert.Contains("main is protected: open a merge request", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(GitBench.Token, error.ToString(), StringComparison.Ordinal);
        Assert.Equal(head, await bench.Folder.GitAsync("rev-parse", "main"));
        Assert.Single(bench.Server!.Requests, request => request.StartsWith("POST /models.git/git-receive-pack", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_race_that_the_server_decides_is_run_again()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = "1" });
        var races = 0;
        bench.Server!.Before = async http =>
        {
            if (http.Request.Method == "POST" && http.Request.Path.Value!.EndsWith("git-receive-pack", StringComparison.Ordinal) && races++ == 0)
            {
                await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/b.yml"] = "by hand" });
            }

            return false;
        };

        await bench.Service().CommitAsync(bench.Repository(), bench.Change("a.yml", "2"), Ct);

        Assert.Equal((2, 3), (races, await bench.Folder.CountAsync()));
        Assert.Equal(("2", "by hand"), (await bench.Folder.TextAsync("cli_1/a.yml"), await bench.Folder.TextAsync("cli_1/b.yml")));
    }

    [Fact]
    public async Task A_push_whose_answer_was_lost_is_found_by_the_next_attempt()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });
        await bench.Folder.HookAsync("post-receive", $"touch {bench.Folder.Root}/received; while [ -e {bench.Folder.Root}/received ]; do sleep 0.05; done");
        bench.Server!.Before = async http =>
        {
            if (http.Request.Method == "POST" && http.Request.Path.Value!.EndsWith("git-receive-pack", StringComparison.Ordinal))
            {
                _ = CutAsync();
            }

            await Task.CompletedTask;
            return false;

            async Task CutAsync()
            {
                while (!File.Exists(Path.Combine(bench.Folder.Root, "received")))
                {
                    await Task.Delay(10, Ct);
                }

                http.Abort();
            }
        };

        var error = await Assert.ThrowsAsync<GitException>(() => bench.Service().CommitAsync(bench.Repository(), bench.Change("a.yml", "a"), Ct));
        File.Delete(Path.Combine(bench.Folder.Root, "received"));
        bench.Server.Before = null;
        var again = await bench.Service().CommitAsync(bench.Repository(), bench.Change("a.yml", "b"), Ct);

        Assert.Equal((GitFault.Unreachable, true, 2), (error.Fault, again.AlreadyDone, await bench.Folder.CountAsync()));
    }

    [Fact]
    public async Task Reading_ends_soon_after_it_is_cancelled_and_the_next_one_works()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });
        var service = bench.Service();
        var asked = new TaskCompletionSource();
        bench.Server!.Before = async http =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = service.ReadAsync(bench.Repository(), "cli_1", cancel.Token);
        await asked.Task.WaitAsync(Ct);

        var since = Stopwatch.GetTimestamp();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(1), "It took longer than a second.");
        bench.Server.Before = null;
        Assert.NotNull((await service.ReadAsync(bench.Repository(), "cli_1", Ct)).Commit);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_on_after_the_limit()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        bench.Server!.Before = async http =>
        {
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        var idle = await Assert.ThrowsAsync<GitException>(() => bench.Service(new GitOptions { CacheFolder = bench.Cache, IdleLimit = TimeSpan.FromMilliseconds(200) })
            .TestAsync(bench.Repository(), Ct));
        var whole = await Assert.ThrowsAsync<GitException>(() => bench.Service(new GitOptions { CacheFolder = bench.Cache, TimeLimit = TimeSpan.FromMilliseconds(200) })
            .TestAsync(bench.Repository(), Ct));

        Assert.Equal((GitFault.TimedOut, GitFault.TimedOut), (idle.Fault, whole.Fault));
    }

    [Fact]
    public async Task A_repository_that_is_too_large_is_not_taken()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        var noise = new byte[100_000];
        Random.Shared.NextBytes(noise);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["noise"] = Convert.ToBase64String(noise) });

        var error = await Assert.ThrowsAsync<GitException>(
            () => bench.Service(new GitOptions { CacheFolder = bench.Cache, MaxBytes = 50_000 }).ReadAsync(bench.Repository(), "", Ct));

        Assert.Equal(GitFault.TooLarge, error.Fault);
        Assert.NotNull((await bench.Service().ReadAsync(bench.Repository(), "", Ct)).Commit);
    }

    [Fact]
    public async Task A_clone_that_is_damaged_is_made_anew()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = "a" });
        var service = bench.Service();
        await service.ReadAsync(bench.Repository(), "cli_1", Ct);
        var clone = Assert.Single(Directory.GetDirectories(bench.Cache));

        Directory.Delete(Path.Combine(clone, "objects"), recursive: true);
        var withoutObjects = await service.ReadAsync(bench.Repository(), "cli_1", Ct);
        await File.WriteAllTextAsync(Path.Combine(clone, "HEAD"), "nonsense", Ct);
        await File.WriteAllTextAsync(Path.Combine(clone, "config"), "[[[", Ct);
        var withoutHead = await service.ReadAsync(bench.Repository(), "cli_1", Ct);
        foreach (var pack in Directory.GetFiles(Path.Combine(clone, "objects", "pack"), "*.pack"))
        {
            File.Delete(pack);
            await File.WriteAllTextAsync(pack, "nonsense", Ct);
        }

        var withoutPacks = await service.ReadAsync(bench.Repository(), "cli_1", Ct);

        Assert.All([withoutObjects, withoutHead, withoutPacks], read => Assert.Equal("a", read.Files["a.yml"]));
    }

    [Fact]
    public async Task A_clone_of_another_address_is_removed()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        await bench.Service().TestAsync(bench.Repository(), Ct);
        var before = Assert.Single(Directory.GetDirectories(bench.Cache));

        await bench.Service().TestAsync(bench.Repository(url: bench.Server!.Url + "/"), Ct);

        Assert.NotEqual(before, Assert.Single(Directory.GetDirectories(bench.Cache)));
    }

    [Fact]
    public async Task Nothing_of_the_address_or_the_token_is_kept_in_the_clone()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });
        await bench.Service().CommitAsync(bench.Repository(), bench.Change("a.yml", "a"), Ct);

        foreach (var file in Directory.GetFiles(bench.Cache, "*", SearchOption.AllDirectories))
        {
            var text = await File.ReadAllTextAsync(file, Ct);
            Assert.DoesNotContain(GitBench.Token, text, StringComparison.Ordinal);
            Assert.DoesNotContain(bench.Server!.Root, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_redirect_is_followed_on_the_same_server_only()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        await using var other = await GitServer.StartAsync(bench.Folder);
        var head = await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });
        bench.Server!.Before = http =>
        {
            var (path, query) = (http.Request.Path.Value!, http.Request.QueryString);
            if (path.StartsWith("/old.git", StringComparison.Ordinal))
            {
                http.Response.Redirect($"{bench.Server.Root}/models.git{path["/old.git".Length..]}{query}");
                return Task.FromResult(true);
            }

            if (path.StartsWith("/moved.git", StringComparison.Ordinal))
            {
                http.Response.Redirect($"{other.Root}/models.git{path["/moved.git".Length..]}{query}");
                return Task.FromResult(true);
            }

            return Task.FromResult(false);
        };

        var old = await bench.Service().ReadAsync(bench.Repository(url: $"{bench.Server.Root}/old.git"), "", Ct);
        var moved = await Assert.ThrowsAsync<GitException>(() => bench.Service().ReadAsync(bench.Repository(url: $"{bench.Server.Root}/moved.git"), "", Ct));

        Assert.Equal(head, old.Commit);
        Assert.Contains("refers to another address", moved.Message, StringComparison.Ordinal);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData(200, GitFault.NotARepository)]
    [InlineData(403, GitFault.NoRights)]
    [InlineData(404, GitFault.NotARepository)]
    [InlineData(502, GitFault.Unreachable)]
    internal async Task An_answer_that_is_not_gits_is_told_in_words(int status, GitFault fault)
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        bench.Server!.Before = async http =>
        {
            http.Response.StatusCode = status;
            await http.Response.WriteAsync("<html>hello</html>", Ct);
            return true;
        };

        Assert.Equal(fault, (await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(bench.Repository(), Ct))).Fault);
    }
}
