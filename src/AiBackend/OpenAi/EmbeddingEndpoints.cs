using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using AiBackend.Ai;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Knowledge;
using Microsoft.Extensions.AI;

namespace AiBackend.OpenAi;

/// <summary>Vectors in OpenAI's form.</summary>
internal sealed record EmbeddingList(string Object, IReadOnlyList<EmbeddingEntry> Data, string Model, EmbeddingUsage Usage);

/// <param name="Index">The text's place in the request.</param>
/// <param name="Embedding">An array of numbers, or base64.</param>
internal sealed record EmbeddingEntry(string Object, int Index, RawJson Embedding);

internal sealed record EmbeddingUsage(long PromptTokens, long TotalTokens);

/// <summary>What a request for vectors holds.</summary>
internal sealed record EmbeddingBody
{
    /// <summary>The embedding model, <c>ai-backend-embed</c> unless the operator has set another.</summary>
    public required string Model { get; init; }

    /// <summary>A text, or an array of up to 2,048.</summary>
    public required RawJson Input { get; init; }

    /// <summary><c>float</c> (by default) or <c>base64</c>.</summary>
    public string? EncodingFormat { get; init; }

    /// <summary>The length of the vectors, where the model can change it.</summary>
    public int? Dimensions { get; init; }
}

internal static class EmbeddingEndpoints
{
    public static void MapEmbeddings(this IEndpointRouteBuilder face) =>
        face.MapPost("/embeddings", EmbedAsync).WithName("CreateEmbeddings").RequireScope(Scopes.KnowledgeRead)
            .WithMetadata(new JsonBodyMetadata(typeof(EmbeddingBody), IsPatch: false))
            .Produces<EmbeddingList>()
            .WithSummary("Turns texts into vectors.");

    private static async Task EmbedAsync(HttpContext http, Caller caller, EmbeddingModel model, CancellationToken ct)
    {
        var request = EmbeddingRequest.Parse(await RequestBytes.ReadAsync(http.Request, ct));
        if (request.Model != model.Name)
        {
            throw Refusals.NoSuchModel(request.Model);
        }

        GeneratedEmbeddings<Embedding<float>> made;
        try
        {
            made = await model.EmbedAsync(request.Texts, request.Dimensions, ct);
        }
        catch (UpstreamException failure) when (failure is { Failure: UpstreamFailure.Rejected, Status: 400 or 413 or 422 })
        {
            throw Refusals.OfRequest(default);
        }
        catch (UpstreamException failure)
        {
            throw Refusals.Of(failure, "embedding");
        }

        if (request.Dimensions is { } asked && made[0].Vector.Length != asked)
        {
            throw ApiException.Invalid("dimensions", $"The model {model.Name} makes vectors of {made[0].Vector.Length} numbers and no others.");
        }

        var tokens = made.Usage?.InputTokenCount ?? model.CountTokens(request.Texts) ?? 0;
        await new ReadyJson(Write(made, request, tokens)).ExecuteAsync(http);
    }

    private static ReadOnlyMemory<byte> Write(GeneratedEmbeddings<Embedding<float>> made, EmbeddingRequest request, long tokens)
    {
        var bytes = new ArrayBufferWriter<byte>(made.Count * 2_048);
        using var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = WireJson.Options.Encoder });
        writer.WriteStartObject();
        writer.WriteString("object", "list");
        writer.WriteStartArray("data");
        for (var i = 0; i < made.Count; i++)
        {
            writer.WriteStartObject();
            writer.WriteString("object", "embedding");
            writer.WriteNumber("index", i);
            Write(writer, made[i].Vector.Span, request.IsBase64);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("model", request.Model);
        writer.WriteStartObject("usage");
        writer.WriteNumber("prompt_tokens", tokens);
        writer.WriteNumber("total_tokens", tokens);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return bytes.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<float> vector, bool isBase64)
    {
        if (isBase64)
        {
            var floats = new byte[vector.Length * sizeof(float)];
            for (var i = 0; i < vector.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(floats.AsSpan(i * sizeof(float)), vector[i]);
            }

            writer.WriteBase64String("embedding", floats);
            return;
        }

        writer.WriteStartArray("embedding");
        foreach (var number in vector)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }
}
