using AiBackend.Semantics.Repositories;

namespace AiBackend.Tests.Semantics.Repositories;

/// <summary>What holds for a repository in a folder and for one behind a server alike.</summary>
public sealed class GitRepositoriesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Files_of_a_folder_are_read_at_the_head_and_links_are_not_followed(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        var commit = await bench.Folder.CommitAsync(new Dictionary<string, string?>
        {
            ["base/cli_1/dst_1/orders.yml"] = "cubes: []\n",
            ["base/cli_1/über.yml"] = "# ü\r\n",
            ["base/cli_1/picture.bin"] = "a\0b",
            ["base/cli_2/secret.yml"] = "not yours",
            ["outside.yml"] = "outside",
        });
        await LinkAsync(bench, "base/cli_1/link.yml", "../cli_2/secret.yml");
        await LinkAsync(bench, "base/cli_1/folder", "../cli_2");

        var read = await bench.Service().ReadAsync(bench.Repository(basePath: "base"), "cli_1", Ct);

        Assert.NotEqual(commit, read.Commit);
        Assert.Equal(await bench.Folder.GitAsync("rev-parse", "main"), read.Commit);
        Assert.Equal(
            new Dictionary<string, string> { ["dst_1/orders.yml"] = "cubes: []\n", ["über.yml"] = "# ü\r\n" },
            read.Files.ToDictionary());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_that_is_not_there_is_empty(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        var commit = await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["readme"] = "x" });

        var read = await bench.Service().ReadAsync(bench.Repository(), "cli_1", Ct);

        Assert.Equal((commit, 0), (read.Commit, read.Files.Count));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_is_one_commit_that_names_its_author_its_counts_and_its_job(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?>
        {
            ["cli_1/a.yml"] = "a",
            ["cli_1/b.yml"] = "b",
            ["cli_1/same.yml"] = "same",
            ["other"] = "other",
        });

        var outcome = await bench.Service().CommitAsync(
            bench.Repository(),
            bench.Change(current => new Dictionary<string, string?>
            {
                ["a.yml"] = current["a.yml"] + "!",
                ["b.yml"] = null,
                ["new/c.yml"] = "c",
                ["same.yml"] = "same",
            }),
            Ct);

        Assert.Equal(2, await bench.Folder.CountAsync());
        Assert.Equal(await bench.Folder.GitAsync("rev-parse", "main"), outcome.Commit);
        Assert.Equal(("main", false, false), (outcome.Branch, outcome.AlreadyDone, outcome.NothingChanged));
        Assert.Equal(["new/c.yml"], outcome.Diff.Added);
        Assert.Equal(["a.yml"], outcome.Diff.Changed);
        Assert.Equal(["b.yml"], outcome.Diff.Removed);
        Assert.Equal("cli_1/a.yml\ncli_1/new/c.yml\ncli_1/same.yml\nother", await bench.Folder.GitAsync("ls-tree", "-r", "--name-only", "main"));
        Assert.Equal("a!", await bench.Folder.TextAsync("cli_1/a.yml"));
        Assert.Equal(
            "AI Backend\nSync models\n\n1 added, 1 changed, 1 removed\n\nSync-Job: syn_1",
            await bench.Folder.GitAsync("log", "-1", "--format=%an%n%B", "main"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_empty_repository_gets_its_first_commit(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        var service = bench.Service();

        Assert.Null((await service.TestAsync(bench.Repository(), Ct)).Commit);
        Assert.Null((await service.ReadAsync(bench.Repository(), "cli_1", Ct)).Commit);
        var outcome = await service.CommitAsync(bench.Repository(), bench.Change("a.yml", "a"), Ct);

        Assert.Equal(1, await bench.Folder.CountAsync());
        Assert.Equal(outcome.Commit, (await service.TestAsync(bench.Repository(), Ct)).Commit);
        Assert.Equal("a", (await service.ReadAsync(bench.Repository(), "cli_1", Ct)).Files["a.yml"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_committed_when_nothing_changed(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        var head = await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = "a" });

        var outcome = await bench.Service().CommitAsync(
            bench.Repository(), bench.Change(_ => new Dictionary<string, string?> { ["a.yml"] = "a", ["gone.yml"] = null }), Ct);

        Assert.Equal((head, true), (outcome.Commit, outcome.NothingChanged));
        Assert.Equal(1, await bench.Folder.CountAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_missing_branch_is_named_with_those_there_are(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });

        var error = await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(bench.Repository(branch: "trunk"), Ct));

        Assert.Equal(GitFault.UnknownBranch, error.Fault);
        Assert.Contains("no branch trunk; it has main", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_change_throws_comes_out_and_nothing_is_committed(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });

        await Assert.ThrowsAsync<NotSupportedException>(() => bench.Service().CommitAsync(
            bench.Repository(), bench.Change(_ => throw new NotSupportedException()), Ct));

        Assert.Equal(1, await bench.Folder.CountAsync());
    }

    [Theory]
    [InlineData(false, 100)]
    [InlineData(true, 100)]
    [InlineData(false, 101)]
    [InlineData(true, 101)]
    public async Task A_file_is_read_up_to_the_limit(bool isServed, int size)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = new('x', size), ["big"] = new('x', 1000) });
        var reading = bench.Service(new GitOptions { CacheFolder = bench.Cache, MaxFileBytes = 100 }).ReadAsync(bench.Repository(), "cli_1", Ct);

        if (size == 100)
        {
            Assert.Equal(100, (await reading).Files["a.yml"].Length);
            return;
        }

        var error = await Assert.ThrowsAsync<GitException>(() => reading);
        Assert.Equal(GitFault.TooLarge, error.Fault);
        Assert.Contains("a.yml", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    public async Task The_texts_of_a_folder_are_read_up_to_a_limit_together(int size)
    {
        await using var bench = await GitBench.NewAsync(isServed: false);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a"] = new('x', 60), ["cli_1/b"] = new('x', size - 60) });
        var reading = bench.Service(new GitOptions { CacheFolder = bench.Cache, MaxFolderBytes = 100 }).ReadAsync(bench.Repository(), "cli_1", Ct);

        if (size == 100)
        {
            Assert.Equal(2, (await reading).Files.Count);
            return;
        }

        Assert.Equal(GitFault.TooLarge, (await Assert.ThrowsAsync<GitException>(() => reading)).Fault);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task As_many_files_are_read_as_the_limit_says(int count)
    {
        await using var bench = await GitBench.NewAsync(isServed: false);
        await bench.Folder.CommitAsync(Enumerable.Range(0, count).ToDictionary(i => $"cli_1/{i}.yml", _ => (string?)"x"));
        var reading = bench.Service(new GitOptions { CacheFolder = bench.Cache, MaxFiles = 3 }).ReadAsync(bench.Repository(), "cli_1", Ct);

        if (count == 3)
        {
            Assert.Equal(3, (await reading).Files.Count);
            return;
        }

        Assert.Equal(GitFault.TooLarge, (await Assert.ThrowsAsync<GitException>(() => reading)).Fault);
    }

    [Fact]
    public async Task A_folder_whose_repository_is_elsewhere_is_not_taken()
    {
        await using var bench = await GitBench.NewAsync(isServed: false);
        var folder = Directory.CreateDirectory(Path.Combine(bench.Folder.Root, "elsewhere")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, ".git"), $"gitdir: {bench.Folder.Bare}", Ct);

        var error = await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(bench.Repository(url: $"file://{folder}"), Ct));

        Assert.Equal(GitFault.NotAllowed, error.Fault);
    }

    [Fact]
    public async Task A_branch_that_is_checked_out_in_the_folder_is_not_written()
    {
        await using var bench = await GitBench.NewAsync(isServed: false);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["a"] = "a" });
        var copy = Path.Combine(bench.Folder.Root, "copy");
        await bench.Folder.GitAsync("clone", "--quiet", bench.Folder.Bare, copy);
        var repository = bench.Repository(url: $"file://{copy}");

        var error = await Assert.ThrowsAsync<GitException>(() => bench.Service().CommitAsync(repository, bench.Change("a.yml", "a"), Ct));
        var reviewed = await bench.Service().CommitAsync(repository with { Mode = CommitMode.Branch }, bench.Change("a.yml", "a"), Ct);

        Assert.Equal((GitFault.Rejected, "ai-backend/syn_1"), (error.Fault, reviewed.Branch));
        Assert.Contains("checked out", error.Message, StringComparison.Ordinal);
    }

    private static async Task LinkAsync(GitBench bench, string path, string target)
    {
        var list = Path.Combine(bench.Folder.Root, "index");
        await File.WriteAllTextAsync(list + ".txt", target, Ct);
        var blob = await bench.Folder.GitAsync("hash-object", "-w", list + ".txt");
        await bench.Folder.GitAsync("read-tree", "main");
        await bench.Folder.GitAsync("update-index", "--add", "--cacheinfo", $"120000,{blob},{path}");
        var tree = await bench.Folder.GitAsync("write-tree");
        var commit = await bench.Folder.GitAsync("commit-tree", tree, "-p", "main", "-m", "link");
        await bench.Folder.GitAsync("update-ref", "refs/heads/main", commit);
    }
}
