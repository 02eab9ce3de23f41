using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using AiBackend.DataStores;
using AiBackend.Documents.Tests;

[assembly: AssemblyFixture(typeof(AiBackend.Tests.Support.ClickhouseServer))]

namespace AiBackend.Tests.Support;

/// <summary>
/// ClickHouse's own engine (chDB, from npm, as Debian's ClickHouse is too old for the driver) behind its HTTP interface as
/// <c>tests/clickhouse/server.mjs</c> speaks it: users, rights and errors of access are that script's. Started by the first test that asks for
/// a database. It has the users <c>default</c>, <c>reader</c> (who may set nothing) and <c>nobody</c> (who has no right), all with one password.
/// </summary>
public sealed class ClickhouseServer : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private readonly Lazy<Task<DatabaseProcess>> process;

    public ClickhouseServer() => process = new Lazy<Task<DatabaseProcess>>(StartAsync);

    /// <summary>The port for HTTP; set when it runs.</summary>
    internal int Port { get; private set; }

    /// <summary>The port for HTTPS, with a certificate that nobody has reason to trust.</summary>
    internal int TlsPort { get; private set; }

    internal string Password { get; } = $"p:'{RandomNumberGenerator.GetHexString(16)};&=";

    private static string? Programs =>
        DatabaseProcess.FolderOf("npm", []) is { } folder && DatabaseProcess.FolderOf("node", []) is not null ? folder : null;

    /// <summary>An empty database of the test's own; the test is skipped where npm is missing, and fails there in CI.</summary>
    /// <param name="statements">Run in it.</param>
    internal async Task<ClickhouseDatabase> CreateDatabaseAsync(params string[] statements)
    {
        DatabaseProcess.SkipWithout(Programs, "npm");
        await process.Value;
        var database = new ClickhouseDatabase(this, $"test_{Guid.NewGuid():n}");
        await ExecuteAsync("default", $"CREATE DATABASE {database.Name}");
        foreach (var statement in statements)
        {
            await database.ExecuteAsync(statement);
        }

        return database;
    }

    /// <summary>What was asked of the server, for the statements that name a text.</summary>
    internal async Task<string[]> RequestsAsync(string text)
    {
        var all = await Http.GetFromJsonAsync<Request[]>($"http://127.0.0.1:{Port}/requests", TestContext.Current.CancellationToken);
        return
        [
            .. all!.Where(request => request.Sql.Contains(text, StringComparison.Ordinal))
                .Select(request => $"{request.Sql}\n{string.Join('\n', request.Query)}"),
        ];
    }

    internal async Task ExecuteAsync(string database, string sql)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{Port}/?database={database}") { Content = new StringContent(sql) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"default:{Password}")));
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await process.Value).DisposeAsync();
        }
    }

    private async Task<DatabaseProcess> StartAsync()
    {
        (Port, TlsPort) = (LoopbackPort.Free(), LoopbackPort.Free());
        var folder = DatabaseProcess.NewFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), Password);

        // Half a gigabyte: runs share it, and one at a time installs it.
        var modules = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "aibackend-clickhouse")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "prepare.sh"),
            $"""
            exec 9> "{modules}/lock"
            flock 9
            cd "{modules}"
            cmp -s package-lock.json "{Source("package-lock.json")}" && [ -d node_modules/chdb ] && exit 0
            cp "{Source("package.json")}" "{Source("package-lock.json")}" . && npm install --no-audit --no-fund --ignore-scripts
            """);
        return await DatabaseProcess.StartAsync(
            "root",
            folder,
            "sh \"$folder/prepare.sh\"",
            $"env MODULES=\"{modules}\" HTTP_PORT={Port} HTTPS_PORT={TlsPort} FOLDER=\"$folder\" node \"{Source("server.mjs")}\"",
            "ready to accept connections",
            "TERM");
    }

    private static string Source(string file, [CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "clickhouse", file));

    private sealed record Request(string Sql, Dictionary<string, string> Query);
}

/// <summary>A database on the <see cref="ClickhouseServer"/>.</summary>
internal sealed record ClickhouseDatabase(ClickhouseServer Server, string Name)
{
    public ConnectionTarget Target => new()
    {
        Kind = StoreKind.Clickhouse,
        Host = "127.0.0.1",
        Port = Server.Port,
        Database = Name,
        Username = "default",
        Password = Server.Password,
    };

    public Task ExecuteAsync(string sql) => Server.ExecuteAsync(Name, sql);
}
