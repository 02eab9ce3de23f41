using System.Diagnostics;

namespace AiBackend.Documents.Tests;

/// <summary>A MongoDB-compatible server of one test, started with options; it ends with the test.</summary>
internal sealed class MongoStandIn : IAsyncDisposable
{
    private readonly Process process;

    private MongoStandIn(Process process, string uri)
    {
        this.process = process;
        Uri = uri;
    }

    private static bool IsWanted => Environment.GetEnvironmentVariable("TEST_MONGODB_URI") is { Length: > 0 };

    private static bool IsRequired => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>Whether this machine has the program.</summary>
    public static bool IsThere => SharedFolder() is not null;

    public string Uri { get; }

    public static async Task<MongoStandIn> StartAsync(params string[] options)
    {
        // Tests that need a server of their own belong to those that need one at all.
        Assert.SkipUnless(IsWanted || IsRequired, "TEST_MONGODB_URI is not set (eng/mongo dotnet test sets it).");
        var shared = SharedFolder();
        if (shared is null)
        {
            Assert.SkipUnless(IsRequired, "SHARED_DIR is not set and no folder above holds ../shared.");
            throw new InvalidOperationException("SHARED_DIR is not set.");
        }

        var start = new ProcessStartInfo(Path.Combine(shared, "tools", "mongo", "run.sh"), ["--port", "0", "--exit-with-stdin", .. options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        var uri = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return new MongoStandIn(process, uri ?? throw new InvalidOperationException("The server did not start."));
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private static string? SharedFolder()
    {
        if (Environment.GetEnvironmentVariable("SHARED_DIR") is { Length: > 0 } named)
        {
            return named;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "shared", "tools", "mongo")))
            {
                return Path.Combine(folder.FullName, "shared");
            }
        }

        return null;
    }
}
