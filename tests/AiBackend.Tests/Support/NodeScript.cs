using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace AiBackend.Tests.Support;

/// <summary>A script for Node.js in a folder of <c>tests</c>, with the library that it calls the service by.</summary>
internal sealed class NodeScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string folder;

    private NodeScript(string folder) => this.folder = folder;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Skips the test where Node.js is missing, unless it has to be there (<c>CI=true</c>).</summary>
    public static async Task<NodeScript> InstallOrSkipAsync(string name)
    {
        var isRequired = Environment.GetEnvironmentVariable("CI") == "true";
        Assert.SkipUnless(isRequired || await RunsAsync("npm", "--version"), "node and npm are not installed.");
        return new NodeScript(await InstallAsync(name));
    }

    /// <summary>Runs <c>check.mjs</c>, which prints <c>ok</c> at its end.</summary>
    public async Task CheckAsync(Dictionary<string, string> environment)
    {
        var (code, output) = await RunAsync("node", ["check.mjs"], folder, environment);
        Assert.True(code == 0 && output.TrimEnd().EndsWith("ok", StringComparison.Ordinal), output);
    }

    /// <summary>Puts the script and its library, pinned by the lock file, beside the built tests.</summary>
    private static async Task<string> InstallAsync(string name)
    {
        var source = Source(name);
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, name)).FullName;
        foreach (var file in new[] { "package.json", "package-lock.json", "check.mjs" })
        {
            File.Copy(Path.Combine(source, file), Path.Combine(folder, file), overwrite: true);
        }

        var (code, output) = await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], folder, []);
        Assert.True(code == 0, output);
        return folder;
    }

    private static async Task<bool> RunsAsync(string program, string argument)
    {
        try
        {
            return (await RunAsync(program, [argument], AppContext.BaseDirectory, [])).Code == 0 && (await RunAsync("node", [argument], AppContext.BaseDirectory, [])).Code == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string folder, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(Ct), process.StandardError.ReadToEndAsync(Ct));
            await process.WaitForExitAsync(Ct).WaitAsync(Patience, Ct);
            return (process.ExitCode, await errors + await output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Source(string name, [CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", name));
}
