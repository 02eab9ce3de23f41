using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;
using AiBackend.Clients;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace AiBackend.Service;

/// <summary>
/// Sets up the client <c>demo</c>, a small fictional shop with its documents, so that a fresh service has something to answer. It
/// uses the service's own HTTP interface with the admin key, like anybody else. The client's key is printed and kept in the data
/// folder; a client of that name that is there already is left as it is.
/// </summary>
internal sealed partial class DemoSeed(
    IServer server,
    IHostApplicationLifetime lifetime,
    AdminOptions admin,
    DemoOptions options,
    TimeProvider clock,
    ILogger<DemoSeed> logger)
    : BackgroundService
{
    private const string Slug = "demo";
    private const string ResourceFolder = "AiBackend.Service.Demo.";

    private static readonly string[] Scopes =
    [
        Http.Scopes.ChatRead, Http.Scopes.ChatWrite, Http.Scopes.KnowledgeRead, Http.Scopes.KnowledgeWrite, Http.Scopes.EventsRead,
        Http.Scopes.EventsWrite,
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var _ = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            using var http = new HttpClient { BaseAddress = OwnAddress() };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin.Key);
            await SeedAsync(http, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start goes on.
        }
        catch (Exception error) when (error is HttpRequestException or IOException or InvalidOperationException)
        {
            LogFailed(error);
        }
    }

    private async Task SeedAsync(HttpClient http, CancellationToken ct)
    {
        var keyFile = Path.Combine(options.DataFolder, "demo-key");
        using (var existing = await http.GetAsync(Relative($"/api/v1/clients/{Slug}"), ct))
        {
            if (existing.IsSuccessStatusCode && !File.Exists(keyFile))
            {
                LogExists();
                return;
            }

            if (!existing.IsSuccessStatusCode)
            {
                await MakeAsync(http, keyFile, ct);
            }
        }

        Print((await File.ReadAllTextAsync(keyFile, ct)).Trim(), http.BaseAddress!);
    }

    private async Task MakeAsync(HttpClient http, string keyFile, CancellationToken ct)
    {
        File.Delete(keyFile);
        var client = await PostAsync(http, "/api/v1/clients", new { slug = Slug, name = "Fjell & Fern (demo)" }, ct);
        http.DefaultRequestHeaders.Add("X-Client-Id", client.GetProperty("id").GetString());
        await AddDocumentsAsync(http, ct);
        var key = await PostAsync(http, $"/api/v1/clients/{Slug}/keys", new { name = "demo", scopes = Scopes }, ct);
        OwnerFile.Write(keyFile, key.GetProperty("secret").GetString()!);
    }

    private async Task AddDocumentsAsync(HttpClient http, CancellationToken ct)
    {
        var collection = await PostAsync(http, "/api/v1/collections", new { name = "Shop help" }, ct);
        var path = $"/api/v1/collections/{collection.GetProperty("id").GetString()}/documents";
        http.DefaultRequestHeaders.Add("Prefer", "wait=30");
        foreach (var name in Assembly.GetExecutingAssembly().GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (name.StartsWith(ResourceFolder, StringComparison.Ordinal))
            {
                using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
                var text = await reader.ReadToEndAsync(ct);
                var topic = Path.GetFileNameWithoutExtension(name[ResourceFolder.Length..]);
                await PostAsync(
                    http, path, new { external_id = topic, text, url = $"https://fjellandfern.example/help/{topic}" }, ct);
            }
        }
    }

    private async Task<JsonElement> PostAsync(HttpClient http, string path, object body, CancellationToken ct)
    {
        while (true)
        {
            using var answer = await http.PostAsJsonAsync(Relative(path), body, ct);
            if (answer.IsSuccessStatusCode)
            {
                return await answer.Content.ReadFromJsonAsync<JsonElement>(ct);
            }

            if (answer is not { StatusCode: HttpStatusCode.TooManyRequests, Headers.RetryAfter.Delta: { } pause })
            {
                throw new InvalidOperationException($"POST {path} was answered {(int)answer.StatusCode}.");
            }

            await Task.Delay(pause, clock, ct);
        }
    }

    private static Uri Relative(string path) => new(path, UriKind.Relative);

    private static void Print(string key, Uri address) => Console.WriteLine(
        $$"""

        The demo client is a small shop for hiking gear. Ask it something:

          curl {{address}}api/v1/messages \
            -H 'Authorization: Bearer {{key}}' \
            -H 'Content-Type: application/json' -H 'Accept: text/event-stream' -N \
            -d '{"external_session_id": "first-visit", "text": "How long do I have to return an item?"}'

        """);

    private Uri OwnAddress()
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new InvalidOperationException("The server says no address.");
        return new UriBuilder(BindingAddress.Parse(address).Scheme, "localhost", BindingAddress.Parse(address).Port).Uri;
    }

    [LoggerMessage(LogLevel.Information, "A client demo is there already, so the demo is not set up; delete it to have it made anew")]
    private partial void LogExists();

    [LoggerMessage(LogLevel.Warning, "The demo client could not be set up; the next start tries again")]
    private partial void LogFailed(Exception error);
}

/// <summary>Where the demo client's key is kept.</summary>
/// <param name="DataFolder">The service's data folder.</param>
internal sealed record DemoOptions(string DataFolder);
