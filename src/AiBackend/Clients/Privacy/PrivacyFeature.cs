using AiBackend.Clients.Usage;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Clients.Privacy;

/// <summary>Takes out what is held of a client, and erases end users. What lies below this feature cannot register its documents by itself: they are here.</summary>
internal static class PrivacyFeature
{
    public static IServiceCollection AddPrivacy(this IServiceCollection services) => services
        .AddSingleton<RetentionSweeper>()
        .AddHostedService(provider => provider.GetRequiredService<RetentionSweeper>())
        .AddSingleton<Erasures>()
        .AddJobHandler<ErasureJob>()
        .AddExport<Channel, ChannelResponse>("channel", query => query.Ascending(), ChannelResponse.From)
        .AddExport<ApiKey, KeyResponse>("key", query => query.Ascending(), KeyResponse.From)
        .AddExport<UserType, UserTypeResponse>("user_type", query => query.Ascending(), UserTypeResponse.From)
        .AddExport<UsageBucket, ExportedUsage>(
            "usage", query => query.Ascending(bucket => bucket.From), bucket => new ExportedUsage(bucket.From, bucket.Counts))
        .AddExport<AuditEntry, AuditResponse>("audit_entry", query => query.Ascending(), AuditResponse.From)
        .AddExport<Job, JobResponse>("job", query => query.Ascending(), JobResponse.From)
        .LeaveOutOfExport<IdempotencyRecord>("Sealed copies of answers to requests of the last 24 hours; what they tell of is in the export.");
}

/// <summary>What was used in an hour, as counted in one of several places: the sum of an hour's lines is its use.</summary>
/// <param name="From">The beginning of the hour, UTC.</param>
internal sealed record ExportedUsage(DateTimeOffset From, UsageCounts Counts);
