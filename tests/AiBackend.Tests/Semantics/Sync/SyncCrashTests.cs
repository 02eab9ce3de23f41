using AiBackend.Documents;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static AiBackend.Tests.Semantics.Sync.ScriptedDatabase;

namespace AiBackend.Tests.Semantics.Sync;

/// <summary>A process that dies at any moment of a sync: before or after each thing that it stores.</summary>
public sealed class SyncCrashTests(SyncCrashTests.ApiOnly app) : IClassFixture<SyncCrashTests.ApiOnly>
{
    [Theory]
    [InlineData("direct", true)]
    [InlineData("direct", false)]
    [InlineData("branch", true)]
    [InlineData("branch", false)]
    public async Task Whenever_it_dies_there_is_one_commit_of_the_right_content(string mode, bool isStored)
    {
        var moments = 0;
        while (await DieAsync(mode, survives: moments, isStored))
        {
            moments++;
        }

        Assert.True(moments >= 11, $"It stores {moments} times only.");
    }

    // Whether it died at all.
    private async Task<bool> DieAsync(string mode, int survives, bool isStored)
    {
        var bench = await SyncBench.NewAsync(app, mode);
        await bench.Git.CommitAsync(new Dictionary<string, string?> { ["README.md"] = "Models\n" });
        var id = (await bench.AskAsync()).Text("id");
        var storage = app.Services.GetRequiredService<IDocumentStore>();

        var hasDied = !await SyncAttempt.RunAsync(bench, id, new DyingStore(storage, survives, isStored));
        if (hasDied)
        {
            bench.Database.Tables = [.. bench.Database.Tables, Table("later", "id:Integer")];
            Assert.True((await bench.JobAsync(id)).Text("status") == "completed" || await SyncAttempt.RunAsync(bench, id, new DyingStore(storage, int.MaxValue, isStored)));
        }

        var job = await bench.JobAsync(id);
        Assert.Equal("completed", job.Text("status"));
        var branch = job.Text("branch");
        Assert.Equal(2, await bench.Git.CountAsync(branch));
        Assert.Equal(job.Text("commit"), await bench.Git.GitAsync("rev-parse", branch));
        var files = (await bench.Git.GitAsync("ls-tree", "--name-only", $"{branch}:{bench.Tenant.ClientId}/{bench.StoreId}")).Split('\n');
        Assert.Equal(job.GetProperty("diff").GetProperty("added").EnumerateArray().Select(file => file.GetString()![(bench.StoreId.Length + 1)..]), files);
        Assert.Equal(job.GetProperty("tables").GetInt32(), files.Length);
        Assert.Equal(["semantic.sync.started", "semantic.model.changed", "semantic.sync.completed"], await bench.EventsAsync());
        return hasDied;
    }

    public sealed class ApiOnly : SyncApp
    {
        protected override void Configure(IDictionary<string, string> settings)
        {
            base.Configure(settings);
            settings["ROLE"] = "api";
        }
    }
}
