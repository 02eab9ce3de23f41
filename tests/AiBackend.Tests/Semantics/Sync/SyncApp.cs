using System.Collections.Concurrent;
using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Semantics.Sync;
using AiBackend.Tests.DataStores;
using AiBackend.Tests.Semantics.Rows;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AiBackend.Tests.Semantics.Sync;

/// <summary>The service with databases that are what a test says.</summary>
public class SyncApp : AppFixture
{
    private readonly ConcurrentBag<GitFolder> folders = [];

    internal ScriptedDatabases Databases { get; } = new();

    /// <summary>A repository of its own for a test, which goes with the service.</summary>
    public async Task<GitFolder> NewGitAsync()
    {
        var git = await GitFolder.NewAsync();
        folders.Add(git);
        return git;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var git in folders)
        {
            git.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    protected override void ConfigureServices(IServiceCollection services)
    {
        services.RemoveAll<IConnector>();
        services.AddSingleton<IConnector>(Databases);
    }
}

/// <summary>Databases by the name that a store's config gives.</summary>
internal sealed class ScriptedDatabases : IConnector
{
    private readonly ConcurrentDictionary<string, ScriptedDatabase> all = new(StringComparer.Ordinal);

    public StoreKind Kind => StoreKind.Postgres;

    public ScriptedDatabase this[string name] => all.GetOrAdd(name, _ => new ScriptedDatabase());

    public async Task<ConnectionReport> TestAsync(ConnectionTarget target, CancellationToken ct)
    {
        var database = this[target.Database!];
        if (database.Faults.TryDequeue(out var fault))
        {
            throw new ConnectionException(fault, $"The database says {fault}.");
        }

        if (database.Holds)
        {
            database.Reached.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
        }

        return new ConnectionReport("Scripted 1");
    }

    public Task<DatabaseSchema> ReadSchemaAsync(ConnectionTarget target, CancellationToken ct) =>
        Task.FromResult(new DatabaseSchema([.. this[target.Database!].Tables.OrderBy(table => table.Name.Name, StringComparer.Ordinal)]));

    public Task<RowPage> ReadRowsAsync(ConnectionTarget target, RowRequest request, CancellationToken ct) =>
        this[target.Database!].Rows[request.Table.Name.Name].ReadRowsAsync(target, request, ct);

    public Task<IReadOnlyList<ValueCount>> ReadValuesAsync(ConnectionTarget target, TableName table, string column, int limit, CancellationToken ct) =>
        throw new NotSupportedException();
}

internal sealed class ScriptedDatabase
{
    /// <summary>What it holds now.</summary>
    public List<TableSchema> Tables { get; set; } = [Table("customers", "id:Integer", "name:Text"), Table("orders", "id:Integer", "total:Number")];

    /// <summary>The rows of its tables, where it has any.</summary>
    public Dictionary<string, ScriptedTable> Rows { get; } = new(StringComparer.Ordinal);

    /// <summary>What the next connections fail with.</summary>
    public ConcurrentQueue<ConnectionFault> Faults { get; } = [];

    /// <summary>Whether connections hang until they are given up.</summary>
    public bool Holds { get; set; }

    /// <summary>Set when one hangs.</summary>
    public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TableSchema Table(string name, params string[] columns) => new()
    {
        Name = new TableName("public", name),
        Columns = [.. columns.Select(column => column.Split(':')).Select(
            column => new ColumnSchema(column[0], column[1].ToLowerInvariant(), Enum.Parse<ColumnKind>(column[1]), IsNullable: column[0] != "id", Comment: null))],
        PrimaryKey = ["id"],
        RowEstimate = 3,
    };
}

/// <summary>A client with a repository, a layer and a data store in it.</summary>
internal sealed record SyncBench(SyncApp App, Tenant Tenant, GitFolder Git, string LayerId, string StoreId, ScriptedDatabase Database)
{
    public string Link => $"/api/v1/semantic/layers/{LayerId}/data-stores/{StoreId}";

    public static async Task<SyncBench> NewAsync(SyncApp app, string mode = "direct", string? schedule = null)
    {
        var tenant = await app.NewTenantAsync();
        var git = await app.NewGitAsync();
        await (await app.Admin.PostJsonAsync(
            "/api/v1/semantic/repositories", new { url = git.Url, client_id = tenant.ClientId, mode, is_default = true })).ExpectAsync(201);
        var layer = (await (await tenant.Http.PostJsonAsync("/api/v1/semantic/layers", new { name = "Shop" })).ExpectAsync(201)).Text("id");
        var database = Guid.NewGuid().ToString("n");
        var store = (await tenant.ConnectAsync(config: StoreSteps.PostgresConfig(("database", database)))).Text("id");
        var bench = new SyncBench(app, tenant, git, layer, store, app.Databases[database]);
        await (await tenant.Http.PostJsonAsync(
            $"/api/v1/semantic/layers/{layer}/data-stores", new { data_store_id = store, schedule })).ExpectAsync(201);
        return bench;
    }

    /// <summary>Has a server answer the layer's questions.</summary>
    public async Task ServeAsync(string url, string secret)
    {
        var server = await (await App.Admin.PostJsonAsync("/api/v1/semantic/servers", new { name = Tenant.ClientId, url, api_secret = secret })).ExpectAsync(201);
        await (await Tenant.Http.PatchJsonAsync($"/api/v1/semantic/layers/{LayerId}", new { server_id = server.Text("id") })).ExpectAsync(200);
    }

    /// <summary>A model's path in the repository.</summary>
    public string PathOf(string file) => $"{Tenant.ClientId}/{StoreId}/{file}";

    /// <summary>Asks for a sync.</summary>
    public async Task<JsonElement> AskAsync(bool dryRun = false) =>
        await (await Tenant.Http.PostJsonAsync($"{Link}/sync-jobs", new { dry_run = dryRun })).ExpectAsync(202);

    /// <summary>Asks for a sync and waits for its end.</summary>
    public async Task<JsonElement> SyncAsync(bool dryRun = false) => await EndOfAsync((await AskAsync(dryRun)).Text("id"));

    public Task<JsonElement> JobAsync(string id) => Tenant.Http.GetJsonAsync($"/api/v1/semantic/sync-jobs/{id}");

    /// <summary>The job when it has ended.</summary>
    public Task<JsonElement> EndOfAsync(string id) => App.EndOfSyncAsync(Tenant, id);

    /// <summary>The job when it is as expected.</summary>
    public Task<JsonElement> ReachedAsync(string id, Func<SyncJob, bool> isReached) => App.ReachedSyncAsync(Tenant, id, isReached);

    /// <summary>The types of the client's events about the semantic layer, oldest first.</summary>
    public async Task<string[]> EventsAsync() =>
        [.. (await Tenant.Http.GetJsonAsync("/api/v1/events?order=asc&limit=200")).Data().Select(told => told.Text("type"))
            .Where(type => type.StartsWith("semantic.", StringComparison.Ordinal))];
}
