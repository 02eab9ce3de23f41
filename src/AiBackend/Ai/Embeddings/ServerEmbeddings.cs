using Microsoft.Extensions.AI;

namespace AiBackend.Ai.Embeddings;

/// <summary>
/// An OpenAI-compatible server's model: texts go in batches, one after another, each with a time limit and retries. Throws
/// <see cref="UpstreamException"/>.
/// </summary>
internal sealed class ServerEmbeddings(
    IEmbeddingGenerator<string, Embedding<float>> inner,
    EmbeddingOptions settings,
    UpstreamPipelines pipelines,
    TimeProvider clock) : DelegatingEmbeddingGenerator<string, Embedding<float>>(inner)
{
    private const string Server = "The embedding server";

    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var all = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var batch in values.Chunk(settings.BatchSize))
        {
            var part = await pipelines.SendAsync(
                Server, settings.BaseUrl!, settings.Policy, ct => TryAsync(batch, options, ct), cancellationToken);
            all.AddRange(part);
            all.Usage = Sum(all.Usage, part.Usage);
        }

        return all;
    }

    private async Task<GeneratedEmbeddings<Embedding<float>>> TryAsync(
        string[] batch, EmbeddingGenerationOptions? asked, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(settings.RequestLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        GeneratedEmbeddings<Embedding<float>> made;
        try
        {
            made = await base.GenerateAsync(batch, asked, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new UpstreamException(UpstreamFailure.TimedOut, $"{Server} did not answer in time.");
        }
        catch (Exception error) when (OpenAiErrors.Translate(Server, error, clock) is { } failure)
        {
            throw failure;
        }

        return IsUsable(made, batch.Length)
            ? made
            : throw new UpstreamException(UpstreamFailure.Invalid, $"{Server} gave vectors that do not fit the texts.");
    }

    private static bool IsUsable(GeneratedEmbeddings<Embedding<float>> made, int expected)
    {
        if (made.Count != expected)
        {
            return false;
        }

        var dimensions = made[0].Vector.Length;
        return dimensions > 0 && made.All(one => one.Vector.Length == dimensions && AreFinite(one.Vector.Span));
    }

    private static bool AreFinite(ReadOnlySpan<float> vector)
    {
        foreach (var component in vector)
        {
            if (!float.IsFinite(component))
            {
                return false;
            }
        }

        return true;
    }

    private static UsageDetails? Sum(UsageDetails? sum, UsageDetails? more)
    {
        if (sum is null || more is null)
        {
            return sum ?? more;
        }

        sum.Add(more);
        return sum;
    }
}
