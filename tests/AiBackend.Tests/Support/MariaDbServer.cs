using System.Security.Cryptography;
using AiBackend.DataStores;
using AiBackend.Documents.Tests;
using MySqlConnector;

[assembly: AssemblyFixture(typeof(AiBackend.Tests.Support.MariaDbServer))]

namespace AiBackend.Tests.Support;

/// <summary>
/// A real MariaDB for all tests of a run, started by the first that asks for a database: take it in the constructor of a test class or
/// fixture. It serves on loopback, over TLS too (a certificate of its own).
/// </summary>
public sealed class MariaDbServer : IAsyncDisposable
{
    private readonly Lazy<Task<DatabaseProcess>> process;

    public MariaDbServer() => process = new Lazy<Task<DatabaseProcess>>(StartAsync);

    /// <summary>May do all.</summary>
    public string Username { get; } = "owner";

    /// <summary>Of <see cref="Username"/>.</summary>
    public string Password { get; } = $"p{RandomNumberGenerator.GetHexString(16)};\"=";

    public string Host { get; } = "127.0.0.1";

    /// <summary>Set when it runs.</summary>
    public int Port { get; private set; }

    /// <summary>Starts the server; the test is skipped where MariaDB is not installed, and fails there in CI.</summary>
    public async Task RunAsync()
    {
        DatabaseProcess.SkipWithout(FolderOf("mariadbd"), "mariadb-server");
        await process.Value;
    }

    /// <summary>An empty database of the test's own.</summary>
    /// <param name="sql">Run in it.</param>
    internal async Task<MariaDbDatabase> CreateDatabaseAsync(string sql = "")
    {
        await RunAsync();
        var database = new MariaDbDatabase(this, $"test_{Guid.NewGuid():n}");
        await new MariaDbDatabase(this, string.Empty).ExecuteAsync($"CREATE DATABASE {database.Name} CHARACTER SET utf8mb4");
        if (sql.Length > 0)
        {
            await database.ExecuteAsync(sql);
        }

        return database;
    }

    /// <summary>A user without any right, who has the password of the owner.</summary>
    internal async Task<string> CreateUserAsync()
    {
        await RunAsync();
        var name = $"u_{Guid.NewGuid():n}"[..30];
        await new MariaDbDatabase(this, string.Empty).ExecuteAsync($"CREATE USER {name}@'%' IDENTIFIED BY '{Password}'");
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        if (process.IsValueCreated)
        {
            await (await process.Value).DisposeAsync();
        }
    }

    private static string? FolderOf(string program) => DatabaseProcess.FolderOf(program, ["/usr/sbin", "/usr/local/sbin", "/usr/libexec"]);

    private async Task<DatabaseProcess> StartAsync()
    {
        Port = LoopbackPort.Free();
        var folder = DatabaseProcess.NewFolder();
        await File.WriteAllTextAsync(
            Path.Combine(folder, "init.sql"),
            $"CREATE USER {Username}@'%' IDENTIFIED BY '{Password}';\nGRANT ALL ON *.* TO {Username}@'%' WITH GRANT OPTION;\n");
        return await DatabaseProcess.StartAsync(
            "mysql",
            folder,
            $"{FolderOf("mariadb-install-db")}/mariadb-install-db --no-defaults --datadir=\"$folder/data\" --auth-root-authentication-method=normal --skip-test-db",
            $"{FolderOf("mariadbd")}/mariadbd --no-defaults --datadir=\"$folder/data\" --tmpdir=\"$folder\" --socket=\"$folder/socket\" --pid-file=\"$folder/pid\" "
            + $"--bind-address={Host} --port={Port} --skip-name-resolve --init-file=\"$folder/init.sql\" --ssl-cert=\"$folder/server.crt\" --ssl-key=\"$folder/server.key\" "
            + "--innodb-buffer-pool-size=32M --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=0 --performance-schema=off --max-connections=200",
            "ready for connections",

            // Its data go, so it need not put them in order; and told to end while it starts, it never hears.
            "KILL");
    }
}

/// <summary>A database on the <see cref="MariaDbServer"/>.</summary>
internal sealed record MariaDbDatabase(MariaDbServer Server, string Name)
{
    /// <summary>For the driver, as the owner of all.</summary>
    public string ConnectionString => new MySqlConnectionStringBuilder
    {
        Server = Server.Host,
        Port = (uint)Server.Port,
        Database = Name,
        UserID = Server.Username,
        Password = Server.Password,
        Pooling = false,
        SslMode = MySqlSslMode.Disabled,
        AllowUserVariables = true,
    }.ConnectionString;

    /// <summary>For a connector, as the owner of all.</summary>
    public ConnectionTarget Target => new()
    {
        Kind = StoreKind.Mysql,
        Host = Server.Host,
        Port = Server.Port,
        Database = Name,
        Username = Server.Username,
        Password = Server.Password,
    };

    /// <summary>Runs statements, with semicolons between, as the owner of all.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new MySqlConnection(ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new MySqlCommand(sql, connection) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The rows of a query, each value as the driver has it; null for null.</summary>
    public async Task<IReadOnlyList<object?[]>> QueryAsync(string sql)
    {
        await using var connection = new MySqlConnection(ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new MySqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }

        return rows;
    }
}
