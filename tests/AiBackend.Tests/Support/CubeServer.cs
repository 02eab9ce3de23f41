using System.Diagnostics;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Documents.Tests;
using AiBackend.Semantics.Cube;
using Npgsql;

[assembly: AssemblyFixture(typeof(AiBackend.Tests.Support.CubeServer))]

namespace AiBackend.Tests.Support;

/// <summary>
/// A real Cube for all tests of a run, started by the first that asks: take it in the constructor of a test class or fixture. Each client
/// id has its own models over its own PostgreSQL database in it.
/// </summary>
public sealed class CubeServer : IAsyncDisposable
{
    private readonly string models = Directory.CreateTempSubdirectory("aibackend-models-").FullName;
    private readonly Lazy<Task<CubeProcess>> process;

    public CubeServer() => process = new Lazy<Task<CubeProcess>>(() => CubeProcess.StartAsync(CubeProcess.Source("tests", "cube", "cube.js"), models, new Dictionary<string, string>()));

    /// <summary>Its root; set when something is served.</summary>
    public string Url { get; private set; } = string.Empty;

    /// <summary>What tokens are signed with.</summary>
    public string Secret { get; } = CubeProcess.Secret;

    /// <summary>Serves a client's models from now on; the test is skipped where npm is missing, and fails there in CI.</summary>
    /// <param name="clientId">As it is in tokens; letters, digits and <c>_</c>.</param>
    /// <param name="files">Texts by path.</param>
    internal async Task<CubeTenant> ServeAsync(string clientId, PostgresDatabase database, IReadOnlyDictionary<string, string> files)
    {
        CubeProcess.SkipWithoutNode();
        var folder = Path.Combine(models, clientId);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var (path, text) in files)
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text);
        }

        Directory.CreateDirectory(folder);
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "connection.json"),
            JsonSerializer.Serialize(new
            {
                host = connection.Host,
                port = connection.Port,
                database = connection.Database,
                user = connection.Username,
                password = connection.Password,
                ssl = false,
            }));
        Url = (await process.Value).Url;
        return new CubeTenant(Url, Secret, new CubeClaims { ClientId = clientId });
    }

    public async ValueTask DisposeAsync()
    {
        if (process.IsValueCreated)
        {
            await (await process.Value).DisposeAsync();
        }

        Directory.Delete(models, recursive: true);
    }
}

/// <summary>Cube's API with a client's token, as the service calls it.</summary>
internal sealed record CubeTenant(string Url, string Secret, CubeClaims Claims)
{
    private static readonly HttpClient Http = new();

    /// <summary>The rows of a query.</summary>
    public async Task<JsonArray> LoadAsync(object query)
    {
        JsonNode answer;
        do
        {
            answer = await SendAsync("load", new { query });
        }
        while (answer["error"]?.GetValue<string>() == "Continue wait");

        return answer["data"] as JsonArray ?? throw new InvalidOperationException(answer.ToJsonString());
    }

    /// <summary>What Cube says of the models, errors included.</summary>
    public Task<JsonNode> MetaAsync() => SendAsync("meta", null);

    private async Task<JsonNode> SendAsync(string path, object? body)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, $"{Url}/cubejs-api/v1/{path}");
        request.Headers.TryAddWithoutValidation("Authorization", CubeTokens.Sign(Secret, Claims, DateTimeOffset.UtcNow));
        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
    }
}

/// <summary>A Cube under <c>tools/cube</c> of the shared folder, with a configuration. It ends with the tests, also when these are killed.</summary>
internal sealed class CubeProcess : IAsyncDisposable
{
    public const string Secret = "cube-secret-of-the-tests";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process shell;
    private readonly TaskCompletionSource<string> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder output = new();

    private CubeProcess(Process shell) => this.shell = shell;

    public string Url { get; private set; } = string.Empty;

    /// <summary>A file of the repository.</summary>
    public static string Source(params string[] path) => Path.Combine([Root(), .. path]);

    public static void SkipWithoutNode()
    {
        var folder = DatabaseProcess.FolderOf("npm", []) is { } found && DatabaseProcess.FolderOf("node", []) is not null ? found : null;
        DatabaseProcess.SkipWithout(folder, "npm");
        SharedFolder.PathOrSkip("tools/cube");
    }

    /// <param name="config">The <c>cube.js</c>.</param>
    /// <param name="models">Its <c>MODEL_DIR</c>.</param>
    /// <param name="settings">More environment variables.</param>
    public static async Task<CubeProcess> StartAsync(string config, string models, IReadOnlyDictionary<string, string> settings)
    {
        // Runs share what npm installs; while one starts, its files are not to be changed by another.
        var work = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "aibackend-cube")).FullName;
        await using var alone = await AloneAsync(Path.Combine(work, "starting.lock"));
        var script = $"""
            exec 2>&1
            "{SharedFolder.PathOrSkip("tools/cube/run.sh")}" --work "{work}" --model "{models}" --port {LoopbackPort.Free()} --secret {Secret} --config "{config}" &
            pid=$!
            cat > /dev/null
            kill $pid; wait $pid
            """;
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var server = new CubeProcess(Process.Start(start) ?? throw new InvalidOperationException("bash did not start."));
        server.Follow();
        try
        {
            server.Url = await server.ready.Task.WaitAsync(Patience);
            return server;
        }
        catch (Exception error)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException(server.output.ToString(), error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        shell.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await shell.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            shell.Kill(entireProcessTree: true);
        }

        shell.Dispose();
    }

    private static async Task<FileStream> AloneAsync(string path)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    private static string Root([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));

    private void Follow()
    {
        shell.OutputDataReceived += (_, printed) =>
        {
            if (printed.Data is not { } line)
            {
                ready.TrySetException(new InvalidOperationException("Cube ended."));
                return;
            }

            output.AppendLine(line);
            if (line.StartsWith("http://", StringComparison.Ordinal))
            {
                ready.TrySetResult(line);
            }
        };
        shell.BeginOutputReadLine();
    }
}
