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
        var used = (await transaction.ListAsync(UsageLog.Between(day, day.AddDays(1))))
            .Aggregate(new UsageCounts(), (sum, bucket) => sum + bucket.Counts);
        if (quotas.MessagesPerDay is { } mostMessages && used.Messages + messages > mostMessages)
        {
            throw Exceeded($"The client may post {mostMessages} messages a day (UTC) and has posted {used.Messages}.", day.AddDays(1) - now);
        }

        if (asksForAnswer && quotas.TokensPerDay is { } mostTokens && used.InputTokens + used.OutputTokens >= mostTokens)
        {
            throw Exceeded($"The client may use {mostTokens} tokens a day (UTC) and has used them.", day.AddDays(1) - now);
        }
    }

    /// <summary>The refusal.</summary>
    public static ApiException Exceeded(string detail, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, Code, detail) { RetryAfter = retryAfter };
}
