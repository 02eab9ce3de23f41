using AiBackend.Orchestration;
using AiBackend.Orchestration.Http;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Orchestration;

/// <summary>How long an orchestrator is waited for, and that nothing runs on when nobody waits.</summary>
public sealed class HttpOrchestratorTimeTests
{
    private readonly PartRecord<AnswerPart> parts = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silence_ends_at_the_limit()
    {
        await using var host = await HttpHost.StartAsync(Once);
        host.Server.Default = ScriptedOrchestrator.Silence;
        var failing = FailAsync(host);
        var request = await host.Server.NextRequestAsync(Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(59.9));
        Assert.False(request.Aborted.IsCompleted);
        host.Clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal("orchestrator_timeout", (await failing).Code);
        await request.Aborted.WaitAsync(Ct);
    }

    [Fact]
    public async Task A_pause_ends_at_the_limit()
    {
        await using var host = await HttpHost.StartAsync(Once);
        host.Server.Default = ScriptedOrchestrator.Stall(("delta", new { text = "Ret" }));
        var failing = FailAsync(host);
        await parts.UntilAsync<AnswerPart.Delta>(1, Ct);
        await host.Clock.UntilArmedAsync(TimeSpan.FromSeconds(30), 2, Ct); // before the delta, after it

        host.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal("orchestrator_timeout", (await failing).Code);
    }

    [Fact]
    public async Task The_whole_answer_has_a_limit()
    {
        await using var host = await HttpHost.StartAsync(options => Once(options) with { TotalLimit = TimeSpan.FromSeconds(20) });
        host.Server.Default = ScriptedOrchestrator.Silence;
        var failing = FailAsync(host);
        await host.Server.NextRequestAsync(Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal("orchestrator_timeout", (await failing).Code);
    }

    [Fact]
    public async Task Cancelling_ends_the_request_upstream()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Default = ScriptedOrchestrator.Stall(("delta", new { text = "Ret" }));
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var asking = AskAsync(host, cancellation.Token);
        var request = await host.Server.NextRequestAsync(Ct);
        await parts.UntilAsync<AnswerPart.Delta>(1, Ct);

        await cancellation.CancelAsync();

        await request.Aborted.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task A_reader_that_stops_reading_ends_the_request_upstream()
    {
        await using var host = await HttpHost.StartAsync();
        host.Server.Default = ScriptedOrchestrator.Stall(("delta", new { text = "Ret" }));

        await foreach (var part in host.Orchestrator.AnswerAsync(Questions.Ask("Hi?"), Ct))
        {
            if (part is AnswerPart.Delta)
            {
                break;
            }
        }

        await host.Server.Requests[0].Aborted.WaitAsync(TimeSpan.FromSeconds(10), Ct);
    }

    private static HttpOrchestratorOptions Once(HttpOrchestratorOptions options) =>
        options with { Policy = options.Policy with { Tries = 1 } };

    private Task<IReadOnlyList<AnswerPart>> AskAsync(HttpHost host, CancellationToken ct) =>
        host.Orchestrator.AllAsync(Questions.Ask("Can I return boots?"), parts, ct);

    private Task<OrchestrationException> FailAsync(HttpHost host) =>
        Assert.ThrowsAsync<OrchestrationException>(() => AskAsync(host, Ct));
}
