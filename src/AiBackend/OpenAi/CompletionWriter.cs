using System.IO.Pipelines;
using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Orchestration.Extractive;
using Microsoft.AspNetCore.Http.Features;

namespace AiBackend.OpenAi;

/// <summary>Writes answers that are made here in OpenAI's form, plain or streamed.</summary>
internal sealed class CompletionWriter(Ids ids, TimeProvider clock)
{
    private const string Plain = "chat.completion";
    private const string Streamed = "chat.completion.chunk";

    /// <summary>The last event of every stream that ends well.</summary>
    public static ReadOnlyMemory<byte> Done { get; } = "data: [DONE]\n\n"u8.ToArray();

    /// <summary>Writes the answer. What fails before the first part is refused with a status, what fails later ends the stream with an error.</summary>
    public Task WriteAsync(HttpContext http, CompletionRequest request, IAsyncEnumerable<ReplyPart> parts, CancellationToken ct)
    {
        var id = $"chatcmpl-{ids.New("run")["run_".Length..]}";
        var created = clock.GetUtcNow().ToUnixTimeSeconds();
        return request.IsStreamed
            ? StreamAsync(http, id, created, request.IncludesUsage, parts, ct)
            : WriteWholeAsync(http, id, created, parts, ct);
    }

    /// <summary>Starts the answer of a stream.</summary>
    public static async Task BeginStreamAsync(HttpContext http, CancellationToken ct)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = EventStreamWriter.MediaType;
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await http.Response.StartAsync(ct);
    }

    private static async Task WriteWholeAsync(HttpContext http, string id, long created, IAsyncEnumerable<ReplyPart> parts, CancellationToken ct)
    {
        ReplyPart.End? end = null;
        await foreach (var part in parts.WithCancellation(ct))
        {
            end = part as ReplyPart.End;
        }

        var answer = new Completion(
            id,
            Plain,
            created,
            ExtractiveOrchestrator.Model,
            [new CompletionChoice(0, new CompletionMessage("assistant", end!.Text), "stop")],
            CompletionUsage.Of(end.Usage))
        {
            AiBackend = end.Details,
        };
        await new ReadyJson(JsonSerializer.SerializeToUtf8Bytes(answer, WireJson.Options)).ExecuteAsync(http);
    }

    private static async Task StreamAsync(
        HttpContext http, string id, long created, bool includesUsage, IAsyncEnumerable<ReplyPart> parts, CancellationToken ct)
    {
        await using var source = parts.GetAsyncEnumerator(ct);
        await source.MoveNextAsync();
        await BeginStreamAsync(http, ct);
        var chunks = new Chunks(id, created, http.Response.BodyWriter);
        chunks.Write(new ChunkDelta { Role = "assistant", Content = string.Empty });
        var length = 0;
        try
        {
            for (; source.Current is not ReplyPart.End; await source.MoveNextAsync())
            {
                if (source.Current is ReplyPart.Delta delta)
                {
                    length += delta.Text.Length;
                    chunks.Write(new ChunkDelta { Content = delta.Text });
                    await chunks.Writer.FlushAsync(ct);
                }
                else if (length > 0)
                {
                    // This form has no way to take text back.
                    throw Refusals.OfCode("model_unavailable", "The answer broke off and would have to begin again.");
                }
            }
        }
        catch (ApiException refusal)
        {
            await chunks.Writer.WriteAsync(OpenAiError.EventOf(refusal), ct);
            return;
        }

        var end = (ReplyPart.End)source.Current;
        if (end.Text.Length > length)
        {
            chunks.Write(new ChunkDelta { Content = end.Text[length..] });
        }

        chunks.Write(new ChunkDelta(), "stop", end.Details);
        if (includesUsage)
        {
            chunks.WriteUsage(CompletionUsage.Of(end.Usage));
        }

        await chunks.Writer.WriteAsync(Done, ct);
    }

    private sealed record Chunks(string Id, long Created, PipeWriter Writer)
    {
        public void Write(ChunkDelta delta, string? finish = null, AnswerDetails? details = null) =>
            Write(new CompletionChunk(Id, Streamed, Created, ExtractiveOrchestrator.Model, [new ChunkChoice(0, delta, finish)]) { AiBackend = details });

        public void WriteUsage(CompletionUsage usage) =>
            Write(new CompletionChunk(Id, Streamed, Created, ExtractiveOrchestrator.Model, []) { Usage = usage });

        private void Write(CompletionChunk chunk)
        {
            Put("data: "u8);
            Put(JsonSerializer.SerializeToUtf8Bytes(chunk, WireJson.Options));
            Put("\n\n"u8);
        }

        private void Put(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(Writer.GetSpan(bytes.Length));
            Writer.Advance(bytes.Length);
        }
    }
}
