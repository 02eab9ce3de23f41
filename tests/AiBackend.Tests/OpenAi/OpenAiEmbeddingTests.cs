using System.Runtime.InteropServices;
using System.Text.Json;
using AiBackend.Ai.Embeddings;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.OpenAi;

public sealed class OpenAiEmbeddingTests(AppFixture app, OpenAiEmbeddingTests.WithServer served)
    : IClassFixture<AppFixture>, IClassFixture<OpenAiEmbeddingTests.WithServer>
{
    private const string Model = "ai-backend-embed";

    [Fact]
    public async Task A_text_gets_a_vector_and_its_tokens_are_counted()
    {
        var tenant = await app.NewTenantAsync();

        var list = await (await EmbedAsync(tenant, new { model = Model, input = "Where is my parcel?", odd = true })).ExpectAsync(200);

        Assert.Equal(("list", Model), (list.Text("object"), list.Text("model")));
        var entry = Assert.Single(list.Data());
        Assert.Equal(("embedding", 0), (entry.Text("object"), entry.GetProperty("index").GetInt32()));
        var vector = Floats(entry);
        Assert.Equal(256, vector.Length);
        Assert.Equal(1, Math.Sqrt(vector.Sum(number => (double)number * number)), tolerance: 0.001);
        Assert.True(list.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > 2);
        Assert.Equal(list.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), list.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Base64_holds_the_same_numbers_in_the_order_of_the_texts()
    {
        var tenant = await app.NewTenantAsync();
        string[] input = ["one parcel", "two volcanoes"];

        var numbers = (await (await EmbedAsync(tenant, new { model = Model, input })).ExpectAsync(200)).Data();
        var encoded = (await (await EmbedAsync(tenant, new { model = Model, input, encoding_format = "base64" })).ExpectAsync(200)).Data();

        Assert.Equal([0, 1], encoded.Select(entry => entry.GetProperty("index").GetInt32()));
        for (var i = 0; i < input.Length; i++)
        {
            Assert.Equal(Floats(numbers[i]), MemoryMarshal.Cast<byte, float>(encoded[i].GetProperty("embedding").GetBytesFromBase64()).ToArray());
        }

        Assert.NotEqual(Floats(numbers[0]), Floats(numbers[1]));
    }

    [Fact]
    public async Task Up_to_2048_texts_are_taken_at_once()
    {
        var tenant = await app.NewTenantAsync();

        var most = await (await EmbedAsync(tenant, new { model = Model, input = Enumerable.Repeat("x", 2_048) })).ExpectAsync(200);
        var beyond = await EmbedAsync(tenant, new { model = Model, input = Enumerable.Repeat("x", 2_049) });

        Assert.Equal(2_048, most.Data().Length);
        await beyond.ExpectErrorAsync(400, "invalid_request_error", "invalid_value", "input");
    }

    [Theory]
    [InlineData("""{"model":"ai-backend-embed"}""", "input")]
    [InlineData("""{"model":"ai-backend-embed","input":[]}""", "input")]
    [InlineData("""{"model":"ai-backend-embed","input":""}""", "input")]
    [InlineData("""{"model":"ai-backend-embed","input":["a",""]}""", "input[1]")]
    [InlineData("""{"model":"ai-backend-embed","input":[1,2]}""", "input[0]")]
    [InlineData("""{"input":"x"}""", "model")]
    [InlineData("""{"model":"ai-backend-embed","input":"x","encoding_format":"int8"}""", "encoding_format")]
    [InlineData("""{"model":"ai-backend-embed","input":"x","dimensions":0}""", "dimensions")]
    [InlineData("""{"model":"ai-backend-embed","input":"x","dimensions":255}""", "dimensions")]
    [InlineData("""["x"]""", "body")]
    public async Task A_request_that_cannot_be_served_says_which_field_is_wrong(string body, string param)
    {
        var tenant = await app.NewTenantAsync();

        await (await tenant.Http.SendTextAsync(HttpMethod.Post, "/v1/embeddings", body))
            .ExpectErrorAsync(400, "invalid_request_error", "invalid_value", param);
    }

    [Fact]
    public async Task The_models_own_dimensions_may_be_named_and_other_models_not()
    {
        var tenant = await app.NewTenantAsync();

        await (await EmbedAsync(tenant, new { model = Model, input = "x", dimensions = 256 })).ExpectAsync(200);
        await (await EmbedAsync(tenant, new { model = "text-embedding-3-small", input = "x" }))
            .ExpectErrorAsync(404, "invalid_request_error", "model_not_found", "model");
        await (await tenant.Http.SendTextAsync(HttpMethod.Post, "/v1/embeddings", "{\"model\"")).ExpectErrorAsync(400, "invalid_request_error", "malformed_json");
    }

    [Fact]
    public async Task The_operators_embedding_model_is_asked_for_dimensions_too()
    {
        var tenant = await served.NewTenantAsync();

        var list = await (await EmbedAsync(tenant, new { model = "scripted-embed", input = new[] { "a b" }, dimensions = 3 })).ExpectAsync(200);
        var refused = await EmbedAsync(tenant, new { model = "scripted-embed", input = "x", dimensions = 2 });

        Assert.Equal([3f, 1f, 1f], Floats(list.Data()[0]));
        Assert.Equal(3, list.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(2, served.Server.Requests[^1].Body.GetProperty("dimensions").GetInt32());
        await refused.ExpectErrorAsync(400, "invalid_request_error", "invalid_value", "dimensions");
    }

    [Theory]
    [InlineData(500, 3, 503, "server_error", "embedding_unavailable")]
    [InlineData(401, 1, 502, "server_error", "embedding_rejected")]
    [InlineData(400, 1, 400, "invalid_request_error", "model_rejected")]
    public async Task A_failure_of_the_embedding_server_has_its_status(int upstream, int tries, int status, string type, string code)
    {
        var tenant = await served.NewTenantAsync();
        for (var i = 0; i < tries; i++)
        {
            served.Server.Then(ModelReply.Status(upstream));
        }

        await (await EmbedAsync(tenant, new { model = "scripted-embed", input = "x" })).ExpectErrorAsync(status, type, code);
    }

    private static Task<HttpResponseMessage> EmbedAsync(Tenant tenant, object body) => tenant.Http.PostJsonAsync("/v1/embeddings", body);

    private static float[] Floats(JsonElement entry) => [.. entry.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle())];

    /// <summary>With an embedding model of a server.</summary>
    public sealed class WithServer : OpenAiApp
    {
        protected override void ConfigureServices(IServiceCollection services)
        {
            base.ConfigureServices(services);
            services.AddSingleton(new EmbeddingOptions { BaseUrl = Server.BaseUrl, Model = "scripted-embed", Policy = Policy });
        }
    }
}
