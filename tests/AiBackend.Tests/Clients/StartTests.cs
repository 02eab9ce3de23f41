using AiBackend.Tests.Support;

namespace AiBackend.Tests.Clients;

/// <summary>The service as a process: what it needs to start, and what it makes by itself.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("ai-backend-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task In_production_it_does_not_start_without_its_keys_and_says_so()
    {
        await using var service = ServiceProcess.Launch(new Dictionary<string, string>(), folder);

        await service.WaitForExitAsync();

        Assert.NotEqual(0, service.ExitCode);
        Assert.Contains("ADMIN_API_KEY and ENCRYPTION_KEY must be set", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "data")));
    }

    [Fact]
    public async Task Every_setting_that_cannot_be_used_is_named()
    {
        await using var service = ServiceProcess.Launch(
            new Dictionary<string, string> { ["ADMIN_API_KEY"] = "a", ["ENCRYPTION_KEY"] = "e", ["RATE_LIMIT"] = "many", ["PORT"] = "99999", ["ROLE"] = "boss" }, folder);

        await service.WaitForExitAsync();

        Assert.NotEqual(0, service.ExitCode);
        Assert.Contains("RATE_LIMIT must be a whole number from 0 to", service.Output, StringComparison.Ordinal);
        Assert.Contains("PORT must be a whole number from 0 to 65535", service.Output, StringComparison.Ordinal);
        Assert.Contains("ROLE must be one of all, api, worker", service.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MONGODB_URI", "nonsense", "MONGODB_URI cannot be read")]
    [InlineData("DATA_DIR", "/proc/none", "/proc/none")]
    public async Task What_cannot_be_opened_is_said_in_words(string setting, string value, string expected)
    {
        await using var service = ServiceProcess.Launch(
            new Dictionary<string, string> { ["ADMIN_API_KEY"] = "a", ["ENCRYPTION_KEY"] = "e", [setting] = value }, folder);

        await service.WaitForExitAsync();

        Assert.NotEqual(0, service.ExitCode);
        Assert.Contains(expected, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_development_it_makes_its_keys_prints_the_admins_once_and_keeps_both_for_its_owner()
    {
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ADMIN_API_KEY"] = "",
            ["ENCRYPTION_KEY"] = "",
            ["SEED_DEMO"] = "false",
        };
        string adminKey;
        await using (var first = await ServiceProcess.StartAsync(folder, settings))
        {
            adminKey = first.Output.Split("admin-key): ")[1].Split('\n')[0].Trim();
            using var http = first.NewHttp(adminKey);
            await (await http.PostJsonAsync("/api/v1/clients", new { name = "x", slug = "kept" })).ExpectAsync(201);
        }

        await using var second = await ServiceProcess.StartAsync(folder, settings);
        using var again = second.NewHttp(adminKey);

        await (await again.GetAsync("/api/v1/clients/kept", Ct)).ExpectAsync(200);
        Assert.DoesNotContain(adminKey, second.Output, StringComparison.Ordinal);
        foreach (var file in OperatingSystem.IsWindows() ? [] : new[] { "admin-key", "encryption-key" })
        {
#pragma warning disable CA1416 // Not reached on Windows.
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, file)));
#pragma warning restore CA1416
        }
    }

    [Fact]
    public async Task Settings_come_from_a_file_too_and_the_environment_wins()
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, ".env"), "# keys\nADMIN_API_KEY=from-file\nENCRYPTION_KEY=\"e\"\nRATE_LIMIT=7\nDATA_DIR=elsewhere\n", Ct);
        var data = Path.Combine(folder, "stated");

        await using var service = ServiceProcess.Launch(new Dictionary<string, string> { ["DATA_DIR"] = data }, folder);
        await service.ListensAsync();
        using var http = service.NewHttp("from-file");
        var response = await http.GetAsync("/api/v1/clients", Ct);

        Assert.Equal((200, "14"), ((int)response.StatusCode, response.Header("RateLimit-Limit")));
        Assert.True(File.Exists(Path.Combine(data, "ai-backend.db")));
    }
}
