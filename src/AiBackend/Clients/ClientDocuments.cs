using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>What is stored about clients.</summary>
internal static class ClientDocuments
{
    public static readonly DocumentSet<Client> Clients = new DocumentSet<Client>("clients")
        .Unique("slug", client => client.Slug)
        .PartialIndex("removed", client => client.RemovedAt, client => client.RemovedAt);

    public static readonly DocumentSet<ApiKey> Keys = new DocumentSet<ApiKey>("api_keys")
        .Index("by_client", key => key.ClientId);

    public static readonly DocumentSet<Channel> Channels = new DocumentSet<Channel>("channels")
        .Index("by_client", channel => channel.ClientId)
        .Unique("external_id", channel => channel.ClientId, channel => channel.Type, channel => channel.ExternalId);
}
