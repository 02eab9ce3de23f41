using System.Globalization;
using System.Net;
using AiBackend.Chat.Analytics;

namespace AiBackend.Tests.Chat;

/// <summary>Intervals begin when the time zone's do, and what happens belongs to exactly one of them.</summary>
public sealed class AnalyticsTimeTests(AnalyticsApp app) : IClassFixture<AnalyticsApp>
{
    // Winter, both changes of the clocks, and offsets that are not whole hours.
    public static TheoryData<string, string, string, int, double[]> Days => new()
    {
        { "Europe/Berlin", "2026-03-29", "2026-03-30", 23, [] },
        { "Europe/Berlin", "2026-10-25", "2026-10-26", 25, [] },
        { "Europe/Berlin", "2026-01-10", "2026-01-11", 24, [] },
        { "Asia/Kathmandu", "2026-01-10", "2026-01-11", 24, [] },
        { "Australia/Lord_Howe", "2026-04-05", "2026-04-06", 24, [1.5] },
        { "Australia/Lord_Howe", "2026-10-04", "2026-10-05", 24, [0.5] },
        { "Africa/Cairo", "2026-04-24", "2026-04-25", 23, [] },
    };

    [Theory]
    [MemberData(nameof(Days))]
    public async Task A_day_has_as_many_hours_as_its_clocks_show(string zone, string day, string next, int hours, double[] uneven)
    {
        var tenant = await app.NewChatTenantAsync();

        var series = await AnalyticsApp.SeriesAsync(tenant, "conversations", "hour", day, next, zone);

        Assert.Equal(hours, series.Count);
        var lengths = series.Select(interval => (Time(interval.Text("to")) - Time(interval.Text("from"))).TotalHours).ToList();
        Assert.Equal(uneven, lengths.Where(length => length != 1));
        Assert.Equal(series.Skip(1).Select(interval => interval.Text("from")), series.SkipLast(1).Select(interval => interval.Text("to")));
        Assert.All(series, interval => Assert.Equal(0, interval.Number("value")));
    }

    public static TheoryData<string, string> Around => new()
    {
        { "Europe/Berlin", "2026-03-27" },
        { "Europe/Berlin", "2026-10-23" },
        { "Asia/Kathmandu", "2026-01-08" },
        { "Australia/Lord_Howe", "2026-04-03" },
        { "Australia/Lord_Howe", "2026-10-02" },
        { "Africa/Cairo", "2026-04-22" },
        { "America/Havana", "2026-10-30" },
        { "Pacific/Apia", "2011-12-28" },
    };

    [Theory]
    [MemberData(nameof(Around))]
    public async Task What_happens_is_in_the_day_that_the_local_calendar_showed(string zone, string first)
    {
        var tenant = await app.NewChatTenantAsync();
        var local = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var from = new DateTimeOffset(DateTime.Parse(first, CultureInfo.InvariantCulture), TimeSpan.Zero);
        var quarters = Enumerable.Range(0, 5 * 96).Select(i => from + (i * AnalyticsLog.Quarter)).ToList();
        await app.CountAsync(tenant, quarters.Select(quarter => (quarter, Counted.Conversations)));

        var series = await AnalyticsApp.SeriesAsync(
            tenant, "conversations", "day", $"{from:yyyy-MM-dd}T00:00:00Z", $"{from.AddDays(5):yyyy-MM-dd}T00:00:00Z", zone);

        var expected = quarters.GroupBy(quarter => TimeZoneInfo.ConvertTime(quarter, local).Date).Select(day => (day.Min(), day.LongCount()));
        Assert.Equal(expected, series.Select(interval => (Time(interval.Text("from")), interval.Number("value"))));
    }

    [Fact]
    public async Task Weeks_begin_on_monday_and_months_on_their_first_and_the_ends_are_cut()
    {
        var tenant = await app.NewChatTenantAsync();
        string[] times = ["2026-02-28T22:45:00Z", "2026-02-28T23:00:00Z", "2026-03-01T22:45:00Z", "2026-03-01T23:00:00Z", "2026-03-31T21:45:00Z", "2026-03-31T22:00:00Z"];
        await app.CountAsync(tenant, times.Select(time => (Time(time), Counted.Conversations)));

        var months = await AnalyticsApp.SeriesAsync(tenant, "conversations", "month", "2026-02-15", "2026-04-02T10:15:00Z", "Europe/Berlin");
        var weeks = await AnalyticsApp.SeriesAsync(tenant, "conversations", "week", "2026-02-25", "2026-03-04", "Europe/Berlin");

        Assert.Equal(
            [("2026-02-14T23:00:00.000Z", 1), ("2026-02-28T23:00:00.000Z", 4), ("2026-03-31T22:00:00.000Z", 1)],
            months.Select(interval => (interval.Text("from"), (int)interval.Number("value"))));
        Assert.Equal("2026-04-02T10:15:00.000Z", months[^1].Text("to"));
        Assert.Equal(
            [("2026-02-24T23:00:00.000Z", 3), ("2026-03-01T23:00:00.000Z", 1)],
            weeks.Select(interval => (interval.Text("from"), (int)interval.Number("value"))));
    }

    [Theory]
    [InlineData("hour", 24)]
    [InlineData("day", 30)]
    [InlineData("week", 12)]
    [InlineData("month", 12)]
    public async Task Without_times_the_interval_that_is_now_is_the_last(string interval, int count)
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-06T21:59:59Z");
        await tenant.SayAsync(new { external_session_id = "a", text = "1", reply = "none" });

