using System.Globalization;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Events;

/// <summary>A client's webhook on a real port: it answers 204 unless a test scripted something else.</summary>
internal sealed class Receiver : LoopbackServer
{
    private readonly Queue<Func<HttpContext, Task>> script = new();

    /// <summary>Where events are to be posted.</summary>
    public string Url => $"{Address}/hook";

    public static async Task<Receiver> StartNewAsync()
    {
        var receiver = new Receiver();
        await receiver.StartAsync();
        return receiver;
    }

    /// <summary>Waits for the next request that nobody waited for yet, a minute at most.</summary>
    public new Task<RecordedRequest> NextRequestAsync(CancellationToken ct) => base.NextRequestAsync(ct).WaitAsync(TimeSpan.FromMinutes(1), ct);

    /// <summary>Answers the next requests so, in this order.</summary>
    public Receiver Then(params Func<HttpContext, Task>[] answers)
    {
        lock (script)
        {
            foreach (var answer in answers)
            {
                script.Enqueue(answer);
            }
        }

        return this;
    }

    /// <summary>Answers with this status, and headers if any.</summary>
    public static Func<HttpContext, Task> Status(int status, params (string Name, string Value)[] headers) => async http =>
    {
        http.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            http.Response.Headers[name] = value;
        }

        await http.Response.WriteAsync(status.ToString(CultureInfo.InvariantCulture), http.RequestAborted);
    };

    /// <summary>Never answers.</summary>
    public static Func<HttpContext, Task> Silence() => http => Task.Delay(Timeout.Infinite, http.RequestAborted);

    /// <summary>Answers with this status and the beginning of a body that never ends.</summary>
    public static Func<HttpContext, Task> Stall(int status, string beginning) => async http =>
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsync(beginning, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        await Task.Delay(Timeout.Infinite, http.RequestAborted);
    };

    /// <summary>Answers with this status and a body of this many letters.</summary>
    public static Func<HttpContext, Task> Body(int status, int length) => async http =>
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsync(new string('x', length), http.RequestAborted);
    };

    protected override Task AnswerAsync(HttpContext http, RecordedRequest request)
    {
        lock (script)
        {
            if (script.TryDequeue(out var answer))
            {
                return answer(http);
            }
        }

        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
