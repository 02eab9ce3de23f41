using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Analytics;

/// <summary>What happens in a client's conversations, in numbers.</summary>
internal static class AnalyticsEndpoints
{
    public static IServiceCollection AddAnalytics(this IServiceCollection services) => services
        .AddSingleton<DocumentSet>(ChatDocuments.AnalyticsBuckets)
        .AddSingleton<DocumentSet>(ChatDocuments.AnalyticsDays)
        .AddExport<AnalyticsBucket, ExportedCounts>(
            "analytics", query => query.Ascending(bucket => bucket.From), bucket => new ExportedCounts(bucket.From, bucket.Counters))
        .AddExport<AnalyticsDay, ExportedDay>(
            "analytics_day", query => query.Ascending(day => day.From), day => new ExportedDay(day.From, day.Counters))
        .AddSingleton<AnalyticsLog>()
        .AddSingleton<AnalyticsFolding>()
        .AddHostedService(provider => provider.GetRequiredService<AnalyticsFolding>());

    public static void MapAnalytics(this IEndpointRouteBuilder api)
    {
        var analytics = api.MapGroup("/analytics").WithTags("Analytics");
        analytics.MapGet("/overview", OverviewAsync).WithName("GetAnalyticsOverview").RequireScope(Scopes.ChatRead)
            .WithSummary("Reports what happened in conversations over a period.")
            .WithDescription("Counted with what happens; texts are not read. Deleting messages and sessions does not change the past.");
        analytics.MapGet("/timeseries", TimeseriesAsync).WithName("GetAnalyticsTimeseries").RequireScope(Scopes.ChatRead)
            .WithSummary("Reports one metric by the hours, days, weeks or months of a time zone.")
            .WithDescription("Each interval has the metric's main number and, beside it, the figures of the overview that it is from.");
    }

    private static async Task<Ok<OverviewResponse>> OverviewAsync(AnalyticsPeriod period, Caller caller, CancellationToken ct)
    {
        var tally = (await AnalyticsReader.SumAsync(caller.Documents, [period.From, period.To], _ => true, ct))[0];
        return TypedResults.Ok(new OverviewResponse(
            period.From,
            period.To,
            period.Zone.Id,
            ConversationFigures.Of(tally),
            TimeHistogram.Read(tally, Counted.FirstResponse),
            RunFigures.Of(tally),
            RatingFigures.Of(tally),
            CategoryFigures.Of(tally),
            SuggestionFigures.Of(tally),
            TokenFigures.Of(tally)));
    }

    private static async Task<Ok<TimeseriesResponse>> TimeseriesAsync(TimeseriesQuery query, Caller caller, CancellationToken ct)
    {
        var (period, metric) = (query.Period, query.Metric);
        var tallies = await AnalyticsReader.SumAsync(caller.Documents, query.Edges, metric.Needs, ct);
        return TypedResults.Ok(new TimeseriesResponse(
            metric.Name,
            query.Interval.ToString().ToLowerInvariant(),
            period.From,
            period.To,
            period.Zone.Id,
            [.. tallies.Select((tally, i) => metric.Read(new TimeseriesInterval(query.Edges[i], query.Edges[i + 1], Value: null), tally))]));
    }
}

/// <summary>What was counted in a quarter of an hour, in one of several places: the sum of its lines, and of its part of the day's, is what happened.</summary>
/// <param name="From">The beginning of the quarter.</param>
internal sealed record ExportedCounts(DateTimeOffset From, IReadOnlyList<Counter> Counters);

/// <summary>What was counted on a day that is over.</summary>
/// <param name="From">The beginning of the day, UTC.</param>
/// <param name="Counters">By the quarters of an hour of the day, from 0.</param>
internal sealed record ExportedDay(DateTimeOffset From, IReadOnlyList<DayCounter> Counters);
