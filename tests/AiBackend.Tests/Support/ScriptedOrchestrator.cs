using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Support;

/// <summary>An outside orchestrator that answers as a test says.</summary>
public sealed class ScriptedOrchestrator : LoopbackServer
{
    private readonly ConcurrentQueue<Func<HttpContext, Task>> answers = new();

    private ScriptedOrchestrator()
    {
    }

    /// <summary>For <c>AI_ORCHESTRATOR_URL</c> and <c>settings.chat.orchestrator_url</c>.</summary>
    public Uri Url => new($"{Address}/answers");

    /// <summary>The answer when no other is waiting.</summary>
    public Func<HttpContext, Task> Default { get; set; } = Plain(new { text = "Scripted answer." });

    public static async Task<ScriptedOrchestrator> StartNewAsync()
    {
        var server = new ScriptedOrchestrator();
        await server.StartAsync();
        return server;
    }

    /// <summary>A plain answer.</summary>
    public static Func<HttpContext, Task> Plain(object answer) => http => http.Response.WriteAsJsonAsync(answer, http.RequestAborted);

    /// <summary>Any body with status 200.</summary>
    public static Func<HttpContext, Task> Body(string contentType, string body) => http =>
    {
        http.Response.ContentType = contentType;
        return http.Response.WriteAsync(body, http.RequestAborted);
    };

    public static Func<HttpContext, Task> Status(int status, string? retryAfter = null) => http =>
    {
        http.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            http.Response.Headers.RetryAfter = retryAfter;
        }

        return http.Response.WriteAsync("SECRET upstream text", http.RequestAborted);
    };

    /// <summary>A stream of these events, ended in good order.</summary>
    public static Func<HttpContext, Task> Stream(params (string Type, object Data)[] events) => http => SendAsync(http, events);

    /// <summary>A stream that breaks once its events have arrived.</summary>
    public static Func<HttpContext, Task> Cut(Task arrived, params (string Type, object Data)[] events) => async http =>
    {
        await SendAsync(http, events);
        await arrived;
        http.Abort();
    };

    /// <summary>A stream that says nothing more after these events.</summary>
    public static Func<HttpContext, Task> Stall(params (string Type, object Data)[] events) => async http =>
    {
        await SendAsync(http, events);
        await Task.Delay(Timeout.Infinite, http.RequestAborted);
    };

    /// <summary>Takes the request and says nothing.</summary>
    public static Task Silence(HttpContext http) => Task.Delay(Timeout.Infinite, http.RequestAborted);

    /// <summary>Adds an answer: each request takes the next one.</summary>
    public ScriptedOrchestrator Then(Func<HttpContext, Task> answer)
    {
        answers.Enqueue(answer);
        return this;
    }

    protected override Task AnswerAsync(HttpContext http, RecordedRequest request) =>
        (answers.TryDequeue(out var answer) ? answer : Default)(http);

    private static async Task SendAsync(HttpContext http, (string Type, object Data)[] events)
    {
        http.Response.ContentType = "text/event-stream";
        foreach (var (type, data) in events)
        {
            await http.Response.WriteAsync($"event: {type}\ndata: {data as string ?? JsonSerializer.Serialize(data)}\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }
}
