using AiBackend.Documents;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Repositories;
using AiBackend.Semantics.Servers;

namespace AiBackend.Semantics;

/// <summary>How repositories, servers and layers are stored.</summary>
internal static class SemanticSets
{
    public static readonly DocumentSet<SemanticRepository> Repositories = new DocumentSet<SemanticRepository>("semantic_repositories")
        .Index("by_owner", repository => repository.OwnerId)
        .Unique("default", repository => repository.DefaultFor);

    public static readonly DocumentSet<SemanticServer> Servers = new DocumentSet<SemanticServer>("semantic_servers")
        .Index("by_owner", server => server.OwnerId)
        .Unique("name", server => server.OwnerId, server => server.Name)
        .Unique("default", server => server.DefaultFor);

    public static readonly DocumentSet<SemanticLayer> Layers = new DocumentSet<SemanticLayer>("semantic_layers")
        .Index("by_client", layer => layer.ClientId)
        .Index("by_repository", layer => layer.RepositoryId)
        .Index("by_server", layer => layer.ServerId)
        .Unique("name", layer => layer.ClientId, layer => layer.Name)
        .Unique("folder", layer => layer.RepositoryId, layer => layer.Folder);

    public static readonly DocumentSet<LayerStore> LayerStores = new DocumentSet<LayerStore>("semantic_layer_stores")
        .Index("by_client", link => link.ClientId)
        .Index("by_layer", link => link.ClientId, link => link.LayerId)
        .Index("by_store", link => link.ClientId, link => link.DataStoreId)
        .PartialIndex("by_next_sync", link => link.NextSyncAt, link => link.NextSyncAt);

    public static IEnumerable<DocumentSet> All => [Repositories, Servers, Layers, LayerStores];
}