        var series = await tenant.GetAsync($"/api/v1/analytics/timeseries?metric=conversations&interval={interval}&time_zone=Europe/Berlin");

        var data = series["data"]!.AsArray();
        Assert.Equal(count, data.Count);
        Assert.Equal(1, data[^1]!.Number("value"));
        Assert.Equal((interval, "conversations", "Europe/Berlin"), (series.Text("interval"), series.Text("metric"), series.Text("time_zone")));
        Assert.Equal((data[0]!.Text("from"), data[^1]!.Text("to")), (series.Text("from"), series.Text("to")));
    }

    [Fact]
    public async Task A_date_is_its_first_moment_in_the_time_zone()
    {
        var tenant = await app.NewChatTenantAsync();

        var overview = await AnalyticsApp.OverviewAsync(tenant, "2026-03-29", "2026-03-30", "Europe/Berlin");

        Assert.Equal(("2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"), (overview.Text("from"), overview.Text("to")));
    }

    [Theory]
    [InlineData("containment", "conversations")]
    [InlineData("handovers", "conversations")]
    [InlineData("first_response", "first_response")]
    [InlineData("runs", "runs")]
    [InlineData("run_time", "runs")]
    [InlineData("ratings", "ratings")]
    [InlineData("categories", "categories")]
    [InlineData("suggestions", "suggestions")]
    [InlineData("tokens", "tokens")]
    [InlineData("cost", "tokens")]
    public async Task Each_metric_shows_its_main_number_and_the_overviews_figures(string metric, string figures)
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-05-04T10:00:00Z");
        await app.CountAsync(
            tenant,
            from name in new[]
            {
                Counted.Conversations, Counted.Handovers, Counted.RunsReplied, Counted.RunsFailed, "rating/4", "category/a", Counted.SuggestionsAccepted,
                Counted.InputTokens, Counted.OutputTokens, Counted.Cost, "run_time/step/20", "first_response/step/20",
            }
            select (Time("2026-05-04T10:00:00Z"), name));

        var series = await AnalyticsApp.SeriesAsync(tenant, metric, "day", "2026-05-04", "2026-05-06");
        var overview = await AnalyticsApp.OverviewAsync(tenant, "2026-05-04", "2026-05-05");

        Assert.Equal(["from", "to", "value", figures], series[0].AsObject().Select(member => member.Key));
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(overview[figures], series[0][figures]));
        var value = series[0]["value"]!.GetValue<decimal>();
        Assert.Equal(metric switch { "runs" or "tokens" => 2m, "ratings" => 4m, "first_response" or "run_time" => 5.8m, _ => 1m }, value);
        Assert.Contains(series[1]["value"]?.GetValue<decimal>(), new decimal?[] { null, 0 });
    }

    [Theory]
    [InlineData("timeseries", "", "metric")]
    [InlineData("timeseries", "metric=nothing", "metric")]
    [InlineData("timeseries", "metric=runs&interval=minute", "interval")]
    [InlineData("timeseries", "metric=runs&time_zone=Europe/Atlantis", "time_zone")]
    [InlineData("overview", "time_zone=Europe", "time_zone")]
    [InlineData("overview", "time_zone=../../etc/passwd", "time_zone")]
    [InlineData("overview", "time_zone=right/Europe/Berlin", "time_zone")]
    [InlineData("overview", "time_zone=leapseconds", "time_zone")]
    [InlineData("overview", "from=yesterday", "from")]
    [InlineData("overview", "from=2026-05-04T10:10:00Z", "from")]
    [InlineData("overview", "to=2026-05-04T10:15:00.001Z", "to")]
    [InlineData("overview", "from=2026-02-30", "from")]
    [InlineData("overview", "from=1979-12-31", "from")]
    [InlineData("overview", "to=2201-01-01", "to")]
    [InlineData("overview", "from=2026-05-04&to=2026-05-04", "from")]
    [InlineData("overview", "from=2026-05-05&to=2026-05-04", "from")]
    [InlineData("overview", "metric=runs", "metric")]
    public async Task What_cannot_be_reported_is_refused(string report, string query, string field)
    {
        var tenant = await app.NewChatTenantAsync();

        var problem = await tenant.GetAsync($"/api/v1/analytics/{report}?{query}", HttpStatusCode.UnprocessableEntity);

        Assert.Equal("validation_failed", problem.Text("code"));
        Assert.NotNull(problem["errors"]![field]);
    }

    [Theory]
    [InlineData("overview?from=2020-01-01&to=2025-01-01", true)]
    [InlineData("overview?from=2020-01-01&to=2025-01-02", false)]
    [InlineData("overview?from=1980-01-01&to=1980-01-02", true)]
    [InlineData("overview?from=2200-12-30&to=2200-12-31", true)]
    [InlineData("timeseries?metric=runs&interval=hour&from=2026-01-01T00:00:00Z&to=2026-07-28T08:00:00Z", true)]
    [InlineData("timeseries?metric=runs&interval=hour&from=2026-01-01T00:00:00Z&to=2026-07-28T08:15:00Z", false)]
    public async Task There_is_a_most_that_is_reported_at_once(string report, bool isTaken)
    {
        var tenant = await app.NewChatTenantAsync();

        var answer = await tenant.GetAsync($"/api/v1/analytics/{report}", isTaken ? HttpStatusCode.OK : HttpStatusCode.UnprocessableEntity);

        Assert.Equal(isTaken, answer["errors"] is null);
        Assert.Equal(report.Contains("hour", StringComparison.Ordinal) && isTaken ? 5_000 : 0, answer["data"]?.AsArray().Count ?? 0);
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
