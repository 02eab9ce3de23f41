using AiBackend.Semantics.Repositories;

namespace AiBackend.Tests.Semantics.Repositories;

/// <summary>One commit for each job, whatever else happens to the branch.</summary>
public sealed class GitJobTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_job_that_died_after_its_push_finds_its_commit_in_another_process(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["readme"] = "x" });
        var first = await bench.Service().CommitAsync(bench.Repository(), bench.Change("a.yml", "a"), Ct);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = "edited after it" });

        var again = await bench.Service(new GitOptions { CacheFolder = Path.Combine(bench.Cache, "other") })
            .CommitAsync(bench.Repository(), bench.Change(_ => throw new InvalidOperationException("Not asked again."), "syn_1"), Ct);

        Assert.Equal((first.Commit, true), (again.Commit, again.AlreadyDone));
        Assert.Equal(["a.yml"], again.Diff.Added);
        Assert.Equal("edited after it", await bench.Folder.TextAsync("cli_1/a.yml"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_of_another_job_is_not_taken_for_its_own(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["readme"] = "x" }, "By hand\n\nSync-Job: syn_10");

        var outcome = await bench.Service().CommitAsync(bench.Repository(), bench.Change("a.yml", "a", "syn_1"), Ct);

        Assert.False(outcome.AlreadyDone);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_race_is_run_again_on_what_won(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = "1" });
        var seen = new List<string>();

        var outcome = await bench.Service().CommitAsync(
            bench.Repository(),
            bench.Change(current =>
            {
                seen.Add(current["a.yml"]);
                if (seen.Count <= 2)
                {
                    bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = $"by hand {seen.Count}" }).GetAwaiter().GetResult();
                }

                return new Dictionary<string, string?> { ["a.yml"] = current["a.yml"] + " and ours" };
            }),
            Ct);

        Assert.Equal(["1", "by hand 1", "by hand 2"], seen);
        Assert.Equal("by hand 2 and ours", await bench.Folder.TextAsync("cli_1/a.yml"));
        Assert.Equal((4, false), (await bench.Folder.CountAsync(), outcome.AlreadyDone));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_race_that_is_lost_each_time_is_given_up(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = "0" });
        var tries = 0;

        var error = await Assert.ThrowsAsync<GitException>(() => bench.Service().CommitAsync(
            bench.Repository(),
            bench.Change(_ =>
            {
                bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = $"{++tries}" }).GetAwaiter().GetResult();
                return new Dictionary<string, string?> { ["a.yml"] = "ours" };
            }),
            Ct));

        Assert.Equal((GitFault.Busy, 5), (error.Fault, tries));
        Assert.Equal("5", await bench.Folder.TextAsync("cli_1/a.yml"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task For_review_a_job_commits_on_a_branch_of_its_own(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        var head = await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = "a" });
        var repository = bench.Repository(CommitMode.Branch);

        var outcome = await bench.Service().CommitAsync(repository, bench.Change("a.yml", "b"), Ct);
        var again = await bench.Service().CommitAsync(repository, bench.Change("a.yml", "c"), Ct);
        var next = await bench.Service().CommitAsync(repository, bench.Change("a.yml", "d", "syn_2"), Ct);

        Assert.Equal(("ai-backend/syn_1", false), (outcome.Branch, outcome.AlreadyDone));
        Assert.Equal((outcome.Commit, true), (again.Commit, again.AlreadyDone));
        Assert.Equal(head, await bench.Folder.GitAsync("rev-parse", "main"));
        Assert.Equal("b", await bench.Folder.TextAsync("cli_1/a.yml", "ai-backend/syn_1"));
        Assert.Equal("d", await bench.Folder.TextAsync("cli_1/a.yml", next.Branch));
        Assert.Equal(2, await bench.Folder.CountAsync(next.Branch));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reviewed_commit_that_was_merged_is_found_on_the_branch_itself(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        await bench.Folder.CommitAsync(new Dictionary<string, string?> { ["cli_1/a.yml"] = "a" });
        var repository = bench.Repository(CommitMode.Branch);
        var made = await bench.Service().CommitAsync(repository, bench.Change("a.yml", "b"), Ct);
        await bench.Folder.GitAsync("update-ref", "refs/heads/main", made.Commit!);
        await bench.Folder.GitAsync("branch", "-D", "ai-backend/syn_1");

        var again = await bench.Service().CommitAsync(repository, bench.Change("a.yml", "c"), Ct);

        Assert.Equal((made.Commit, true), (again.Commit, again.AlreadyDone));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_jobs_on_one_repository_all_commit(bool isServed)
    {
        await using var bench = await GitBench.NewAsync(isServed);
        var services = new[] { bench.Service(), bench.Service() };

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => services[i % 2].CommitAsync(bench.Repository(), bench.Change($"{i}.yml", "x", $"syn_{i}"), Ct)));

        Assert.Equal(8, await bench.Folder.CountAsync());
        Assert.Equal(8, (await bench.Folder.GitAsync("ls-tree", "-r", "--name-only", "main")).Split('\n').Length);
    }
}
