using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Chat.Runs;
using AiBackend.Documents;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Chat;

/// <summary>One client of the service and what its tests often do.</summary>
internal sealed class ChatTenant(ChatApp app, Tenant tenant)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public string ClientId => tenant.ClientId;

    public HttpClient Http { get; private set; } = tenant.Http;

    public TenantDocuments Documents => app.Store.For(ClientId);

    /// <summary>What the service's clock says.</summary>
    public DateTimeOffset Now => app.Services.GetRequiredService<TimeProvider>().GetUtcNow();

    /// <summary>Speaks to the service that runs now, after a restart.</summary>
    public void Reconnect() => Http = app.NewHttp(tenant.Key);

    /// <summary>The same client, as another process serves it.</summary>
    public ChatTenant At(ChatApp other) => new(other, tenant with { Http = other.NewHttp(tenant.Key) });

    /// <summary>The answer's body, whose status must be this one.</summary>
    public async Task<JsonNode> SendAsync(
        HttpMethod method, string path, object? body = null, HttpStatusCode expected = HttpStatusCode.OK, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        using var response = await Http.SendAsync(request, Ct);
        var text = await response.Content.ReadAsStringAsync(Ct);
        Assert.True(expected == response.StatusCode, $"{method} {path}: {(int)response.StatusCode} instead of {(int)expected}: {text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    public Task<JsonNode> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(HttpMethod.Get, path, expected: expected);

    public Task<JsonNode> PostAsync(
        string path, object? body = null, HttpStatusCode expected = HttpStatusCode.OK, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, expected, headers);

    /// <summary>Posts a message that must be new.</summary>
    public Task<JsonNode> SayAsync(object message, params (string Name, string Value)[] headers) =>
        PostAsync("/api/v1/messages", message, HttpStatusCode.Created, headers);

    /// <summary>A new session without messages.</summary>
    public async Task<string> OpenAsync() =>
        (await PostAsync("/api/v1/sessions", new { }, HttpStatusCode.Created)).Text("id");

    /// <summary>One more channel.</summary>
    public async Task<string> NewChannelAsync()
    {
        using var response = await app.Admin.PostJsonAsync($"/api/v1/clients/{ClientId}/channels", new { type = "web", name = "web" });
        return (await response.ExpectAsync(201)).Text("id");
    }

    /// <summary>The run once it has ended.</summary>
    public async Task<JsonNode> EndOfAsync(string runId)
    {
        using var ended = app.Store.Signals.Subscribe(AiBackend.Chat.ChatDocuments.EndTopic(runId));
        while (true)
        {
            var run = await GetAsync($"/api/v1/runs/{runId}");
            if (run.Text("status") is "completed" or "failed" or "cancelled")
            {
                return run;
            }

            await ended.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System, Ct);
        }
    }

    /// <summary>Waits until the stored run is as the condition says.</summary>
    public async Task ReachedAsync(string runId, Func<Run, bool> condition)
    {
        while (await Documents.FindAsync<Run>(runId, Ct) is not { } run || !condition(run))
        {
            await Task.Yield();
        }
    }

    /// <summary>The messages of a session, oldest first.</summary>
    public async Task<IReadOnlyList<JsonNode>> MessagesAsync(string sessionId, string branch = "all") =>
        (await GetAsync($"/api/v1/sessions/{sessionId}/messages?order=asc&limit=200&branch={branch}"))["data"]!.AsArray().Select(node => node!).ToList();

    /// <summary>The types of a session's events, in their sequence, which has no gaps.</summary>
    public async Task<IReadOnlyList<string>> EventsAsync(string sessionId)
    {
        var events = await EventDocumentsAsync(sessionId);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long?)number), events.Select(found => found.Sequence));
        return [.. events.Select(found => found.Type)];
    }

    /// <summary>A session's events, in their sequence.</summary>
    public async Task<IReadOnlyList<AiBackend.Events.Event>> EventDocumentsAsync(string sessionId) =>
        [.. (await Documents.ListAsync(Query.Of<AiBackend.Events.Event>().Equal(found => found.SessionId, sessionId), Ct)).OrderBy(found => found.Sequence)];
}

internal static class JsonNodeExtensions
{
    public static string Text(this JsonNode node, string name) => node[name]!.GetValue<string>();

    public static string? TextOrNull(this JsonNode node, string name) => node[name]?.GetValue<string>();

    public static long Number(this JsonNode node, string name) => node[name]!.GetValue<long>();
}
