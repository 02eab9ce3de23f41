using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Chat;

/// <summary>Kills the service while it takes and answers messages, and looks for what is lost or done twice.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private const int Kills = 5;
    private const int Posters = 6;
    private const int Sessions = 12;
    private const int AcknowledgedPerRound = 60;

    private readonly string folder = Directory.CreateTempSubdirectory("ai-backend-crash-").FullName;
    private readonly HoldingOrchestrator orchestrator = new();
    private readonly ConcurrentDictionary<string, Posted> acknowledged = new();
    private readonly ConcurrentBag<string> unknown = [];
    private string key = string.Empty;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await orchestrator.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await orchestrator.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Five_kills_under_load_lose_no_message_and_answer_none_twice()
    {
        var seen = new List<Received>();
        for (var round = 0; round < Kills; round++)
        {
            await using var service = await StartAsync();
            key = key.Length > 0 ? key : await NewKeyAsync(service);
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var reading = round == 0 ? ReadUntilDeathAsync(service, seen, begun) : Task.CompletedTask;
            await LoadUntilKilledAsync(service, round, round == 0 ? Task.WhenAny(begun.Task, reading) : Task.CompletedTask);
            await reading;
        }

        orchestrator.Holds = false;
        await using var last = await StartAsync();
        using var http = last.NewHttp(key);
        await RequireStreamGoesOnAsync(http, seen);
        foreach (var externalId in unknown)
        {
            // Whoever was not told repeats, and there is one message either way.
            Assert.NotNull(await PostAsync(http, externalId));
        }

        foreach (var posted in acknowledged.Values)
        {
            await RequireAnsweredAsync(http, posted);
        }

        var found = 0;
        foreach (var session in acknowledged.Values.Select(posted => posted.SessionId).Distinct())
        {
            found += await CountAsync(http, session);
        }

        Assert.Equal(acknowledged.Count + 1, found);
    }

    private Task<ServiceProcess> StartAsync() => ServiceProcess.StartAsync(
        folder, new Dictionary<string, string> { ["AI_ORCHESTRATOR_URL"] = orchestrator.Url });

    private static async Task<string> NewKeyAsync(ServiceProcess service)
    {
        using var admin = service.NewHttp();
        var client = await (await admin.PostJsonAsync(
            "/api/v1/clients", new { name = "Crash", settings = new { chat = new { orchestrator = "http" } } })).ExpectAsync(201);
        var made = await (await admin.PostJsonAsync(
            $"/api/v1/clients/{HttpExtensions.Text(client, "id")}/keys", new { name = "Crash", scopes = Scopes.All })).ExpectAsync(201);
        return HttpExtensions.Text(made, "secret");
    }

    private async Task LoadUntilKilledAsync(ServiceProcess service, int round, Task reader)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        var posters = Enumerable.Range(0, Posters).Select(poster => Task.Run(
            async () =>
            {
                using var http = service.NewHttp(key);
                for (var number = 0; ; number++)
                {
                    var externalId = $"{(number % 9 == 4 ? "hold" : "say")}-{round}-{poster}-{number}";
                    if (await PostAsync(http, externalId) is null)
                    {
                        unknown.Add(externalId);
                        return;
                    }

                    if (Interlocked.Increment(ref count) == AcknowledgedPerRound)
                    {
                        enough.SetResult();
                    }
                }
            },
            Ct)).ToList();
        await Task.WhenAny(enough.Task, Task.WhenAll(posters));
        Assert.True(enough.Task.IsCompleted, service.Output);
        await orchestrator.HeldAsync();
        await reader.WaitAsync(Ct);
        await service.KillAsync();
        await Task.WhenAll(posters);
    }

    /// <returns>Null when the service died before it answered.</returns>
    private async Task<Posted?> PostAsync(HttpClient http, string externalId)
    {
        // A round has sessions of its own: those of the last one stand still until the leases of the dead process have run out.
        var parts = externalId.Split('-');
        var session = $"{parts[1]}-{int.Parse(parts[3], System.Globalization.CultureInfo.InvariantCulture) % Sessions}";
        try
        {
            using var response = await http.PostJsonAsync(
                "/api/v1/messages",
                new { external_session_id = session, external_id = externalId, text = externalId },
                ("Idempotency-Key", externalId));
            if (response.StatusCode is HttpStatusCode.Conflict)
            {
                // The reservation of a request that was killed is left to run out; the external id tells as well.
                using var plain = await http.PostJsonAsync(
                    "/api/v1/messages", new { external_session_id = session, external_id = externalId, text = externalId });
                return await AcknowledgedAsync(plain, externalId);
            }

            return await AcknowledgedAsync(response, externalId);
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task<Posted> AcknowledgedAsync(HttpResponseMessage response, string externalId)
    {
        var body = await response.Content.ReadAsStringAsync(Ct);
        Assert.True(response.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK, $"{(int)response.StatusCode} {body}");
        var answer = JsonNode.Parse(body)!;
        var posted = new Posted(
            answer["message"]!.Text("id"), answer["message"]!.Text("session_id"), answer["run"]!.Text("id"), externalId);
        Assert.Equal(posted, acknowledged.GetOrAdd(externalId, posted));
        return posted;
    }

    private async Task ReadUntilDeathAsync(ServiceProcess service, List<Received> seen, TaskCompletionSource begun)
    {
        using var http = service.NewHttp(key);
        try
        {
            using var stream = await SseReader.OpenAsync(
                http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "0-0", external_id = "streamed", text = "hold-stream" });
            while (await stream.NextAsync() is { } received)
            {
                seen.Add(received);
                if (received.Type == "reply.delta")
                {
                    begun.TrySetResult();
                }
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            // The service was killed, which is what this is about.
        }
    }

    private static async Task RequireStreamGoesOnAsync(HttpClient http, List<Received> seen)
    {
        Assert.Contains(seen, received => received.Type == "reply.delta");
        var runId = seen[0].Id![..seen[0].Id!.LastIndexOf(':')];
        using var stream = await SseReader.OpenAsync(
            http, HttpMethod.Get, $"/api/v1/runs/{runId}/stream", null, ("Last-Event-ID", seen[^1].Id!));
        seen.AddRange(await stream.RestAsync());
        Assert.Contains(seen, received => received.Type == "reply.reset");
        Assert.Equal(Enumerable.Range(1, seen.Count), seen.Select(received => received.Number));
        Assert.Equal("Reply to hold-stream", SseReader.TextOf(seen));
    }

    private static async Task RequireAnsweredAsync(HttpClient http, Posted posted)
    {
        using var stream = await SseReader.OpenAsync(http, HttpMethod.Get, $"/api/v1/runs/{posted.RunId}/stream");
        var events = await stream.RestAsync();
        Assert.Equal("run.completed", events[^1].Type);
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(received => received.Number));
        Assert.Equal($"Reply to {posted.ExternalId}", SseReader.TextOf(events));
        Assert.Equal($"Reply to {posted.ExternalId}", events[^2].Data["message"]!.Text("text"));
    }

    /// <returns>How many questions the session holds.</returns>
    private static async Task<int> CountAsync(HttpClient http, string sessionId)
    {
        var messages = await AllAsync(http, $"/api/v1/sessions/{sessionId}/messages?order=asc&limit=200&branch=all");
        Assert.Equal(Enumerable.Range(1, messages.Count), messages.Select(message => message.GetProperty("position").GetInt32()));
        Assert.Equal(messages.Count, (await http.GetJsonAsync($"/api/v1/sessions/{sessionId}")).GetProperty("message_count").GetInt32());
        var questions = messages.Where(message => HttpExtensions.Text(message, "role") == "user").ToList();
        var answers = messages.Where(message => HttpExtensions.Text(message, "role") == "assistant").ToList();
        Assert.Equal(
            questions.Select(question => HttpExtensions.Text(question, "id")),
            answers.Select(answer => HttpExtensions.Text(answer, "in_reply_to")));
        var events = await AllAsync(http, $"/api/v1/events?session_id={sessionId}&limit=200");
        Assert.Equal(
            Enumerable.Range(1, events.Count), events.Select(found => found.GetProperty("sequence").GetInt32()).Order());
        var counts = events.CountBy(found => HttpExtensions.Text(found, "type")).ToDictionary();
        Assert.Equal(
            (1, messages.Count, questions.Count, questions.Count),
            (counts["chat.session.created"], counts["chat.message.created"], counts["chat.run.started"], counts["chat.run.completed"]));
        return questions.Count;
    }

    private static async Task<List<JsonElement>> AllAsync(HttpClient http, string path)
    {
        var all = new List<JsonElement>();
        var cursor = string.Empty;
        while (true)
        {
            var page = await http.GetJsonAsync(path + cursor);
            all.AddRange(page.Data());
            if (page.GetProperty("next_cursor").GetString() is not { } next)
            {
                return all;
            }

            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }
    }

    private sealed record Posted(string MessageId, string SessionId, string RunId, string ExternalId);

    /// <summary>Answers every message, but the first attempt at one whose text begins with hold: that gets half an answer and then silence.</summary>
    private sealed class HoldingOrchestrator : LoopbackServer
    {
        private TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Url => $"{Address}/answers";

        public bool Holds { get; set; } = true;

        public Task OpenAsync() => StartAsync();

        /// <summary>Waits until some answer is being held that was not when this was last asked.</summary>
        public async Task HeldAsync()
        {
            await held.Task.WaitAsync(Ct);
            held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        protected override async Task AnswerAsync(HttpContext http, RecordedRequest request)
        {
            var text = request.Body.GetProperty("message").GetProperty("text").GetString()!;
            http.Response.ContentType = "text/event-stream";
            await SayAsync(http, "delta", "Reply to ");
            if (Holds && text.StartsWith("hold", StringComparison.Ordinal) && request.Body.GetProperty("attempt").GetInt32() == 1)
            {
                held.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
            }

            await SayAsync(http, "delta", text);
            await SayAsync(http, "completed", $"Reply to {text}");
        }

        private static async Task SayAsync(HttpContext http, string type, string text)
        {
            await http.Response.WriteAsync($"event: {type}\ndata: {JsonSerializer.Serialize(new { text })}\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }
}
