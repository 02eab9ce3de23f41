using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Semantics.Repositories;
using AiBackend.Semantics.Rows;
using AiBackend.Semantics.Sync;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using static AiBackend.Tests.Semantics.Sync.ScriptedDatabase;

namespace AiBackend.Tests.Semantics.Sync;

/// <summary>A process that dies at any moment of a sync: before or after each thing that it stores.</summary>
public sealed class SyncCrashTests(SyncCrashTests.ApiOnly app) : IClassFixture<SyncCrashTests.ApiOnly>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

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

        var hasDied = !await AttemptAsync(bench, id, new DyingStore(storage, survives, isStored));
        if (hasDied)
        {
            bench.Database.Tables = [.. bench.Database.Tables, Table("later", "id:Integer")];
            Assert.True((await bench.JobAsync(id)).Text("status") == "completed" || await AttemptAsync(bench, id, new DyingStore(storage, int.MaxValue, isStored)));
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

    // What a worker does with a job that it takes up. False when it died over it.
    private async Task<bool> AttemptAsync(SyncBench bench, string id, DyingStore store)
    {
        var documents = app.Store.For(bench.Tenant.ClientId);
        var claimed = await documents.CommitAsync(
            transaction => transaction.UpdateAsync<SyncJob>(
                id, job => job with { LeaseOwner = "this test", Attempts = job.Attempts + 1, DueAt = app.Clock.GetUtcNow() + TimeSpan.FromMinutes(1) }),
            Ct);
        var handler = new SyncHandler(
            new DocumentStore(store),
            app.Services.GetRequiredService<DataStoreDirectory>(),
            app.Services.GetRequiredService<GitRepositories>(),
            app.Services.GetRequiredService<RowIndexer>(),
            app.Services.GetRequiredService<EventLog>(),
            app.Clock,
            NullLogger<SyncHandler>.Instance);
        try
        {
            await handler.HandleAsync(claimed!, Ct);
            return true;
        }
        catch (DiedException)
        {
            return false;
        }
    }

    public sealed class ApiOnly : SyncApp
    {
        protected override void Configure(IDictionary<string, string> settings)
        {
            base.Configure(settings);
            settings["ROLE"] = "api";
        }
    }

    private sealed class DiedException : Exception;

    /// <summary>Stores a number of commits; then the process dies, before or after the next one.</summary>
    private sealed class DyingStore(IDocumentStore inner, int survives, bool isStored) : IDocumentStore
    {
        private int left = survives;

        public CommitSignals Signals => inner.Signals;

        public async Task<TResult> CommitAsync<TResult>(Func<ITransaction, ValueTask<TResult>> work, CancellationToken ct)
        {
            if (left-- > 0)
            {
                return await inner.CommitAsync(work, ct);
            }

            if (isStored && left == -1)
            {
                await inner.CommitAsync(work, ct);
            }

            throw new DiedException();
        }

        public Task InitializeAsync(CancellationToken ct) => inner.InitializeAsync(ct);

        public Task<bool> IsReadyAsync(CancellationToken ct) => inner.IsReadyAsync(ct);

        public Task<T?> FindAsync<T>(string id, CancellationToken ct)
            where T : Document => inner.FindAsync<T>(id, ct);

        public Task<IReadOnlyList<T>> ListAsync<T>(Query<T> query, CancellationToken ct)
            where T : Document => inner.ListAsync(query, ct);

        public Task<IReadOnlyList<TView>> ListAsync<T, TView>(Query<T> query, CancellationToken ct)
            where T : Document => inner.ListAsync<T, TView>(query, ct);

        public Task<Page<T>> PageAsync<T>(Query<T> query, string? cursor, int limit, CancellationToken ct)
            where T : Document => inner.PageAsync(query, cursor, limit, ct);

        public Task<long> CountAsync<T>(Query<T> query, CancellationToken ct)
            where T : Document => inner.CountAsync(query, ct);

        public Task<T?> ClaimAsync<T>(Query<T> query, Lease lease, CancellationToken ct)
            where T : LeasedDocument => inner.ClaimAsync(query, lease, ct);

        public Task<int> RemoveExpiredAsync(DateTimeOffset now, CancellationToken ct) => inner.RemoveExpiredAsync(now, ct);

        public Task ForgetRemovedAsync(CancellationToken ct) => inner.ForgetRemovedAsync(ct);
    }
}
