using AiBackend.Clients.Usage;
using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>What is stored about clients.</summary>
internal static class ClientDocuments
{
    public static readonly DocumentSet<Client> Clients = new DocumentSet<Client>("clients")
        .Unique("slug", client => client.Slug)
        .Index("removed", client => client.RemovedAt);

    public static readonly DocumentSet<ApiKey> Keys = new DocumentSet<ApiKey>("api_keys")
        .Index("by_client", key => key.ClientId);

    public static readonly DocumentSet<Channel> Channels = new DocumentSet<Channel>("channels")
        .Index("by_client", channel => channel.ClientId)
        .Unique("external_id", channel => channel.ClientId, channel => channel.Type, channel => channel.ExternalId);

    public static readonly DocumentSet<UserType> UserTypes = new DocumentSet<UserType>("user_types")
        .Index("by_client", type => type.ClientId)
        .Unique("type_id", type => type.ClientId, type => type.TypeId);

    public static readonly DocumentSet<UsageBucket> Usage = new DocumentSet<UsageBucket>("usage")
        .Index("from", bucket => bucket.ClientId, bucket => bucket.From);

    public static readonly DocumentSet<AuditEntry> Audit = new DocumentSet<AuditEntry>("audit")
        .Index("by_client", entry => entry.ClientId);
}
