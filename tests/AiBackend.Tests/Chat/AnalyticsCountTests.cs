using System.Text.Json.Nodes;
using AiBackend.Chat.Analytics;
using AiBackend.Chat.Feedback;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Suggestions;
using AiBackend.Documents;
using AiBackend.Tests.Chat.Model;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Chat;

/// <summary>The numbers are those that counting again gives.</summary>
public sealed class AnalyticsCountTests(AnalyticsApp app) : IClassFixture<AnalyticsApp>
{
    private static CancellationToken Ct => AnalyticsApp.Ct;

    [Fact]
    public async Task Whatever_happens_at_once_the_numbers_are_those_of_a_recount()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-06-01T10:00:00Z");
        var words = new ScriptedWords();
        app.Answers.Set(tenant.ClientId, words.AnswerAsync);

        await SessionAction.Any.Array[30].Array[8].SampleAsync(
            callers => SessionCallers.ActAsync(tenant, words, sessionCount: 4, callers), iter: 1, threads: 1);

        var overview = await AnalyticsApp.OverviewAsync(tenant, "2026-06-01", "2026-06-02");
        var (conversations, handedOver, handovers, answered) = (0, 0, 0, 0);
        foreach (var session in await tenant.Documents.ListAsync(Query.Of<AiBackend.Chat.Sessions.Session>(), Ct))
        {
            var events = await tenant.EventsAsync(session.Id);
            var times = events.Count(type => type == "chat.session.handed_over");
            var messages = (await tenant.Documents.ListAsync(
                Query.Of<AiBackend.Chat.Messages.Message>().Equal(message => message.SessionId, session.Id).Ascending(message => message.Position), Ct)).ToList();
            var asked = messages.FindIndex(message => message.Role is AiBackend.Chat.Messages.MessageRole.User);
            conversations += asked >= 0 ? 1 : 0;
            handedOver += asked >= 0 && times > 0 ? 1 : 0;
            handovers += times;
            answered += asked >= 0 && messages.Skip(asked).Any(message =>
                message.Role is AiBackend.Chat.Messages.MessageRole.Agent
                || message is { Role: AiBackend.Chat.Messages.MessageRole.Assistant, Category: AiBackend.Chat.Messages.MessageCategory.Message }) ? 1 : 0;
        }

        Assert.Equal((conversations, handedOver, handovers), Numbers(overview["conversations"]!, "count", "handed_over", "handovers"));
        Assert.Equal(answered, overview["first_response"]!.Number("count"));
        var runs = await tenant.Documents.ListAsync(Query.Of<Run>(), Ct);
        Assert.Equal(
            (Count(run => run.Outcome is RunOutcome.Replied), Count(run => run.Outcome is RunOutcome.Suggested), Count(run => run.Outcome is RunOutcome.HandedOver)),
            Numbers(overview["runs"]!, "replied", "suggested", "handed_over"));
        Assert.Equal(
            (Count(run => run.Status is RunStatus.Failed), Count(run => run.Status is RunStatus.Cancelled), Count(run => run is { Status: RunStatus.Completed, StartedAt: not null })),
            (overview["runs"]!.Number("failed"), overview["runs"]!.Number("cancelled"), overview["runs"]!["time"]!.Number("count")));
        Assert.Equal(
            (runs.Sum(run => run.Usage?.InputTokens ?? 0), runs.Sum(run => run.Usage?.OutputTokens ?? 0)),
            (overview["tokens"]!.Number("input_tokens"), overview["tokens"]!.Number("output_tokens")));
        var suggestions = await tenant.Documents.ListAsync(Query.Of<Suggestion>(), Ct);
        Assert.Equal(
            (suggestions.Count, suggestions.Count(one => one.Status is SuggestionStatus.Accepted), suggestions.Count(one => one.Status is SuggestionStatus.Rejected)),
            Numbers(overview["suggestions"]!, "created", "accepted", "rejected"));
        Assert.True(conversations > 0 && runs.Count > 20);

