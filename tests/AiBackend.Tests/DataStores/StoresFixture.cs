using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AiBackend.Tests.DataStores;

/// <summary>The service with a folder in which clients may name files, and a connector that does what the user's name says.</summary>
public class StoresFixture : AppFixture
{
    private readonly string files = Directory.CreateTempSubdirectory("ai-backend-files-").FullName;

    /// <summary>In which clients may name files.</summary>
    public string Files => files;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(files, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override void Configure(IDictionary<string, string> settings) => settings["DATA_ALLOWED_PATHS"] = files;

    protected override void ConfigureServices(IServiceCollection services)
    {
        services.RemoveAll<IConnector>();
        services.AddSingleton<IConnector, ScriptedConnector>();
    }

    private sealed class ScriptedConnector : IConnector
    {
        public StoreKind Kind => StoreKind.Postgres;

        public Task<ConnectionReport> TestAsync(ConnectionTarget target, CancellationToken ct) =>
            Task.FromResult(new ConnectionReport($"{Checked(target)} at {target.Host}:{target.Port}/{target.Database}, {target.Tls}"));

        public Task<DatabaseSchema> ReadSchemaAsync(ConnectionTarget target, CancellationToken ct) => Task.FromResult(new DatabaseSchema(
        [
            new TableSchema
            {
                Name = new TableName(target.Schemas.Count == 0 ? "public" : target.Schemas[0], Checked(target)),
                Columns = [new ColumnSchema("id", "integer", ColumnKind.Integer, IsNullable: false, Comment: null)],
                PrimaryKey = ["id"],
                ForeignKeys = [new ForeignKey("fk", ["id"], new TableName(null, "other"), ["id"])],
                RowEstimate = 3,
            },
        ]));

        public Task<RowPage> ReadRowsAsync(ConnectionTarget target, RowRequest request, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<ValueCount>> ReadValuesAsync(
            ConnectionTarget target, TableName table, string column, int limit, CancellationToken ct) => throw new NotSupportedException();

        private static string Checked(ConnectionTarget target) => Enum.TryParse<ConnectionFault>(target.Username, ignoreCase: true, out var fault)
            ? throw new ConnectionException(fault, $"It is {target.Username}.")
            : $"{target.Username}+{target.Password}";
    }
}

/// <summary>What most tests of data stores do.</summary>
internal static class StoreSteps
{
    public static string Stores(this Tenant tenant) => $"/api/v1/clients/{tenant.ClientId}/data-stores";

    /// <summary>A config that every setting allows.</summary>
    public static Dictionary<string, object?> PostgresConfig(params (string Name, object? Value)[] changes)
    {
        var config = new Dictionary<string, object?>
        {
            ["host"] = "8.8.8.8",
            ["database"] = "shop",
            ["username"] = "reader",
            ["password"] = "pa55-word-of-shop",
        };
        foreach (var (name, value) in changes)
        {
            config[name] = value;
        }

        return config;
    }

    public static async Task<JsonElement> ConnectAsync(this Tenant tenant, string name = "Shop", object? config = null, string kind = "postgres") =>
        await (await tenant.Http.PostJsonAsync(tenant.Stores(), new { kind, name, config = config ?? PostgresConfig() })).ExpectAsync(201);

    /// <summary>The secret as it would be used.</summary>
    public static async Task<string?> SecretAsync(this AppFixture app, Tenant tenant, string storeId)
    {
        var stored = await app.Store.For(tenant.ClientId).FindAsync<DataStore>(storeId, TestContext.Current.CancellationToken);
        return app.Services.GetRequiredService<DataStoreDirectory>().SecretOf(stored!);
    }

    public static async Task<string[]> AuditAsync(this AppFixture app, string clientId) =>
        [.. (await app.Admin.GetJsonAsync($"/api/v1/clients/{clientId}/audit?order=asc")).Data().Select(entry => entry.Text("action"))];
}
