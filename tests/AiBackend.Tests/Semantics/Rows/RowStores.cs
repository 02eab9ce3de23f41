using AiBackend.DataStores;
using AiBackend.Tests.DataStores;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>The service, which clients may let read real databases. They share a repository.</summary>
public sealed class RowStores : AppFixture
{
    private readonly List<DatabaseFile> files = [];
    private GitFolder? git;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        git = await GitFolder.NewAsync();
        await (await Admin.PostJsonAsync("/api/v1/semantic/repositories", new { url = git.Url, is_default = true })).ExpectAsync(201);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        git?.Dispose();
        files.ForEach(file => file.Dispose());
        GC.SuppressFinalize(this);
    }

    /// <summary>A database of its own for a test.</summary>
    /// <param name="kind">As the API names it.</param>
    internal async Task<RowDatabase> NewDatabaseAsync(string kind, PostgresServer postgres, MariaDbServer mariaDb)
    {
        switch (kind)
        {
            case "postgres":
                var made = await postgres.CreateDatabaseAsync();
                return new RowDatabase(kind, ConfigOf(made.Target), made.ExecuteAsync);
            case "mysql":
                var madeThere = await mariaDb.CreateDatabaseAsync();
                return new RowDatabase(kind, ConfigOf(madeThere.Target), madeThere.ExecuteAsync);
            default:
                var file = new DatabaseFile(kind == "sqlite" ? StoreKind.Sqlite : StoreKind.Duckdb);
                lock (files)
                {
                    files.Add(file);
                }

                return new RowDatabase(kind, new { path = file.Path }, file.ExecuteAsync);
        }
    }

    protected override void Configure(IDictionary<string, string> settings)
    {
        settings["DATA_ALLOWED_PATHS"] = Path.GetTempPath();
        settings["DATA_ALLOW_PRIVATE_NETWORKS"] = "true";
    }

    private static object ConfigOf(ConnectionTarget target) =>
        new { host = target.Host, port = target.Port, database = target.Database, username = target.Username, password = target.Password, tls = "disable" };
}

/// <summary>A real database.</summary>
/// <param name="Kind">As the API names it.</param>
/// <param name="Config">By which a client connects it.</param>
/// <param name="ExecuteAsync">Runs statements, with semicolons between.</param>
internal sealed record RowDatabase(string Kind, object Config, Func<string, Task> ExecuteAsync);
