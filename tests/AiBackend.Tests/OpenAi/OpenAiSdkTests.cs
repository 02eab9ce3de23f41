using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.OpenAi;

/// <summary>OpenAI's own library for Node.js, unchanged but for its address.</summary>
public sealed class OpenAiSdkTests(OpenAiApp app) : IClassFixture<OpenAiApp>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Openais_own_library_works_unchanged()
    {
        var isRequired = Environment.GetEnvironmentVariable("CI") == "true";
        Assert.SkipUnless(isRequired || await RunsAsync("npm", "--version"), "node and npm are not installed.");
        var folder = await InstallAsync();
        var tenant = await app.NewTenantAsync();
        var (_, keyWithoutScopes) = await app.NewKeyAsync(tenant.ClientId, "events:read");
        var collection = (await (await tenant.Http.PostJsonAsync("/api/v1/collections", new { name = "Shop" })).ExpectAsync(201)).Text("id");
        await (await tenant.Http.PostJsonAsync(
            $"/api/v1/collections/{collection}/documents", new { title = "Hours", text = "The workshop is open from Tuesday to Saturday." }, ("Prefer", "wait")))
            .ExpectAsync(201);
        app.Server.Default = new ModelReply((http, request) => ReplyTo(request.Messages[^1]).Answer(http, request));

        var (code, output) = await RunAsync("node", ["check.mjs"], folder, new()
        {
            ["BASE_URL"] = new Uri(tenant.Http.BaseAddress!, "/v1").ToString(),
            ["KEY"] = tenant.Key,
            ["KEY_WITHOUT_SCOPES"] = keyWithoutScopes,
            ["CHAT_MODEL"] = OpenAiApp.Model,
            ["QUESTION"] = "When is the workshop open?",
            ["ANSWER"] = "from Tuesday to Saturday",
        });

        Assert.True(code == 0 && output.TrimEnd().EndsWith("ok", StringComparison.Ordinal), output);
    }

    private static ModelReply ReplyTo(string message) => message switch
    {
        "user: fail: 429" => ModelReply.Status(429, retryAfter: "0"),
        "user: fail: 500" => ModelReply.Status(500),
        "user: fail: midway" => ModelReply.Unfinished("Half an "),
        "user: weather?" => ModelReply.Body(
            "application/json",
            """
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,
             "tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Bonn\"}"}}]}}]}
            """),
        _ when message.Contains("<sources>", StringComparison.Ordinal) => ModelReply.Text("It is open ", "from Tuesday to Saturday [1]."),
        _ => ModelReply.Text("Hello ", "from the model."),
    };

    /// <summary>Puts the script and its library, pinned by the lock file, beside the built tests.</summary>
    private static async Task<string> InstallAsync()
    {
        var source = Source();
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "openai-sdk")).FullName;
        foreach (var name in new[] { "package.json", "package-lock.json", "check.mjs" })
        {
            File.Copy(Path.Combine(source, name), Path.Combine(folder, name), overwrite: true);
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

    private static string Source([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "openai-sdk"));
}
