using System.Data.Common;
using AiBackend.DataStores;
using DuckDB.NET.Data;
using Microsoft.Data.Sqlite;

namespace AiBackend.Tests.DataStores;

/// <summary>A database in a file of the test's own, in a folder that clients may name.</summary>
internal sealed class DatabaseFile(StoreKind kind) : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("aibackend-file-");

    public string Path => System.IO.Path.Combine(folder.FullName, "data base.db");

    public ConnectionTarget Target => new() { Kind = kind, Path = Path };

    public DataOptions Options => new() { AllowedPaths = [folder.FullName] };

    public DataGuard Guard => new(Options);

    /// <summary>Runs statements, with semicolons between, in the file, which they may make.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using DbConnection connection = kind == StoreKind.Sqlite
            ? new SqliteConnection($"Data Source={Path};Pooling=False")
            : new DuckDBConnection($"Data Source={Path}");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
