using System.Text.Json.Nodes;
using AiBackend.Chat.Analytics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Chat;

/// <summary>The service with answers that tests write, at the times that they choose.</summary>
public sealed class AnalyticsApp : ChatApp
{
    private readonly JumpingClock clock = new();

    public override FakeTimeProvider Clock => clock;

    internal static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Makes it this time, without what would have happened in between.</summary>
    internal DateTimeOffset At(string time) => clock.Jump(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));

    internal void Later(TimeSpan time) => clock.Jump(clock.GetUtcNow() + time);

    /// <summary>Counts as the service does, but for any time, and so in numbers that nobody could post.</summary>
    internal Task CountAsync(ChatTenant tenant, IEnumerable<(DateTimeOffset At, string Name)> things) => tenant.Documents.CommitAsync(
        async transaction =>
        {
            foreach (var (at, name) in things)
            {
                await Services.GetRequiredService<AnalyticsLog>().AddAsync(transaction, name, at, new Tally().Add(name));
            }
        },
        Ct);

    internal static Task<JsonNode> OverviewAsync(ChatTenant tenant, string from, string to, string zone = "UTC") =>
        tenant.GetAsync($"/api/v1/analytics/overview?from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}&time_zone={zone}");

    internal static async Task<IReadOnlyList<JsonNode>> SeriesAsync(
        ChatTenant tenant, string metric, string interval, string from, string to, string zone = "UTC") =>
        (await tenant.GetAsync(
            $"/api/v1/analytics/timeseries?metric={metric}&interval={interval}&from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}&time_zone={zone}"))
        ["data"]!.AsArray().Select(node => node!).ToList();

    internal static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"{expected} was expected, not {actual?.ToJsonString()}");

    private sealed class JumpingClock : FakeTimeProvider
    {
        private long ticks;

        public DateTimeOffset Jump(DateTimeOffset to)
        {
            Interlocked.Add(ref ticks, (to - GetUtcNow()).Ticks);
            return to;
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref ticks));
    }
}
