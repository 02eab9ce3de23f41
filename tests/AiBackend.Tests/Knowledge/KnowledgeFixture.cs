using System.Collections.Concurrent;
using System.Text.Json;
using AiBackend.Search.Embedding;
using AiBackend.Tests.Support;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Knowledge;

/// <summary>The service with an embedding model that tells what it was asked, and waits or fails when a test wants it to.</summary>
public class KnowledgeFixture : AppFixture
{
    private static readonly StaticEmbedder Model = StaticEmbedder.LoadBuiltIn();

    public WatchedEmbeddings Embeddings { get; } = new(Model);

    protected override void Configure(IDictionary<string, string> settings) => settings["SEED_DEMO"] = "false";

    protected override void ConfigureServices(IServiceCollection services) =>
        services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(Embeddings);
}

/// <summary>As <see cref="KnowledgeFixture"/>, with no workers: what is queued stays so until a test does it.</summary>
public class WorkerlessFixture : KnowledgeFixture
{
    protected override void Configure(IDictionary<string, string> settings)
    {
        base.Configure(settings);
        settings["ROLE"] = "api";
    }
}

/// <summary>The built-in model. Tests share it, so each speaks of texts that hold a word of its own.</summary>
public sealed class WatchedEmbeddings(StaticEmbedder model) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly ConcurrentQueue<string> texts = new();
    private readonly ConcurrentDictionary<string, Func<Task>> before = new();

    /// <summary>How many texts with this word were embedded.</summary>
    public int CountOf(string word) => texts.Count(text => text.Contains(word, StringComparison.Ordinal));

    /// <summary>Holds texts with this word back.</summary>
    public HeldEmbedding Hold(string word)
    {
        var held = new HeldEmbedding(() => before.TryRemove(word, out _));
        before[word] = held.PassAsync;
        return held;
    }

    /// <summary>Fails for texts with this word, until the result is disposed of.</summary>
    public IDisposable Fail(string word, Exception error)
    {
        before[word] = () => Task.FromException(error);
        return new HeldEmbedding(() => before.TryRemove(word, out _));
    }

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var made = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var text in values)
        {
            foreach (var (word, wait) in before)
            {
                if (text.Contains(word, StringComparison.Ordinal))
                {
                    await wait().WaitAsync(cancellationToken);
                }
            }

            texts.Enqueue(text);
            made.Add(new Embedding<float>(model.Embed(text)));
        }

        return made;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(EmbeddingGeneratorMetadata)
            ? new EmbeddingGeneratorMetadata(defaultModelId: StaticEmbedder.ModelName)
            : null;

    public void Dispose()
    {
    }
}

/// <summary>Texts that wait at the model's door.</summary>
public sealed class HeldEmbedding(Action end) : IDisposable
{
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the first of them has come.</summary>
    public Task Reached => reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    public void Dispose()
    {
        end();
        released.TrySetResult();
    }

    internal Task PassAsync()
    {
        reached.TrySetResult();
        return released.Task;
    }
}

/// <summary>What most tests of knowledge do.</summary>
internal static class KnowledgeSteps
{
    private static readonly (string, string) Wait = ("Prefer", "wait=60");

    public static async Task<string> NewCollectionAsync(this Tenant tenant, object? body = null) =>
        (await (await tenant.Http.PostJsonAsync("/api/v1/collections", body ?? new { name = "Guides" })).ExpectAsync(201)).Text("id");

    /// <summary>Sends a document and waits until it is searchable.</summary>
    public static async Task<JsonElement> IndexAsync(this Tenant tenant, string collection, object document)
    {
        var response = await tenant.Http.PostJsonAsync($"/api/v1/collections/{collection}/documents", document, Wait);
        var stored = (await response.ExpectAsync(201)).GetProperty("document");
        Assert.Equal("indexed", stored.Text("status"));
        return stored;
    }

    public static Task<HttpResponseMessage> UploadAsync(
        this Tenant tenant, string collection, byte[] file, string fileName, string? mediaType = null, object? fields = null) =>
        tenant.Http.SendAsync(HttpMethod.Post, $"/api/v1/collections/{collection}/documents", Form(file, fileName, mediaType, fields), Wait);

    public static MultipartFormDataContent Form(byte[] file, string fileName, string? mediaType = null, object? fields = null)
    {
        var form = new MultipartFormDataContent();
        var part = new ByteArrayContent(file);
        if (mediaType is not null)
        {
            part.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }

        form.Add(part, "file", fileName);
        foreach (var property in fields?.GetType().GetProperties() ?? [])
        {
            form.Add(new StringContent((string)property.GetValue(fields)!), property.Name);
        }

        return form;
    }

    public static async Task<JsonElement> SearchAsync(this Tenant tenant, object query) =>
        await (await tenant.Http.PostJsonAsync("/api/v1/search", query)).ExpectAsync(200);

    /// <summary>The documents that a search by words finds, best first.</summary>
    public static async Task<string[]> FindAsync(this Tenant tenant, string query, params string[] acl) =>
        [.. (await tenant.SearchAsync(new { query, acl, mode = "keyword" })).Data().Select(hit => hit.Text("document_id")).Distinct()];

    public static async Task<JsonElement> CountsAsync(this Tenant tenant, string collection) =>
        (await tenant.Http.GetJsonAsync($"/api/v1/collections/{collection}")).GetProperty("counts");

    public static (long Documents, long Chunks, long Bytes) Read(this JsonElement counts) => (
        counts.GetProperty("documents").GetInt64(), counts.GetProperty("chunks").GetInt64(), counts.GetProperty("bytes").GetInt64());
}
