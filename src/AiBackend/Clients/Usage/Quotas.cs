using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients.Usage;

/// <summary>
/// Holds clients to what they may use in a day, UTC. Exact with the embedded store, whose commits go one after another; with MongoDB
/// commits of the same moment may pass together.
/// </summary>
internal static class Quotas
{
    public const string Code = "quota_exceeded";

    /// <summary>Refuses messages past the client's number for the day, and those that ask for an answer once its tokens are used up.</summary>
    /// <param name="transaction">The commit that stores the messages.</param>
    /// <param name="quotas">The client's.</param>
    /// <param name="messages">How many are to be stored.</param>
    /// <param name="asksForAnswer">Whether a model may be asked.</param>
    /// <param name="now">The time of the commit.</param>
    /// <exception cref="ApiException">429 with the beginning of the next day.</exception>
    public static async ValueTask RequireAsync(
        TenantTransaction transaction, QuotaSettings quotas, int messages, bool asksForAnswer, DateTimeOffset now)
    {
        if (quotas.MessagesPerDay is null && (quotas.TokensPerDay is null || !asksForAnswer))
        {
            return;
        }

        var day = UsageLog.DayOf(now);
        var used = SumOf(await transaction.ListAsync(UsageLog.Between(day, day.AddDays(1))));
        if (quotas.MessagesPerDay is { } mostMessages && used.Messages + messages > mostMessages)
        {
            throw Exceeded($"The client may post {mostMessages} messages a day (UTC) and has posted {used.Messages}.", day.AddDays(1) - now);
        }

        if (asksForAnswer)
        {
            RequireTokens(quotas, used, now);
        }
    }

    /// <summary>Refuses what would ask a model, once the client's tokens of the day are used up; for requests that store nothing before.</summary>
    /// <exception cref="ApiException">429 with the beginning of the next day.</exception>
    public static async ValueTask RequireTokensAsync(
        TenantDocuments documents, QuotaSettings quotas, DateTimeOffset now, CancellationToken ct)
    {
        if (quotas.TokensPerDay is not null)
        {
            var day = UsageLog.DayOf(now);
            RequireTokens(quotas, SumOf(await documents.ListAsync(UsageLog.Between(day, day.AddDays(1)), ct)), now);
        }
    }

    private static void RequireTokens(QuotaSettings quotas, UsageCounts used, DateTimeOffset now)
    {
        if (quotas.TokensPerDay is { } most && used.InputTokens + used.OutputTokens >= most)
        {
            throw Exceeded($"The client may use {most} tokens a day (UTC) and has used them.", UsageLog.DayOf(now).AddDays(1) - now);
        }
    }

    private static UsageCounts SumOf(IReadOnlyList<UsageBucket> buckets) =>
        buckets.Aggregate(new UsageCounts(), (sum, bucket) => sum + bucket.Counts);

    /// <summary>The refusal.</summary>
    public static ApiException Exceeded(string detail, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, Code, detail) { RetryAfter = retryAfter };
}
