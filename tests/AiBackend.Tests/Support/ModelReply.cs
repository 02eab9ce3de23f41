using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Support;

/// <summary>One answer of a <see cref="ScriptedModelServer"/>.</summary>
public sealed record ModelReply(Func<HttpContext, RecordedRequest, Task> Answer)
{
    /// <summary>An answer of these pieces, with its tokens counted as 11 in and 7 out.</summary>
    public static ModelReply Text(params string[] deltas) => Stream(async stream =>
    {
        foreach (var delta in deltas)
        {
            await stream.DeltaAsync(delta);
        }

        await stream.EndAsync(11, 7);
    });

    /// <summary>A text that is streamed, or written in one piece when the request asks for no stream, without a count of tokens.</summary>
    public static ModelReply Uncounted(params string[] deltas) => Stream(async stream =>
    {
        foreach (var delta in deltas)
        {
            await stream.DeltaAsync(delta);
        }

        await stream.EndAsync();
    });

    /// <summary>Any course of a streamed answer.</summary>
    public static ModelReply Stream(Func<ModelAnswering, Task> course) => new(async (http, request) =>
    {
        var stream = new ModelAnswering(http, request);
        await stream.BeginAsync();
        await course(stream);
        await stream.CompleteAsync();
    });

    /// <summary>Refuses with a status and a text that must stay out of everything the service shows.</summary>
    public static ModelReply Status(int status, string? retryAfter = null) => new((http, _) =>
    {
        http.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            http.Response.Headers.RetryAfter = retryAfter;
        }

        return http.Response.WriteAsJsonAsync(
            new { error = new { message = "SECRET upstream text", type = "error", code = "oops" } }, http.RequestAborted);
    });

    /// <summary>Sends the pieces and breaks the connection once they have arrived.</summary>
    public static ModelReply Cut(Task arrived, params string[] deltas) => Stream(async stream =>
    {
        foreach (var delta in deltas)
        {
            await stream.DeltaAsync(delta);
        }

        await arrived;
        stream.Abort();
    });

    /// <summary>Sends the pieces and ends the response in good order, but without the end that the protocol asks for.</summary>
    public static ModelReply Unfinished(params string[] deltas) => Stream(async stream =>
    {
        foreach (var delta in deltas)
        {
            await stream.DeltaAsync(delta);
        }
    });

    /// <summary>Takes the request and says nothing, not even a status, until the client leaves.</summary>
    public static ModelReply Silence() => new((http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted));

    /// <summary>Sends the pieces and then nothing more until the client leaves.</summary>
    public static ModelReply Stall(params string[] deltas) => Stream(async stream =>
    {
        foreach (var delta in deltas)
        {
            await stream.DeltaAsync(delta);
        }

        await stream.HangAsync();
    });

    /// <summary>Answers 200 with this body.</summary>
    public static ModelReply Body(string contentType, string body) => new((http, _) =>
    {
        http.Response.ContentType = contentType;
        return http.Response.WriteAsync(body, http.RequestAborted);
    });
}

/// <summary>Writes a chat completion, as chunks or whole, as the request asks.</summary>
public sealed class ModelAnswering(HttpContext http, RecordedRequest request)
{
    private readonly List<string> whole = [];
    private object? usage;

    private bool IsStreamed => request.Body.TryGetProperty("stream", out var stream) && stream.GetBoolean();

    public async Task BeginAsync()
    {
        if (IsStreamed)
        {
            http.Response.ContentType = "text/event-stream";
            await SendAsync(Chunk(new { role = "assistant", content = "" }, null));
        }
    }

    public async Task DeltaAsync(string text)
    {
        whole.Add(text);
        if (IsStreamed)
        {
            await SendAsync(Chunk(new { content = text }, null));
        }
    }

    public Task EndAsync() => EndAsync("stop", null);

    public Task EndAsync(long input, long output) =>
        EndAsync("stop", new { prompt_tokens = input, completion_tokens = output, total_tokens = input + output });

    public async Task EndAsync(string finishReason, object? counted)
    {
        usage = counted;
        if (!IsStreamed)
        {
            return;
        }

        await SendAsync(Chunk(new { }, finishReason));
        if (counted is not null)
        {
            await SendAsync(new { id = "chatcmpl-1", @object = "chat.completion.chunk", created = 1, model = Model, choices = Array.Empty<object>(), usage = counted });
        }

        await RawAsync("data: [DONE]\n\n");
    }

    public Task RawAsync(string text) => WriteAsync(text);

    public Task HangAsync() => Task.Delay(Timeout.Infinite, http.RequestAborted);

    public void Abort() => http.Abort();

    internal async Task CompleteAsync()
    {
        if (!IsStreamed && !http.RequestAborted.IsCancellationRequested)
        {
            await http.Response.WriteAsJsonAsync(
                new
                {
                    id = "chatcmpl-1",
                    @object = "chat.completion",
                    created = 1,
                    model = Model,
                    choices = new[]
                    {
                        new { index = 0, finish_reason = "stop", message = new { role = "assistant", content = string.Concat(whole) } },
                    },
                    usage,
                },
                http.RequestAborted);
        }
    }

    private string? Model => request.Body.GetProperty("model").GetString();

    private object Chunk(object delta, string? finishReason) => new
    {
        id = "chatcmpl-1",
        @object = "chat.completion.chunk",
        created = 1,
        model = Model,
        choices = new[] { new { index = 0, delta, finish_reason = finishReason } },
    };

    private Task SendAsync(object chunk) => WriteAsync($"data: {JsonSerializer.Serialize(chunk)}\n\n");

    private async Task WriteAsync(string text)
    {
        await http.Response.WriteAsync(text, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
