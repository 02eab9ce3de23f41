using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace AiBackend.Tests.Support;

/// <summary>The built service as a process of its own, on a free port, to be killed and started again on the same data.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    public const string AdminKey = "admin-key-of-the-tests";

    private const string Listening = "Now listening on: http://";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<Uri> listens = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(Process process) => this.process = process;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    public int Id => process.Id;

    public int ExitCode => process.ExitCode;

    /// <summary>What it has written so far, errors included.</summary>
    public string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    /// <summary>Starts the service and waits until it listens.</summary>
    /// <param name="dataFolder">Its <c>DATA_DIR</c>.</param>
    /// <param name="settings">More environment variables.</param>
    public static async Task<ServiceProcess> StartAsync(string dataFolder, IReadOnlyDictionary<string, string>? settings = null)
    {
        var environment = new Dictionary<string, string>
        {
            ["ADMIN_API_KEY"] = AdminKey,
            ["ENCRYPTION_KEY"] = "encryption-key-of-the-tests",
            ["DATA_DIR"] = dataFolder,
            ["RATE_LIMIT"] = "0",
            ["SEED_DEMO"] = "false",
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        var service = Launch(environment, workingFolder: dataFolder);
        try
        {
            await service.ListensAsync();
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it listens; fails with its output when it ends instead.</summary>
    public async Task ListensAsync() =>
        Address = await listens.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <summary>Starts the service with exactly these settings, in whatever state it ends up.</summary>
    /// <param name="workingFolder">Where it looks for <c>.env</c>, and puts <c>data</c>.</param>
    public static ServiceProcess Launch(IReadOnlyDictionary<string, string> environment, string workingFolder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "AiBackend.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder,
        };
        start.Environment["PORT"] = "0";
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var service = new ServiceProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        service.Run();
        return service;
    }

    /// <summary>Sends this key.</summary>
    public HttpClient NewHttp(string? key = AdminKey)
    {
        var http = new HttpClient { BaseAddress = Address };
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return http;
    }

    /// <summary>Ends the process at once (SIGKILL), as a crash does.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        await process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Asks the process to end (SIGTERM) and waits until it has.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
        await WaitForExitAsync();
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    public Task WaitForExitAsync() =>
        process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    private void Run()
    {
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.Exited += (_, _) => listens.TrySetException(new InvalidOperationException($"The service ended: {Output}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (output)
        {
            output.AppendLine(line);
        }

        var at = line.IndexOf(Listening, StringComparison.Ordinal);
        if (at >= 0)
        {
            var port = new string([.. line[(line.IndexOf("]:", at, StringComparison.Ordinal) + 2)..].TakeWhile(char.IsAsciiDigit)]);
            listens.TrySetResult(new Uri($"http://127.0.0.1:{port}"));
        }
    }
}
