using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiBackend.Tests.Support;

/// <summary>A real git server: <c>git http-backend</c> over a folder, behind HTTP on a loopback port with basic authentication.</summary>
public sealed class GitServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly GitFolder folder;
    private readonly List<string> requests = [];

    private GitServer(GitFolder folder)
    {
        this.folder = folder;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        app = builder.Build();
        app.Run(HandleAsync);
    }

    /// <summary>What a request must come with; null: nothing.</summary>
    public (string Username, string Token)? Login { get; set; }

    /// <summary>Runs before a request is served; true: it has answered itself.</summary>
    public Func<HttpContext, Task<bool>>? Before { get; set; }

    /// <summary>The repository.</summary>
    public string Url => $"{Root}/models.git";

    /// <summary>The server.</summary>
    public string Root => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Method and path of what was asked so far.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    public static async Task<GitServer> StartAsync(GitFolder folder)
    {
        var server = new GitServer(folder);
        await server.app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(atOnce.Token);
        await app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext http)
    {
        lock (requests)
        {
            requests.Add($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
        }

        if (Before is not null && await Before(http))
        {
            return;
        }

        if (Login is { } login
            && http.Request.Headers.Authorization != $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.Username}:{login.Token}"))}")
        {
            http.Response.StatusCode = 401;
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"git\"";
            return;
        }

        await ServeAsync(http);
    }

    private async Task ServeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var start = new ProcessStartInfo("git", "http-backend") { RedirectStandardInput = true, RedirectStandardOutput = true };
        GitFolder.Isolate(start);
        start.Environment["GIT_PROJECT_ROOT"] = folder.Root;
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["PATH_INFO"] = http.Request.Path;
        start.Environment["QUERY_STRING"] = http.Request.QueryString.Value?.TrimStart('?') ?? "";
        start.Environment["REQUEST_METHOD"] = http.Request.Method;
        start.Environment["CONTENT_TYPE"] = http.Request.ContentType ?? "";
        start.Environment["CONTENT_LENGTH"] = body.Length.ToString(CultureInfo.InvariantCulture);
        start.Environment["REMOTE_USER"] = "somebody";
        start.Environment["REMOTE_ADDR"] = "127.0.0.1";
        using var process = Process.Start(start) ?? throw new InvalidOperationException("git did not start.");
        var writing = WriteAsync(process, body);
        using var answer = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(answer, http.RequestAborted);
        await writing;
        await process.WaitForExitAsync(http.RequestAborted);

        var bytes = answer.ToArray();
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        foreach (var line in Encoding.ASCII.GetString(bytes, 0, end).Split("\r\n"))
        {
            var (name, value) = (line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            if (name == "Status")
            {
                http.Response.StatusCode = int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);
            }
            else
            {
                http.Response.Headers[name] = value;
            }
        }

        await http.Response.Body.WriteAsync(bytes.AsMemory(end + 4), http.RequestAborted);
    }

    private static async Task WriteAsync(Process process, MemoryStream body)
    {
        try
        {
            body.Position = 0;
            await body.CopyToAsync(process.StandardInput.BaseStream);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has read enough.
        }
    }
}
