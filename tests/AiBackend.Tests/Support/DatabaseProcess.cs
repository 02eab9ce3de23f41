using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AiBackend.Tests.Support;

/// <summary>
/// A database server of the machine's packages, with its data in a folder of its own. It ends, and the folder goes, with the tests: also
/// when these are killed, because its shell waits for the end of a pipe from here.
/// </summary>
internal sealed class DatabaseProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process shell;
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> lastLines = [];

    private DatabaseProcess(Process shell) => this.shell = shell;

    /// <summary>Runs two commands of the shell: one that prepares the data, one that serves them.</summary>
    /// <param name="user">Who the server runs as where the tests run as root.</param>
    /// <param name="folder">From <see cref="NewFolder"/>; in the commands it is <c>$folder</c>.</param>
    /// <param name="prepare">Run to its end.</param>
    /// <param name="serve">Told to end by <paramref name="signal"/>, until it hears: while it starts it may not.</param>
    /// <param name="readyText">What the server prints when it can be connected to.</param>
    public static async Task<DatabaseProcess> StartAsync(
        string user, string folder, string prepare, string serve, string readyText, string signal)
    {
        var script = $$"""
            exec 3<&0 2>&1
            trap '' PIPE
            end() { rm -rf "$folder"; }
            chmod 600 "$folder/server.key"
            {{(Environment.IsPrivilegedProcess ? $"chown -R {user} \"$folder\"; as='setpriv --reuid={user} --regid={user} --init-groups'" : "as=")}}
            $as {{prepare}} || { echo "Preparing failed."; end; exit 1; }
            $as {{serve}} &
            pid=$!
            { cat; while kill -{{signal}} $pid; do sleep 0.2; done; } <&3 > /dev/null 2>&1 &
            wait $pid
            end
            """;

        // In a session of its own, so that what kills the tests does not kill who cleans up after them.
        var start = new ProcessStartInfo("setsid", ["sh", "-c", script])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["folder"] = folder;
        start.Environment["HOME"] = folder;
        var server = new DatabaseProcess(Process.Start(start) ?? throw new InvalidOperationException("The shell did not start."));
        server.Follow(readyText);
        try
        {
            await server.ready.Task.WaitAsync(Patience);
            return server;
        }
        catch (Exception error)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException(string.Join(Environment.NewLine, server.lastLines), error);
        }
    }

    /// <summary>An empty folder with a certificate that nobody has reason to trust, and its key: <c>server.crt</c> and <c>server.key</c>.</summary>
    public static string NewFolder()
    {
        var folder = Directory.CreateTempSubdirectory("aibackend-").FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Path.Combine(folder, "server.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
        return folder;
    }

    /// <summary>The folder in which a program is, in <c>PATH</c> or in one of the others; null without it.</summary>
    public static string? FolderOf(string program, IEnumerable<string> others) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(others).FirstOrDefault(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Skips the test where the server is not installed; in CI it has to be.</summary>
    public static void SkipWithout(string? folder, string package)
    {
        var missing = $"{package} is not installed.";
        Assert.SkipWhen(folder is null && Environment.GetEnvironmentVariable("CI") != "true", missing);
        Assert.False(folder is null, missing);
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

    private void Follow(string readyText)
    {
        shell.OutputDataReceived += (_, output) =>
        {
            if (output.Data is not { } line)
            {
                ready.TrySetException(new InvalidOperationException("The server ended."));
                return;
            }

            lastLines.Enqueue(line);
            if (lastLines.Count > 50)
            {
                lastLines.Dequeue();
            }

            if (line.Contains(readyText, StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
            else if (line == "Preparing failed.")
            {
                ready.TrySetException(new InvalidOperationException(line));
            }
        };
        shell.BeginOutputReadLine();
    }
}
