using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace AiBackend.Http;

/// <summary>One server-sent event.</summary>
/// <param name="Id">Where a reader resumes after it; null for none. No line breaks.</param>
/// <param name="Type">The event's name. No line breaks.</param>
/// <param name="Data">JSON in UTF-8; may have line breaks.</param>
internal sealed record StreamEvent(string? Id, string Type, ReadOnlyMemory<byte> Data)
{
    public StreamEvent(string? id, string type, string data)
        : this(id, type, Encoding.UTF8.GetBytes(data))
    {
    }
}

/// <summary>Answers with server-sent events, and with comments while there are none, so that proxies keep the connection.</summary>
internal static class EventStreamWriter
{
    public const string MediaType = "text/event-stream";

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private static readonly SearchValues<byte> LineBreaks = SearchValues.Create("\r\n"u8);

    /// <summary>
    /// Starts the answer at once and returns when the events end, the caller leaves or the service stops. What may still be
    /// refused with a problem must be checked before.
    /// </summary>
    public static async Task WriteAsync(HttpContext http, IAsyncEnumerable<StreamEvent> events, TimeProvider clock, CancellationToken ct)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = MediaType;
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await http.Response.StartAsync(ct);
        if (HeadRequests.IsHead(http))
        {
            return;
        }

        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(ct, http.RequestAborted, stopping);
        try
        {
            await CopyAsync(http.Response.BodyWriter, events, clock, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The reader left or the service stops: both resume elsewhere after Last-Event-ID.
        }
    }

    private static async Task CopyAsync(PipeWriter writer, IAsyncEnumerable<StreamEvent> events, TimeProvider clock, CancellationToken ct)
    {
        await writer.FlushAsync(ct);
        await using var source = events.GetAsyncEnumerator(ct);
        while (true)
        {
            var next = source.MoveNextAsync().AsTask();
            try
            {
                if (!next.IsCompleted)
                {
                    // What is written goes out as soon as nothing more is at hand.
                    await writer.FlushAsync(ct);
                    await KeepAliveUntilAsync(next, writer, clock, ct);
                }
            }
            finally
            {
                // Also when the reader has left: the source hears of that too, and must have ended before it can be disposed of.
                await Task.WhenAny(next);
            }

            if (!await next)
            {
                break;
            }

            Write(writer, source.Current);
        }

        await writer.FlushAsync(ct);
    }

    private static async Task KeepAliveUntilAsync(Task next, PipeWriter writer, TimeProvider clock, CancellationToken ct)
    {
        while (true)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(next, Task.Delay(KeepAlive, clock, patience.Token));
            await patience.CancelAsync();

            if (next.IsCompleted || ct.IsCancellationRequested)
            {
                return;
            }

            writer.Write(":\n\n"u8);
            await writer.FlushAsync(ct);
        }
    }

    private static void Write(PipeWriter writer, StreamEvent sent)
    {
        if (sent.Id is not null)
        {
            WriteLine(writer, "id: "u8, sent.Id);
        }

        WriteLine(writer, "event: "u8, sent.Type);
        var rest = sent.Data.Span;
        while (true)
        {
            var end = rest.IndexOfAny(LineBreaks);
            writer.Write("data: "u8);
            writer.Write(end < 0 ? rest : rest[..end]);
            writer.Write("\n"u8);
            if (end < 0)
            {
                break;
            }

            rest = rest[(end + 1)..];
        }

        writer.Write("\n"u8);
    }

    private static void WriteLine(PipeWriter writer, ReadOnlySpan<byte> name, string value)
    {
        writer.Write(name);
        Encoding.UTF8.GetBytes(value, writer);
        writer.Write("\n"u8);
    }
}
