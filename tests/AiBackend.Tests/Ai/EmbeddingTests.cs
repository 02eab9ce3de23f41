using AiBackend.Ai;
using AiBackend.Tests.Support;
using Microsoft.Extensions.AI;

namespace AiBackend.Tests.Ai;

public sealed class EmbeddingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_built_in_model_names_itself_and_gives_vectors_of_length_one()
    {
        await using var host = await ModelHost.StartAsync(embeddings: options => options with { BaseUrl = null });
        var generator = host.Get<IEmbeddingGenerator<string, Embedding<float>>>();

        var made = await generator.GenerateAsync(["How long do returns take?", "Sending things back", "The moon is far away"], cancellationToken: Ct);

        var metadata = generator.GetService<EmbeddingGeneratorMetadata>();
        Assert.Equal(("ai-backend-embed", 256), (metadata?.DefaultModelId, metadata?.DefaultModelDimensions));
        Assert.All(made, one => Assert.Equal("ai-backend-embed", one.ModelId));
        Assert.All(made, one => Assert.Equal(1, Dot(one, one), 3));
        Assert.True(Dot(made[0], made[1]) > Dot(made[0], made[2]));
        Assert.Empty(host.Server.Requests);
    }

    [Fact]
    public async Task A_servers_model_gets_the_texts_in_batches_and_answers_in_their_order()
    {
        await using var host = await ModelHost.StartAsync();
        string[] texts = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"];
        var generator = host.Get<IEmbeddingGenerator<string, Embedding<float>>>();

        var made = await generator.GenerateAsync(texts, cancellationToken: Ct);

        Assert.Equal([1f, 2, 3, 4, 5, 6, 7], made.Select(one => one.Vector.Span[0]));
        Assert.Equal([3, 3, 1], host.Server.Requests.Select(request => request.Body.GetProperty("input").GetArrayLength()));
        Assert.Equal(28, made.Usage?.InputTokenCount);
        Assert.Equal("scripted-embed", generator.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId);
    }

    [Fact]
    public async Task Nothing_to_embed_asks_nobody()
    {
        await using var host = await ModelHost.StartAsync();

        Assert.Empty(await EmbedAsync(host));

        Assert.Empty(host.Server.Requests);
    }

    [Fact]
    public async Task A_batch_that_fails_is_sent_again_alone()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Status(503)).Then(ModelReply.Body("application/json", "{ oh no"));

        var made = await EmbedAsync(host, "a", "bb");

        Assert.Equal([1f, 2], made.Select(one => one.Vector.Span[0]));
        Assert.Equal(3, host.Server.Requests.Count);
    }

    [Theory]
    [InlineData(500, "embedding_unavailable", 3)]
    [InlineData(401, "embedding_rejected", 1)]
    public async Task A_lasting_failure_is_reported_without_the_servers_words(int status, string code, int requests)
    {
        await using var host = await ModelHost.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            host.Server.Then(ModelReply.Status(status));
        }

        var error = await Assert.ThrowsAsync<UpstreamException>(() => EmbedAsync(host, "a"));

        Assert.Equal((code, requests), (error.Code("embedding"), host.Server.Requests.Count));
        Assert.DoesNotContain("SECRET", error.ToString());
    }

    [Theory]
    [InlineData("""{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"usage":{"prompt_tokens":1,"total_tokens":1}}""")]
    [InlineData("""{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="},{"object":"embedding","index":1,"embedding":"AACAPwAAgD8="}],"usage":{"prompt_tokens":1,"total_tokens":1}}""")]
    [InlineData("""{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":"AADAfw=="},{"object":"embedding","index":1,"embedding":"AACAPw=="}],"usage":{"prompt_tokens":1,"total_tokens":1}}""")]
    [InlineData("""{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":""},{"object":"embedding","index":1,"embedding":""}],"usage":{"prompt_tokens":1,"total_tokens":1}}""")]
    public async Task Vectors_that_do_not_fit_the_texts_are_refused(string body)
    {
        await using var host = await ModelHost.StartAsync(new UpstreamPolicy { Tries = 1 });
        host.Server.Then(ModelReply.Body("application/json", body));

        var error = await Assert.ThrowsAsync<UpstreamException>(() => EmbedAsync(host, "a", "b"));

        Assert.Equal("embedding_invalid_response", error.Code("embedding"));
    }

    [Fact]
    public async Task A_silent_server_is_given_up_after_the_limit()
    {
        await using var host = await ModelHost.StartAsync(new UpstreamPolicy { Tries = 1 });
        host.Server.Then(ModelReply.Silence());
        var embedding = EmbedAsync(host, "a");
        var request = await host.Server.NextRequestAsync(Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(60));

        var error = await Assert.ThrowsAsync<UpstreamException>(() => embedding);
        Assert.Equal("embedding_timeout", error.Code("embedding"));
        await request.Aborted.WaitAsync(Ct);
    }

    private static Task<GeneratedEmbeddings<Embedding<float>>> EmbedAsync(ModelHost host, params string[] texts) =>
        host.Get<IEmbeddingGenerator<string, Embedding<float>>>().GenerateAsync(texts, cancellationToken: Ct);

    private static float Dot(Embedding<float> one, Embedding<float> other) =>
        System.Numerics.Tensors.TensorPrimitives.Dot(one.Vector.Span, other.Vector.Span);
}
