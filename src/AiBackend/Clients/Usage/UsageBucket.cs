using AiBackend.Documents;

namespace AiBackend.Clients.Usage;

/// <summary>What a client has used in one hour, as counted at one of several places, so that busy clients do not queue for one.</summary>
internal sealed record UsageBucket : TenantDocument
{
    /// <summary>The beginning of the hour, UTC.</summary>
    public required DateTimeOffset From { get; init; }

    public UsageCounts Counts { get; init; } = new();
}

/// <summary>What is counted.</summary>
internal sealed record UsageCounts
{
    /// <summary>Requests with the client's keys.</summary>
    public long Requests { get; init; }

    /// <summary>Messages that were taken in: posted, worded anew or imported. Replies do not count.</summary>
    public long Messages { get; init; }

    /// <summary>Tokens that models have read.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens that models have written.</summary>
    public long OutputTokens { get; init; }

    /// <summary>What models have cost, as far as they said.</summary>
    public decimal Cost { get; init; }

    /// <summary>Documents that were indexed, again or for the first time.</summary>
    public long Documents { get; init; }

    /// <summary>Events that were delivered.</summary>
    public long Deliveries { get; init; }

    public static UsageCounts operator +(UsageCounts one, UsageCounts other) => new()
    {
        Requests = one.Requests + other.Requests,
        Messages = one.Messages + other.Messages,
        InputTokens = one.InputTokens + other.InputTokens,
        OutputTokens = one.OutputTokens + other.OutputTokens,
        Cost = one.Cost + other.Cost,
        Documents = one.Documents + other.Documents,
        Deliveries = one.Deliveries + other.Deliveries,
    };
}
