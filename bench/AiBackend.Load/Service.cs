using System.Net.Http.Headers;
using System.Text.Json;

namespace AiBackend.Load;

/// <summary>The service under load, with a client, a key and sessions of its own.</summary>
internal sealed class Service : IDisposable
{
    private const string AdminKey = "load-admin-key-0123456789abcdef0123456789abcdef";

    private readonly ServerProcess process;

    private Service(ServerProcess process, HttpClient http, string key, IReadOnlyList<string> sessions)
    {
        this.process = process;
        Http = http;
        Key = key;
        Sessions = sessions;
    }

    public ServerProcess Process => process;

    public HttpClient Http { get; }

    public string Key { get; }

    public IReadOnlyList<string> Sessions { get; }

    public static async Task<Service> StartAsync(string dll, int sessionCount, string? modelUrl)
    {
        var process = await StartProcessAsync(dll, modelUrl);
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{process.Port}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        var client = await PostAsync(http, "/api/v1/clients", new { name = "Load" });
        var clientId = client.GetProperty("id").GetString();
        var key = await PostAsync(
            http,
            $"/api/v1/clients/{clientId}/keys",
            new { name = "load", scopes = new[] { "chat:read", "chat:write", "knowledge:read", "knowledge:write" } });
        var secret = key.GetProperty("secret").GetString()!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        var sessions = new List<string>();
        for (var i = 0; i < sessionCount; i++)
        {
            var session = await PostAsync(http, "/api/v1/sessions", new { external_id = $"load-{i}" });
            sessions.Add(session.GetProperty("id").GetString()!);
        }

        return new Service(process, http, secret, sessions);
    }

    public static Task<ServerProcess> StartProcessAsync(string dll, string? modelUrl) => ServerProcess.StartAsync(
        dll,
        "/health/ready",
        (port, folder) => ([], Environment(port, folder, modelUrl)));

    public static async Task<JsonElement> PostAsync(HttpClient http, string path, object body)
    {
        using var answer = await http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"POST {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }

        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public void Dispose()
    {
        Http.Dispose();
        process.Dispose();
    }

    private static Dictionary<string, string> Environment(int port, string folder, string? modelUrl)
    {
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ADMIN_API_KEY"] = AdminKey,
            ["ENCRYPTION_KEY"] = Convert.ToBase64String(new byte[32]),
            ["PORT"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["DATA_DIR"] = folder,
            ["RATE_LIMIT"] = "0",
            ["LOG_LEVEL"] = "Warning",
        };
        if (modelUrl is not null)
        {
            environment["AI_BASE_URL"] = modelUrl;
            environment["AI_API_KEY"] = "scripted";
            environment["AI_MODEL"] = "scripted";
        }

        return environment;
    }
}
