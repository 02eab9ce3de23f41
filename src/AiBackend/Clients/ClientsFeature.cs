using AiBackend.Clients.Privacy;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>Registers what the host needs of clients.</summary>
internal static class ClientsFeature
{
    public static IServiceCollection AddClients(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(ClientDocuments.Clients)
        .AddSingleton<DocumentSet>(ClientDocuments.Keys)
        .AddSingleton<DocumentSet>(ClientDocuments.Channels)
        .AddSingleton<DocumentSet>(ClientDocuments.UserTypes)
        .AddSingleton<DocumentSet>(ClientDocuments.Audit)
        .AddSingleton<DocumentSet>(ClientDocuments.Usage)
        .AddPrivacy()
        .AddSealedSecrets<Channel>(static (box, channel) => channel with
        {
            Secrets = SealedSecrets.Reseal(box, channel.Secrets, name => Channel.SecretPurpose(channel.Id, name)),
        })
        .AddSingleton<RateLimits>()
        .AddSingleton<AuditLog>()
        .AddSingleton<UsageLog>()
        .AddSingleton<ClientRequests>()
        .AddHostedService(provider => provider.GetRequiredService<ClientRequests>())
        .AddSingleton<ClientDirectory>()
        .AddSingleton<ClientRegistry>()
        .AddSingleton<KeyIssuer>()
        .AddSingleton<Channels>()
        .AddSingleton<UserTypes>()
        .AddSingleton<ClientRemoval>()
        .AddHostedService(provider => provider.GetRequiredService<ClientRemoval>());

    /// <summary>The check of keys; stands right after routing.</summary>
    public static void UseApiKeys(this IApplicationBuilder app) => app.UseMiddleware<KeyCheck>();

    public static void MapClientRoutes(this IEndpointRouteBuilder api)
    {
        api.MapClients();
        api.MapChannels();
        api.MapUserTypes();
        api.MapUsage();
        api.MapPrivacy();
    }
}
