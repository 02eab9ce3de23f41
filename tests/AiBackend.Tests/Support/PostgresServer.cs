using System.Security.Cryptography;
using AiBackend.DataStores;
using AiBackend.Documents.Tests;
using Npgsql;

[assembly: AssemblyFixture(typeof(AiBackend.Tests.Support.PostgresServer))]

namespace AiBackend.Tests.Support;

/// <summary>
/// A real PostgreSQL for all tests of a run, started by the first that asks for a database: take it in the constructor of a test class or
/// fixture. It serves on loopback, over TLS too (a certificate of its own), and asks for passwords (SCRAM).
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly Lazy<Task<DatabaseProcess>> process;

    public PostgresServer() => process = new Lazy<Task<DatabaseProcess>>(StartAsync);

    /// <summary>The owner of all.</summary>
    public string Username { get; } = "postgres";

    /// <summary>Of <see cref="Username"/>.</summary>
    public string Password { get; } = $"p'{RandomNumberGenerator.GetHexString(16)};\"=";

    public string Host { get; } = "127.0.0.1";

    /// <summary>Set when it runs.</summary>
    public int Port { get; private set; }

    private static string? Programs => DatabaseProcess.FolderOf(
        "initdb",
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(folder => $"{folder}/bin")
            : []);

    /// <summary>Starts the server; the test is skipped where PostgreSQL is not installed, and fails there in CI.</summary>
    public async Task RunAsync()
    {
        DatabaseProcess.SkipWithout(Programs, "postgresql");
        await process.Value;
    }

    /// <summary>An empty database of the test's own.</summary>
    /// <param name="sql">Run in it.</param>
    internal async Task<PostgresDatabase> CreateDatabaseAsync(string sql = "")
    {
        await RunAsync();
        var database = new PostgresDatabase(this, $"test_{Guid.NewGuid():n}");
        await new PostgresDatabase(this, "postgres").ExecuteAsync($"CREATE DATABASE {database.Name}");
        if (sql.Length > 0)
        {
            await database.ExecuteAsync(sql);
        }

        return database;
    }

    /// <summary>A user without any right of its own, who has the password of the owner.</summary>
    internal async Task<string> CreateUserAsync()
    {
        await RunAsync();
        var name = $"user_{Guid.NewGuid():n}";
        await new PostgresDatabase(this, "postgres").ExecuteAsync($"CREATE USER {name} PASSWORD '{Password.Replace("'", "''", StringComparison.Ordinal)}'");
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        if (process.IsValueCreated)
        {
            await (await process.Value).DisposeAsync();
        }
    }

    private async Task<DatabaseProcess> StartAsync()
    {
        Port = LoopbackPort.Free();
        var folder = DatabaseProcess.NewFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), Password);
        return await DatabaseProcess.StartAsync(
            "postgres",
            folder,
            $"{Programs}/initdb -D \"$folder/data\" -U {Username} -A scram-sha-256 --pwfile=\"$folder/password\" --no-sync --locale=C.UTF-8 -E UTF8",
            $"{Programs}/postgres -D \"$folder/data\" -h {Host} -p {Port} -c unix_socket_directories= -c fsync=off -c full_page_writes=off "
            + "-c max_connections=200 -c shared_buffers=32MB -c ssl=on -c ssl_cert_file=\"$folder/server.crt\" -c ssl_key_file=\"$folder/server.key\"",
            "ready to accept connections",
            "INT");
    }
}

/// <summary>A database on the <see cref="PostgresServer"/>.</summary>
internal sealed record PostgresDatabase(PostgresServer Server, string Name)
{
    /// <summary>For the driver, as the owner of all.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = Server.Host,
        Port = Server.Port,
        Database = Name,
        Username = Server.Username,
        Password = Server.Password,
        Pooling = false,
    }.ConnectionString;

    /// <summary>For a connector, as the owner of all.</summary>
    public ConnectionTarget Target => new()
    {
        Kind = StoreKind.Postgres,
        Host = Server.Host,
        Port = Server.Port,
        Database = Name,
        Username = Server.Username,
        Password = Server.Password,
    };

    /// <summary>Runs statements, with semicolons between, as the owner of all.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The rows of a query, each value as the driver has it; null for null.</summary>
    public async Task<IReadOnlyList<object?[]>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }

        return rows;
    }
}
