using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using AiBackend.Ai;
using AiBackend.Tests.Support;
using Microsoft.Extensions.AI;

namespace AiBackend.Tests.Ai;

public sealed class AiTelemetryTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_model_call_is_a_span_with_its_tokens_and_without_its_texts()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text("Scripted ", "answer."));
        using var run = new Activity("run").Start();

        await AskAsync(host);

        var span = Assert.Single(spans, span => span.TraceId == run.TraceId);
        Assert.Equal("chat scripted-model", span.DisplayName);
        Assert.Equal((11, 7), (span.GetTagItem("gen_ai.usage.input_tokens"), span.GetTagItem("gen_ai.usage.output_tokens")));
        Assert.DoesNotContain(Shown(span), text => text.Contains("How long?") || text.Contains("Scripted answer."));
    }

    [Fact]
    public async Task A_failed_call_is_a_span_for_each_try_without_the_servers_words()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Status(500);
        using var run = new Activity("run").Start();

        await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host));

        var own = spans.Where(span => span.TraceId == run.TraceId).ToList();
        Assert.Equal(3, own.Count);
        Assert.All(own, span => Assert.Equal(ActivityStatusCode.Error, span.Status));
        Assert.DoesNotContain(own.SelectMany(Shown), text => text.Contains("SECRET"));
    }

    [Fact]
    public async Task Tokens_and_durations_are_metered()
    {
        var seen = new ConcurrentDictionary<string, bool>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Meter.Name == "AiBackend")
            {
                meters.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, _, _, _) => seen[instrument.Name] = true);
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => seen[instrument.Name] = true);
        listener.Start();
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text("Scripted answer."));

        await AskAsync(host);

        Assert.Contains("gen_ai.client.token.usage", seen.Keys);
        Assert.Contains("gen_ai.client.operation.duration", seen.Keys);
    }

    private static Task<ModelAnswer> AskAsync(ModelHost host) =>
        host.Model.AskAsync([new ChatMessage(ChatRole.User, "How long?")], null, _ => default, Ct);

    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "AiBackend",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static IEnumerable<string> Shown(Activity span) =>
        span.TagObjects.Select(tag => $"{tag.Value}")
            .Concat(span.Events.SelectMany(one => one.Tags.Select(tag => $"{tag.Value}")))
            .Append(span.StatusDescription ?? "");
}
