using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Support;

/// <summary>
/// A model server that speaks OpenAI's protocol (chat completions, streamed and plain, and embeddings) and answers as a test says,
/// its failures included.
/// </summary>
public sealed class ScriptedModelServer : LoopbackServer
{
    private readonly ConcurrentQueue<ModelReply> replies = new();

    private ScriptedModelServer()
    {
    }

    /// <summary>For <c>AI_BASE_URL</c> and <c>EMBEDDING_BASE_URL</c>.</summary>
    public Uri BaseUrl => new($"{Address}/v1");

    /// <summary>The answer when no other is waiting.</summary>
    public ModelReply Default { get; set; } = ModelReply.Text("Scripted answer.");

    /// <summary>The vector of a text, for the embeddings route.</summary>
    public Func<string, float[]> Vector { get; set; } = text => [text.Length, text.Count(char.IsWhiteSpace), 1];

    public static async Task<ScriptedModelServer> StartNewAsync()
    {
        var server = new ScriptedModelServer();
        await server.StartAsync();
        return server;
    }

    /// <summary>Adds an answer: each request takes the next one.</summary>
    public ScriptedModelServer Then(ModelReply reply)
    {
        replies.Enqueue(reply);
        return this;
    }

    /// <summary>Forgets answers that no request has taken.</summary>
    public void Forget() => replies.Clear();

    protected override Task AnswerAsync(HttpContext http, RecordedRequest request) => request.Path switch
    {
        "/v1/chat/completions" => NextOr(Default).Answer(http, request),
        "/v1/embeddings" => NextOr(new ModelReply(EmbedAsync)).Answer(http, request),
        _ => Task.FromException(new InvalidOperationException($"Nothing answers at {request.Path}.")),
    };

    private ModelReply NextOr(ModelReply otherwise) => replies.TryDequeue(out var reply) ? reply : otherwise;

    private Task EmbedAsync(HttpContext http, RecordedRequest request)
    {
        var input = request.Body.GetProperty("input");
        string[] texts = input.ValueKind == JsonValueKind.String
            ? [input.GetString()!]
            : [.. input.EnumerateArray().Select(text => text.GetString()!)];
        var isBase64 = request.Body.TryGetProperty("encoding_format", out var format) && format.GetString() == "base64";
        return http.Response.WriteAsJsonAsync(
            new
            {
                @object = "list",
                model = request.Body.GetProperty("model").GetString(),
                data = texts.Select((text, index) => new
                {
                    @object = "embedding",
                    index,
                    embedding = isBase64 ? Base64(Vector(text)) : (object)Vector(text),
                }),
                usage = new { prompt_tokens = texts.Sum(text => text.Length), total_tokens = texts.Sum(text => text.Length) },
            },
            http.RequestAborted);
    }

    private static string Base64(float[] vector) =>
        Convert.ToBase64String(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(vector));
}
