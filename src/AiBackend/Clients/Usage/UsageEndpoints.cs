using System.Reflection;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Clients.Usage;

/// <summary>What a client has used.</summary>
internal static class UsageEndpoints
{
    public static void MapUsage(this IEndpointRouteBuilder api) =>
        api.MapGet($"{ClientRoute.Pattern}/usage", ReadAsync).WithTags("Clients").RequireScope(Scopes.ClientAdmin)
            .WithName("GetUsage")
            .WithSummary("Reports what a client has used, by the hour or the day (UTC)")
            .WithDescription("Counted with what is used, except requests, which are added within some seconds.");

    private static async Task<Ok<UsageResponse>> ReadAsync(ClientRoute route, UsagePeriod period, CancellationToken ct)
    {
        var buckets = await route.Caller.Documents.ListAsync(UsageLog.Between(period.From, period.To), ct);
        var byInterval = buckets.GroupBy(bucket => period.BeginningOf(bucket.From))
            .ToDictionary(group => group.Key, group => group.Aggregate(new UsageCounts(), (sum, bucket) => sum + bucket.Counts));
        var data = new List<UsageInterval>();
        for (var from = period.From; from < period.To; from += period.Length)
        {
            data.Add(UsageInterval.Of(from, from + period.Length, byInterval.GetValueOrDefault(from) ?? new UsageCounts()));
        }

        var total = byInterval.Values.Aggregate(new UsageCounts(), (sum, counts) => sum + counts);
        return TypedResults.Ok(new UsageResponse(data, UsageInterval.Of(period.From, period.To, total)));
    }
}

/// <summary>What was used.</summary>
/// <param name="Data">By interval, oldest first, those without use included.</param>
/// <param name="Total">Over all of them.</param>
internal sealed record UsageResponse(IReadOnlyList<UsageInterval> Data, UsageInterval Total);

/// <summary>What was used from one time (inclusive) to another (exclusive).</summary>
/// <param name="Requests">With the client's keys.</param>
/// <param name="Messages">Taken in: posted, worded anew or imported. Replies do not count.</param>
/// <param name="InputTokens">Read by models.</param>
/// <param name="OutputTokens">Written by models.</param>
/// <param name="Cost">Of models, as far as they said.</param>
/// <param name="Documents">Indexed, again or for the first time.</param>
/// <param name="Deliveries">Events delivered.</param>
internal sealed record UsageInterval(
    DateTimeOffset From,
    DateTimeOffset To,
    long Requests,
    long Messages,
    long InputTokens,
    long OutputTokens,
    decimal Cost,
    long Documents,
    long Deliveries)
{
    public static UsageInterval Of(DateTimeOffset from, DateTimeOffset to, UsageCounts counts) => new(
        from, to, counts.Requests, counts.Messages, counts.InputTokens, counts.OutputTokens, counts.Cost, counts.Documents, counts.Deliveries);
}

/// <summary>The time to report on, in whole intervals.</summary>
/// <param name="From">The beginning of the first.</param>
/// <param name="To">The end of the last.</param>
/// <param name="Length">An hour or a day.</param>
internal sealed record UsagePeriod(DateTimeOffset From, DateTimeOffset To, TimeSpan Length)
    : IBindableFromHttpContext<UsagePeriod>, IEndpointParameterMetadataProvider
{
    /// <summary>The most intervals in one report: 31 days by the hour.</summary>
    public const int MostHours = 31 * 24;

    /// <summary>The most days in one report.</summary>
    public const int MostDays = 92;

    // Further out there is no use, and no room for the intervals before and after.
    private const int FirstYear = 1970;
    private const int LastYear = 9000;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>The beginning of the interval that this time is in.</summary>
    public DateTimeOffset BeginningOf(DateTimeOffset time) => Length == Day ? UsageLog.DayOf(time) : UsageLog.HourOf(time);

    public static ValueTask<UsagePeriod?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = context.Request.Query;
        var length = query["interval"].ToString() switch
        {
            "" or "day" => Day,
            "hour" => Hour,
            _ => throw ApiException.Invalid("interval", "hour or day is expected."),
        };
        var period = new UsagePeriod(default, default, length);
        var to = Time(query, "to")
            ?? period.BeginningOf(context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow()) + length;
        var from = Time(query, "from") ?? to - (length == Day ? TimeSpan.FromDays(7) : TimeSpan.FromDays(1));
        var end = period.BeginningOf(to);
        period = period with { From = period.BeginningOf(from), To = end < to ? end + length : end };
        if (from >= to)
        {
            throw ApiException.Invalid("from", "A time before to is expected.");
        }

        var most = length == Day ? MostDays : MostHours;
        return (period.To - period.From) / length <= most
            ? ValueTask.FromResult<UsagePeriod?>(period)
            : throw ApiException.Invalid("from", $"At most {most} intervals are reported at once.");
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new QueryParameterMetadata("from", "The beginning, rounded down to an interval; by default a week before to, or a day by the hour.", typeof(DateTimeOffset)));
        builder.Metadata.Add(new QueryParameterMetadata("to", "The end, rounded up to an interval; by default the interval that is now is the last.", typeof(DateTimeOffset)));
        builder.Metadata.Add(new QueryParameterMetadata("interval", "day (the default) or hour.", typeof(string)));
    }

    private static DateTimeOffset? Time(IQueryCollection query, string name)
    {
        if (query[name].ToString() is not { Length: > 0 } text)
        {
            return null;
        }

        var time = QueryTime.Parse(name, text);
        return time.Year is >= FirstYear and <= LastYear
            ? time
            : throw ApiException.Invalid(name, $"A time between the years {FirstYear} and {LastYear} is expected.");
    }
}
