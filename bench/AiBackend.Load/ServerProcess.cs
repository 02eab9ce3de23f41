using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AiBackend.Load;

/// <summary>A server under load: a process of its own with a data folder of its own, ended with this object.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process process;

    private ServerProcess(Process process, int port, string dataFolder)
    {
        this.process = process;
        Port = port;
        DataFolder = dataFolder;
    }

    public int Port { get; }

    public string DataFolder { get; }

    /// <summary>From the start of the process to its first answer that it is ready.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>The resident set in MB, as the kernel counts it.</summary>
    public double ResidentMegabytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64 / 1024.0 / 1024.0;
        }
    }

    /// <summary>Starts <paramref name="dll"/> and waits until <paramref name="readyPath"/> answers 200.</summary>
    public static async Task<ServerProcess> StartAsync(
        string dll, string readyPath, Func<int, string, (string[] Arguments, Dictionary<string, string> Environment)> configure)
    {
        var port = FreePort();
        var folder = Directory.CreateTempSubdirectory("aibackend-load-").FullName;
        var (arguments, environment) = configure(port, folder);
        var start = new ProcessStartInfo("dotnet", [dll, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{dll} did not start.");
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        var server = new ServerProcess(process, port, folder);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(readyPath, UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    server.ReadyAfter = Stopwatch.GetElapsedTime(started);
                    return server;
                }
            }
            catch (HttpRequestException) when (!process.HasExited)
            {
                // Not listening yet.
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
            {
                server.Dispose();
                throw new InvalidOperationException($"{dll} was not ready within 30 s.");
            }

            await Task.Delay(5);
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
        Directory.Delete(DataFolder, recursive: true);
    }
}
