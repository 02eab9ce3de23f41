using AiBackend.Search.Embedding;
using AiBackend.Tests.Knowledge;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores;

/// <summary>The service that may use private addresses, as the scripted vector stores have them.</summary>
public sealed class VectorStoreFixture : KnowledgeFixture
{
    public static StaticEmbedder Model { get; } = StaticEmbedder.LoadBuiltIn();

    /// <summary>Connects a client to the collection <c>faq</c> of a store.</summary>
    internal static async Task<string> ConnectAsync(
        Tenant tenant, string url, string kind = "qdrant", string collection = "faq", string key = "right", string textField = "body") =>
        (await tenant.ConnectAsync($"Store {Guid.NewGuid():n}", new { url, api_key = key, collection, text_field = textField }, kind)).Text("id");

    protected override void Configure(IDictionary<string, string> settings)
    {
        base.Configure(settings);
        settings["DATA_ALLOW_PRIVATE_NETWORKS"] = "true";
    }
}
