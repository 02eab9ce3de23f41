using AiBackend.Http;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat.Model;

/// <summary>Processes over one store, some of which are dead at times.</summary>
internal sealed class Processes(string[] roles, string folder, Dictionary<string, string> settings) : IAsyncDisposable
{
    private readonly ServiceProcess?[] running = new ServiceProcess?[roles.Length];
    private readonly SemaphoreSlim gate = new(1);
    private int kills;

    public async Task StartAsync()
    {
        for (var i = 0; i < roles.Length; i++)
        {
            running[i] = await StartAsync(roles[i]);
        }
    }

    public async Task<(string ClientId, string Key, IReadOnlyList<string> Sessions)> PrepareAsync(int sessionCount)
    {
        using var admin = AnyApi(0).NewHttp();
        var client = (await (await admin.PostJsonAsync(
            "/api/v1/clients", new { name = "Killed", settings = new { chat = new { orchestrator = "http" } } })).ExpectAsync(201)).Text("id");
        var key = (await (await admin.PostJsonAsync(
            $"/api/v1/clients/{client}/keys", new { name = "Killed", scopes = Scopes.All })).ExpectAsync(201)).Text("secret");
        using var http = AnyApi(0).NewHttp(key);
        var sessions = new List<string>();
        for (var i = 0; i < sessionCount; i++)
        {
            sessions.Add((await (await http.PostJsonAsync("/api/v1/sessions", new { })).ExpectAsync(201)).Text("id"));
        }

        return (client, key, sessions);
    }

    /// <summary>One that serves requests; another for another number.</summary>
    public ServiceProcess AnyApi(int number)
    {
        var serving = running.Where((process, i) => process is not null && roles[i] is not "worker").ToList();
        return serving[number % serving.Count]!;
    }

    /// <summary>Kills the processes in turn, and puts another in the place of each.</summary>
    public async Task KillOneAsync()
    {
        await gate.WaitAsync();
        try
        {
            var victim = kills++ % roles.Length;
            await running[victim]!.KillAsync();
            var next = await StartAsync(roles[victim]);
            await running[victim]!.DisposeAsync();
            running[victim] = next;
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in running)
        {
            await (process?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        Array.Clear(running);
    }

    private Task<ServiceProcess> StartAsync(string role) =>
        ServiceProcess.StartAsync(folder, new Dictionary<string, string>(settings) { ["ROLE"] = role });
}
