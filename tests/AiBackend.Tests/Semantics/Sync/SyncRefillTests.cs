using System.Text.Json;
using AiBackend.Tests.DataStores;
using AiBackend.Tests.Support;
using static AiBackend.Tests.Semantics.Sync.ScriptedDatabase;

namespace AiBackend.Tests.Semantics.Sync;

/// <summary>Git lost what was generated, or its place was changed; and what people removed.</summary>
public sealed class SyncRefillTests(SyncApp app) : IClassFixture<SyncApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_branch_that_was_deleted_is_made_again_with_all_models_and_the_job_says_so()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        await bench.Git.GitAsync("update-ref", "-d", "refs/heads/main");

        var dry = await bench.SyncAsync(dryRun: true);
        var job = await bench.SyncAsync();
        var next = await bench.SyncAsync();

        AssertFilled(bench, dry);
        AssertFilled(bench, job);
        Assert.Equal(job.Text("commit"), await bench.Git.GitAsync("rev-parse", "main"));
        Assert.Equal(2, (await ModelsAsync(bench)).Length);
        Assert.Equal((job.Text("commit"), 0), (next.Text("commit"), Warnings(next).Length));
    }

    [Fact]
    public async Task A_store_that_is_taken_out_and_put_in_again_goes_on_with_its_models()
    {
        var bench = await SyncBench.NewAsync(app);
        var first = await bench.SyncAsync();
        await (await bench.Tenant.Http.DeleteAsync(bench.Link, Ct)).ExpectAsync(204);
        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{bench.LayerId}/data-stores", new { data_store_id = bench.StoreId })).ExpectAsync(201);

        var same = await bench.SyncAsync();
        bench.Database.Tables = [Table("customers", "id:Integer", "name:Text"), Table("orders", "id:Integer", "total:Number", "note:Text")];
        var changed = await bench.SyncAsync();

        Assert.Equal(("completed", first.Text("commit")), (same.Text("status"), await bench.Git.GitAsync("rev-parse", "main~1")));
        Assert.Equal("completed", changed.Text("status"));
        Assert.Equal(2, (await ModelsAsync(bench)).Length);
        Assert.Contains("name: note", await bench.Git.TextAsync(bench.PathOf("orders.yml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_that_was_made_anew_without_the_models_gets_them()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        await NewBranchAsync(bench, "main");

        AssertFilled(bench, await bench.SyncAsync());

        Assert.Equal(2, await bench.Git.CountAsync());
    }

    [Fact]
    public async Task Another_repository_is_filled_by_the_next_sync()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        var other = await app.NewGitAsync();
        await PatchAsync(bench, new { url = other.Url });

        AssertFilled(bench, await bench.SyncAsync());

        Assert.Equal(1, await other.CountAsync());
        Assert.Equal(1, await bench.Git.CountAsync());
        Assert.Contains("name: orders", await other.TextAsync(bench.PathOf("orders.yml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_folder_is_filled_and_the_first_one_is_merged_with_when_it_is_taken_again()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        await EditAsync(bench, "orders.yml", text => "# Ours\n" + text + "\n");
        await PatchAsync(bench, new { base_path = "elsewhere/models" });
        AssertFilled(bench, await bench.SyncAsync());
        Assert.DoesNotContain("# Ours", await bench.Git.TextAsync($"elsewhere/models/{bench.PathOf("orders.yml")}"), StringComparison.Ordinal);

        await PatchAsync(bench, new { base_path = "" });
        bench.Database.Tables = [Table("customers", "id:Integer", "name:Text"), Table("orders", "id:Integer", "total:Number", "note:Text")];
        var back = await bench.SyncAsync();

        Assert.Equal(("completed", 0), (back.Text("status"), Warnings(back).Length));
        var text = await bench.Git.TextAsync(bench.PathOf("orders.yml"));
        Assert.All(new[] { "# Ours", "name: note" }, part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_branch_is_filled()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        await NewBranchAsync(bench, "trunk");
        await PatchAsync(bench, new { branch = "trunk" });

        var job = await bench.SyncAsync();

        AssertFilled(bench, job);
        Assert.Equal(("trunk", 2), (job.Text("branch"), await bench.Git.CountAsync("trunk")));
    }

    [Fact]
    public async Task A_branch_that_is_not_there_beside_others_is_said_in_words()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        await PatchAsync(bench, new { branch = "typo" });

        var job = await bench.SyncAsync();

        Assert.Equal(("failed", "repository"), (job.Text("status"), job.GetProperty("error").Text("code")));
        Assert.Contains("no branch typo; it has main", job.GetProperty("error").Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_people_removed_stay_away_all_of_them_too_while_the_layer_holds_others()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        await bench.Git.CommitAsync(new Dictionary<string, string?> { [bench.PathOf("orders.yml")] = null });
        var one = await bench.SyncAsync();
        Assert.Equal(["customers"], await ModelsAsync(bench));

        await bench.Git.CommitAsync(new Dictionary<string, string?>
        {
            [bench.PathOf("customers.yml")] = null,
            [$"{bench.Tenant.ClientId}/own.yml"] = "cubes: []\n",
        });
        var all = await bench.SyncAsync();
        await bench.Git.CommitAsync(new Dictionary<string, string?> { [$"{bench.Tenant.ClientId}/own.yml"] = null });
        var later = await bench.SyncAsync();

        Assert.All([one, all, later], job => Assert.Equal(("completed", 0), (job.Text("status"), Warnings(job).Length)));
        Assert.Empty(await ModelsAsync(bench));
        Assert.Equal(4, await bench.Git.CountAsync());
    }

    [Fact]
    public async Task A_layers_folder_that_went_as_a_whole_is_filled_for_each_of_its_stores()
    {
        var bench = await SyncBench.NewAsync(app);
        var second = (await bench.Tenant.ConnectAsync("Second", StoreSteps.PostgresConfig(("database", Guid.NewGuid().ToString("n"))))).Text("id");
        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{bench.LayerId}/data-stores", new { data_store_id = second })).ExpectAsync(201);
        var other = bench with { StoreId = second };
        await bench.SyncAsync();
        await other.SyncAsync();
        var files = (await bench.Git.GitAsync("ls-tree", "-r", "--name-only", "main")).Split('\n');
        Assert.Equal(4, files.Length);
        await bench.Git.CommitAsync(files.ToDictionary(file => file, _ => (string?)null));
        await bench.Git.CommitAsync(new Dictionary<string, string?> { ["README.md"] = "Empty\n" });

        var first = await bench.SyncAsync();
        var then = await other.SyncAsync();

        Assert.All([first, then], job => Assert.Equal((2, 1), (job.GetProperty("diff").GetProperty("added").GetArrayLength(), Warnings(job).Length)));
        Assert.Equal(4, (await ModelsAsync(bench)).Length);
    }

    [Fact]
    public async Task For_review_all_models_are_offered_again_when_the_branch_is_gone()
    {
        var bench = await SyncBench.NewAsync(app, mode: "branch");
        await bench.Git.CommitAsync(new Dictionary<string, string?> { ["README.md"] = "Models\n" });
        await bench.Git.GitAsync("update-ref", "refs/heads/main", (await bench.SyncAsync()).Text("branch"));
        await bench.SyncAsync();
        await bench.Git.GitAsync("update-ref", "-d", "refs/heads/main");

        var job = await bench.SyncAsync();
        var again = await bench.SyncAsync();

        AssertFilled(bench, job);
        Assert.Equal(2, again.GetProperty("diff").GetProperty("added").GetArrayLength());
        Assert.Equal($"ai-backend/{job.Text("id")}", job.Text("branch"));
    }

    [Theory]
    [InlineData("dimensions: [[[ :")]
    [InlineData("<<<<<<< HEAD\n    title: One\n=======\n    title: Two\n>>>>>>> theirs")]
    [InlineData("just words")]
    public async Task A_file_that_was_broken_by_hand_is_told_of_although_the_database_is_the_same(string broken)
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        var good = await bench.Git.TextAsync(bench.PathOf("orders.yml"));
        await EditAsync(bench, "orders.yml", text => broken == "just words" ? broken : text.Replace("cubes:\n", $"cubes:\n{broken}\n", StringComparison.Ordinal));

        var job = await bench.SyncAsync();
        await EditAsync(bench, "orders.yml", _ => "# Mended\n" + good + "\n");
        var mended = await bench.SyncAsync();

        Assert.Equal(("failed", "merge_conflict"), (job.Text("status"), job.GetProperty("error").Text("code")));
        Assert.Contains("orders.yml: no", job.GetProperty("error").Text("detail"), StringComparison.Ordinal);
        Assert.Equal("completed", mended.Text("status"));
        Assert.Equal(3, await bench.Git.CountAsync());
    }

    private static void AssertFilled(SyncBench bench, JsonElement job)
    {
        Assert.Equal("completed", job.Text("status"));
        Assert.Equal(
            [$"{bench.StoreId}/customers.yml", $"{bench.StoreId}/orders.yml"], job.GetProperty("diff").GetProperty("added").EnumerateArray().Select(file => file.GetString()));
        Assert.Contains("are generated anew", Assert.Single(Warnings(job)), StringComparison.Ordinal);
    }

    private static string[] Warnings(JsonElement job) =>
        [.. job.GetProperty("logs").EnumerateArray().Where(line => line.Text("level") == "warning").Select(line => line.Text("text"))];

    private static async Task<string[]> ModelsAsync(SyncBench bench) =>
        [.. (await bench.Tenant.Http.GetJsonAsync($"/api/v1/semantic/layers/{bench.LayerId}/models")).Data().Select(model => model.Text("name"))];

    private async Task PatchAsync(SyncBench bench, object patch)
    {
        var id = (await bench.Tenant.Http.GetJsonAsync("/api/v1/semantic/repositories")).Data().Single().Text("id");
        await (await app.Admin.PatchJsonAsync($"/api/v1/semantic/repositories/{id}", patch)).ExpectAsync(200);
    }

    private static async Task EditAsync(SyncBench bench, string file, Func<string, string> edit)
    {
        var path = bench.PathOf(file);
        await bench.Git.CommitAsync(new Dictionary<string, string?> { [path] = edit(await bench.Git.TextAsync(path)) });
    }

    // Without anything that was there before.
    private static async Task NewBranchAsync(SyncBench bench, string branch)
    {
        var empty = Path.Combine(bench.Git.Root, "empty");
        await File.WriteAllTextAsync(empty, "", Ct);
        var tree = await bench.Git.GitAsync("hash-object", "-w", "-t", "tree", empty);
        await bench.Git.GitAsync("update-ref", $"refs/heads/{branch}", await bench.Git.GitAsync("commit-tree", tree, "-m", "Begin"));
    }
}