        int Count(Func<Run, bool> condition) => runs.Count(condition);
    }

    [Fact]
    public async Task Ratings_that_many_give_and_take_back_at_once_add_up()
    {
        var tenant = await app.NewChatTenantAsync();
        app.At("2026-06-01T10:00:00Z");
        var messages = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            messages.Add((await tenant.SayAsync(new { external_session_id = $"{i}", text = "1", reply = "none" }))["message"]!.Text("id"));
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => RateAsync(tenant, messages, new Random(worker))));

        var ratings = (await tenant.Documents.ListAsync(Query.Of<MessageFeedback>(), Ct)).CountBy(feedback => feedback.Rating).ToDictionary();
        var counted = (await AnalyticsApp.OverviewAsync(tenant, "2026-06-01", "2026-06-02"))["ratings"]!;
        Assert.Equal(
            Enumerable.Range(1, 5).Select(rating => (long)ratings.GetValueOrDefault(rating)),
            counted["distribution"]!.AsArray().Select(one => one!.Number("count")));
        Assert.NotEmpty(ratings);
    }

    [Fact]
    public async Task Percentiles_are_within_five_per_cent_of_a_recount()
    {
        var tenant = await app.NewChatTenantAsync();
        var random = new Random(7);
        var times = Enumerable.Range(0, 2_000).Select(_ => (long)Math.Exp(random.NextDouble() * 11)).Concat([0, 1, 3]).Order().ToList();
        var log = app.Services.GetRequiredService<AnalyticsLog>();
        var start = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                foreach (var (i, time) in times.Index())
                {
                    await log.AddAsync(transaction, $"{i % 5}", start.AddMinutes(random.Next(300)), new Tally().Count(Counted.RunTime, TimeSpan.FromMilliseconds(time)));
                }
            },
            Ct);

        var figures = (await AnalyticsApp.OverviewAsync(tenant, "2026-06-01", "2026-06-02"))["runs"]!["time"]!;

        Assert.Equal(times.Count, figures.Number("count"));
        Assert.Equal(times.Average(), figures["average_ms"]!.GetValue<double>(), tolerance: .06);
        foreach (var (name, part) in new[] { ("p50_ms", .5), ("p95_ms", .95) })
        {
            var exact = times[(int)Math.Ceiling(times.Count * part) - 1];
            Assert.InRange(figures[name]!.GetValue<double>(), exact * .95, exact * 1.05);
        }
    }

    [Fact]
    public void Every_time_is_found_again_within_five_per_cent()
    {
        for (var milliseconds = 0L; milliseconds < 10_000_000; milliseconds += 1 + (milliseconds / 37))
        {
            var found = TimeHistogram.Read(new Tally().Count("t", TimeSpan.FromMilliseconds(milliseconds)), "t");

            Assert.InRange(found.P50Ms!.Value, (milliseconds * .95) - .05, (milliseconds * 1.05) + .05);
            Assert.Equal((double)milliseconds, found.AverageMs);
        }
    }

    [Fact]
    public async Task Days_that_are_over_are_folded_without_a_change_and_still_counted_for()
    {
        var tenant = await app.NewChatTenantAsync();
        var first = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
        var random = new Random(3);
        string[] names = [Counted.Conversations, Counted.RunsReplied, "rating/5", "category/Größe $1.x", "run_time/step/30"];
        await app.CountAsync(tenant, Enumerable.Range(0, 600).Select(_ => (first.AddMinutes(random.Next(3 * 24 * 60)), names[random.Next(names.Length)])));
        var before = await SeriesAsync(tenant);
        app.At("2026-06-03T06:00:00Z");

        await app.Services.GetRequiredService<AnalyticsFolding>().SweepAsync(Ct);

        Assert.True(JsonNode.DeepEquals(before, await SeriesAsync(tenant)));
        var left = await tenant.Documents.ListAsync(Query.Of<AnalyticsBucket>(), Ct);
        Assert.All(left, bucket => Assert.Equal(3, bucket.From.Day));
        Assert.NotEmpty(left);
        Assert.Equal(2, (await tenant.Documents.ListAsync(Query.Of<AnalyticsDay>(), Ct)).Count);

        await app.CountAsync(tenant, [(first.AddHours(1), Counted.Conversations), (first.AddHours(1), Counted.Conversations)]);
        var more = await SeriesAsync(tenant);
        await app.Services.GetRequiredService<AnalyticsFolding>().SweepAsync(Ct);

        Assert.Equal(before[0]![1]!.Number("value") + 2, more[0]![1]!.Number("value"));
        Assert.True(JsonNode.DeepEquals(more, await SeriesAsync(tenant)));
        Assert.DoesNotContain(await tenant.Documents.ListAsync(Query.Of<AnalyticsBucket>(), Ct), bucket => bucket.From.Day < 3);
    }

    private static async Task<JsonNode> SeriesAsync(ChatTenant tenant)
    {
        var all = new JsonArray();
        foreach (var metric in new[] { "conversations", "runs", "run_time", "ratings", "categories" })
        {
            all.Add((await tenant.GetAsync($"/api/v1/analytics/timeseries?metric={metric}&interval=hour&from=2026-06-01&to=2026-06-04"))["data"]!.DeepClone());
        }

        return all;
    }

    private static async Task RateAsync(ChatTenant tenant, List<string> messages, Random random)
    {
        for (var i = 0; i < 25; i++)
        {
            var given = await tenant.Documents.ListAsync(Query.Of<MessageFeedback>(), Ct);
            using var request = random.Next(4) switch
            {
                0 when given.Count > 0 => new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/feedback/{given[random.Next(given.Count)].Id}"),
                1 when given.Count > 0 => new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/feedback/{given[random.Next(given.Count)].Id}"),
                _ => new HttpRequestMessage(HttpMethod.Post, $"/api/v1/messages/{messages[random.Next(messages.Count)]}/feedback"),
            };
            if (request.Method != HttpMethod.Delete)
            {
                var author = request.Method == HttpMethod.Post ? $", \"author_id\": \"{random.Next(3)}\"" : string.Empty;
                request.Content = new StringContent($"{{\"rating\": {random.Next(1, 6)}{author}}}", System.Text.Encoding.UTF8, "application/json");
            }

            using var answer = await tenant.Http.SendAsync(request, Ct);
            Assert.True(answer.IsSuccessStatusCode || answer.StatusCode is System.Net.HttpStatusCode.NotFound, $"{request.Method}: {answer.StatusCode}");
        }
    }

    private static (long, long, long) Numbers(JsonNode node, string one, string two, string three) => (node.Number(one), node.Number(two), node.Number(three));
}
