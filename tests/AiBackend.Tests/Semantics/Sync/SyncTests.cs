using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Semantics.Sync;
using AiBackend.Tests.Support;
using static AiBackend.Tests.Semantics.Sync.ScriptedDatabase;

namespace AiBackend.Tests.Semantics.Sync;

public sealed class SyncTests(SyncApp app) : IClassFixture<SyncApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Models_of_the_database_are_committed_and_told_of()
    {
        var bench = await SyncBench.NewAsync(app);

        var job = await bench.SyncAsync();

        Assert.Equal(("completed", "notify", 2, 1), (job.Text("status"), job.Text("phase"), job.GetProperty("tables").GetInt32(), job.GetProperty("attempts").GetInt32()));
        Assert.Equal(
            [$"{bench.StoreId}/customers.yml", $"{bench.StoreId}/orders.yml"], job.GetProperty("diff").GetProperty("added").EnumerateArray().Select(file => file.GetString()));
        Assert.Equal((job.Text("commit"), "main"), (await bench.Git.GitAsync("rev-parse", "main"), job.Text("branch")));
        Assert.Contains($"data_source: {bench.StoreId}", await bench.Git.TextAsync(bench.PathOf("orders.yml")), StringComparison.Ordinal);
        Assert.EndsWith($"Sync-Job: {job.Text("id")}", await bench.Git.GitAsync("log", "-1", "--format=%B"), StringComparison.Ordinal);
        Assert.Equal(["semantic.sync.started", "semantic.model.changed", "semantic.sync.completed"], await bench.EventsAsync());
        Assert.Equal(JsonValueKind.Null, job.GetProperty("lease").ValueKind);
    }

    [Fact]
    public async Task A_schema_that_is_the_same_makes_no_commit()
    {
        var bench = await SyncBench.NewAsync(app);
        var first = await bench.SyncAsync();

        var second = await bench.SyncAsync();

        Assert.Equal(("completed", first.Text("commit")), (second.Text("status"), second.Text("commit")));
        Assert.Empty(second.GetProperty("diff").GetProperty("changed").EnumerateArray());
        Assert.Equal(1, await bench.Git.CountAsync());
        Assert.Single(await bench.EventsAsync(), type => type == "semantic.model.changed");
    }

    [Fact]
    public async Task What_people_edited_survives_a_change_of_the_schema()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        var path = bench.PathOf("orders.yml");
        var edited = "# Ours\n" + (await bench.Git.TextAsync(path)).Replace("name: orders\n", "name: orders\n    title: Sales\n", StringComparison.Ordinal) + "\n";
        await bench.Git.CommitAsync(new Dictionary<string, string?> { [path] = edited });
        bench.Database.Tables = [Table("orders", "id:Integer", "total:Number", "discount:Number")];

        var job = await bench.SyncAsync();

        Assert.Equal("completed", job.Text("status"));
        var merged = await bench.Git.TextAsync(path);
        Assert.All(new[] { "# Ours", "title: Sales", "discount_sum" }, text => Assert.Contains(text, merged, StringComparison.Ordinal));
        Assert.Equal([$"{bench.StoreId}/customers.yml"], job.GetProperty("diff").GetProperty("removed").EnumerateArray().Select(file => file.GetString()));
        Assert.Equal("orders.yml", await bench.Git.GitAsync("ls-tree", "--name-only", $"main:{bench.Tenant.ClientId}/{bench.StoreId}"));
    }

    [Fact]
    public async Task A_conflict_fails_the_job_and_names_file_and_path()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        var path = bench.PathOf("orders.yml");
        var text = await bench.Git.TextAsync(path);
        await bench.Git.CommitAsync(new Dictionary<string, string?> { [path] = text.Replace("type: number", "type: boolean", StringComparison.Ordinal) });
        bench.Database.Tables = [Table("orders", "id:Integer", "total:Text")];

        var job = await bench.SyncAsync();

        Assert.Equal(("failed", "merge_conflict"), (job.Text("status"), job.GetProperty("error").Text("code")));
        Assert.Contains("orders.yml: cubes[orders].dimensions[total].type", job.GetProperty("error").Text("detail"), StringComparison.Ordinal);
        Assert.Equal(2, await bench.Git.CountAsync());
        Assert.Equal("semantic.sync.failed", (await bench.EventsAsync())[^1]);
    }

    [Fact]
    public async Task A_dry_run_shows_the_changes_and_makes_none()
    {
        var bench = await SyncBench.NewAsync(app);
        await bench.SyncAsync();
        bench.Database.Tables = [Table("customers", "id:Integer", "name:Text"), Table("orders", "id:Integer", "total:Number", "note:Text")];

        var dry = await bench.SyncAsync(dryRun: true);
        var listed = (await bench.Tenant.Http.GetJsonAsync("/api/v1/semantic/sync-jobs")).Data()[0];
        var real = await bench.SyncAsync();

        var text = dry.GetProperty("diff").Text("text");
        Assert.Contains($"--- a/{bench.PathOf("orders.yml")}\n+++ b/{bench.PathOf("orders.yml")}\n@@ ", text, StringComparison.Ordinal);
        Assert.Contains("\n+      - name: note\n", text, StringComparison.Ordinal);
        Assert.Equal((true, JsonValueKind.Null), (dry.GetProperty("dry_run").GetBoolean(), dry.GetProperty("commit").ValueKind));
        Assert.Equal((dry.Text("id"), JsonValueKind.Null), (listed.Text("id"), listed.GetProperty("diff").GetProperty("text").ValueKind));
        Assert.Equal([$"{bench.StoreId}/orders.yml"], real.GetProperty("diff").GetProperty("changed").EnumerateArray().Select(file => file.GetString()));
        Assert.Equal(2, await bench.Git.CountAsync());
    }

    [Fact]
    public async Task There_is_one_live_job_for_a_store_of_a_layer_and_it_can_be_cancelled()
    {
        var bench = await SyncBench.NewAsync(app);
        bench.Database.Holds = true;
        var first = (await bench.AskAsync()).Text("id");
        await bench.Database.Reached.Task.WaitAsync(Ct);

        await (await bench.Tenant.Http.PostJsonAsync($"{bench.Link}/sync-jobs", new { })).ExpectProblemAsync(409, "sync_in_progress");
        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{first}/cancel")).ExpectAsync(200);
        var cancelled = await bench.EndOfAsync(first);
        bench.Database.Holds = false;

        Assert.Equal(("cancelled", "connect"), (cancelled.Text("status"), cancelled.Text("phase")));
        Assert.Equal(["semantic.sync.started", "semantic.sync.cancelled"], await bench.EventsAsync());
        Assert.Equal("completed", (await bench.SyncAsync()).Text("status"));
    }

    [Fact]
    public async Task A_fault_that_may_pass_is_waited_out()
    {
        var bench = await SyncBench.NewAsync(app);
        bench.Database.Faults.Enqueue(ConnectionFault.Unreachable);
        bench.Database.Faults.Enqueue(ConnectionFault.TimedOut);
        var id = (await bench.AskAsync()).Text("id");

        await bench.ReachedAsync(id, job => job is { Failures: 1, Status: SyncStatus.Pending });
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        await bench.ReachedAsync(id, job => job is { Failures: 2, Status: SyncStatus.Pending });
        app.Clock.Advance(TimeSpan.FromSeconds(25));

        var job = await bench.EndOfAsync(id);
        Assert.Equal(("completed", 3), (job.Text("status"), job.GetProperty("attempts").GetInt32()));
        Assert.Contains(job.GetProperty("logs").EnumerateArray(), line => line.Text("level") == "warning" && line.Text("text").Contains("Unreachable", StringComparison.Ordinal));
        Assert.Single(await bench.EventsAsync(), type => type == "semantic.sync.started");
    }

    [Fact]
    public async Task A_fault_that_lasts_fails_the_job_which_can_be_queued_again()
    {
        var bench = await SyncBench.NewAsync(app);
        bench.Database.Faults.Enqueue(ConnectionFault.BadCredentials);
        var failed = await bench.SyncAsync();

        var requeued = await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{failed.Text("id")}/requeue")).ExpectAsync(200);
        var job = await bench.EndOfAsync(failed.Text("id"));

        Assert.Equal(("failed", "data_store"), (failed.Text("status"), failed.GetProperty("error").Text("code")));
        Assert.Equal("pending", requeued.Text("status"));
        Assert.Equal(("completed", JsonValueKind.Null), (job.Text("status"), job.GetProperty("error").ValueKind));
        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{job.Text("id")}/requeue")).ExpectProblemAsync(409, "conflict");
        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{job.Text("id")}/cancel")).ExpectProblemAsync(409, "conflict");
    }

    [Fact]
    public async Task A_job_that_failed_is_not_queued_again_after_a_later_one()
    {
        var bench = await SyncBench.NewAsync(app);
        bench.Database.Faults.Enqueue(ConnectionFault.NoRights);
        var failed = await bench.SyncAsync();
        await bench.SyncAsync();

        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{failed.Text("id")}/requeue")).ExpectProblemAsync(409, "conflict");
    }

    [Fact]
    public async Task For_review_each_sync_has_a_branch_of_its_own_until_the_main_one_holds_it()
    {
        var bench = await SyncBench.NewAsync(app, mode: "branch");
        await bench.Git.CommitAsync(new Dictionary<string, string?> { ["README.md"] = "Models\n" });

        var job = await bench.SyncAsync();
        var branch = job.Text("branch");
        Assert.Equal($"ai-backend/{job.Text("id")}", branch);
        Assert.Equal(1, await bench.Git.CountAsync());
        await bench.Git.GitAsync("update-ref", "refs/heads/main", branch);
        var merged = await bench.SyncAsync();
        bench.Database.Tables = [Table("orders", "id:Integer", "total:Number", "note:Text")];
        var next = await bench.SyncAsync();

        Assert.Equal(2, await bench.Git.CountAsync());
        Assert.Empty(merged.GetProperty("diff").GetProperty("changed").EnumerateArray());
        Assert.Equal([$"{bench.StoreId}/orders.yml"], next.GetProperty("diff").GetProperty("changed").EnumerateArray().Select(file => file.GetString()));
        Assert.Equal([$"{bench.StoreId}/customers.yml"], next.GetProperty("diff").GetProperty("removed").EnumerateArray().Select(file => file.GetString()));
        Assert.Contains("name: note", await bench.Git.TextAsync(bench.PathOf("orders.yml"), next.Text("branch")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_within_anothers_folder_keeps_its_models_to_itself()
    {
        var outer = await SyncBench.NewAsync(app);
        await outer.SyncAsync();
        var layer = await (await outer.Tenant.Http.PostJsonAsync(
            "/api/v1/semantic/layers", new { name = "Second", folder = $"{outer.Tenant.ClientId}/second" })).ExpectAsync(201);
        var inner = outer with { LayerId = layer.Text("id") };
        await (await outer.Tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{inner.LayerId}/data-stores", new { data_store_id = outer.StoreId })).ExpectAsync(201);
        await inner.SyncAsync();

        var again = await outer.SyncAsync();

        Assert.All(new[] { "added", "changed", "removed" }, kind => Assert.Empty(again.GetProperty("diff").GetProperty(kind).EnumerateArray()));
        foreach (var bench in new[] { outer, inner })
        {
            var models = await bench.Tenant.Http.GetJsonAsync($"/api/v1/semantic/layers/{bench.LayerId}/models");
            Assert.Equal(["customers", "orders"], models.Data().Select(model => model.Text("name")));
        }
    }

    [Fact]
    public async Task A_job_is_followed_as_a_stream()
    {
        var bench = await SyncBench.NewAsync(app);
        var id = (await bench.SyncAsync()).Text("id");

        var stream = await bench.Tenant.Http.GetStringAsync($"/api/v1/semantic/sync-jobs/{id}/stream", Ct);

        Assert.Contains("event: sync.completed\n", stream, StringComparison.Ordinal);
        Assert.Contains("\"text\":\"Completed.\"", stream, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_clients_jobs_and_links_are_not_there()
    {
        var bench = await SyncBench.NewAsync(app);
        var id = (await bench.SyncAsync()).Text("id");
        var stranger = await app.NewTenantAsync();

        await (await stranger.Http.PostJsonAsync($"{bench.Link}/sync-jobs", new { })).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.GetAsync($"/api/v1/semantic/sync-jobs/{id}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.GetAsync($"/api/v1/semantic/sync-jobs/{id}/stream", Ct)).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{id}/cancel")).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{id}/requeue")).ExpectProblemAsync(404, "not_found");
        Assert.Empty((await stranger.Http.GetJsonAsync("/api/v1/semantic/sync-jobs")).Data());
    }

    [Fact]
    public async Task Jobs_are_listed_by_layer_store_and_status()
    {
        var bench = await SyncBench.NewAsync(app);
        var id = (await bench.SyncAsync()).Text("id");

        async Task<string[]> ListAsync(string query) =>
            [.. (await bench.Tenant.Http.GetJsonAsync($"/api/v1/semantic/sync-jobs?{query}")).Data().Select(job => job.Text("id"))];

        Assert.Equal([id], await ListAsync($"layer_id={bench.LayerId}&status=completed"));
        Assert.Equal([id], await ListAsync($"data_store_id={bench.StoreId}"));
        Assert.Empty(await ListAsync("status=failed"));
        Assert.Equal(["status"], await (await bench.Tenant.Http.GetAsync("/api/v1/semantic/sync-jobs?status=odd", Ct)).InvalidFieldsAsync());
    }
}
