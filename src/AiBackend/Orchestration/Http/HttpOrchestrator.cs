using System.Diagnostics;
using AiBackend.Ai;
using AiBackend.Http;

namespace AiBackend.Orchestration.Http;

/// <summary>
/// Has messages answered by a service of the client's or the operator's: one POST per run, answered whole or as a stream. The
/// protocol is in <c>docs/guides/orchestrator.md</c>.
/// </summary>
internal sealed partial class HttpOrchestrator(
    OrchestratorCalls calls,
    HttpOrchestratorOptions options,
    UpstreamPipelines pipelines,
    TimeProvider clock,
    ILogger<HttpOrchestrator> logger) : IOrchestrator
{
    private const string Model = "http";
    private const string Purpose = "reply";

    public IAsyncEnumerable<AnswerPart> AnswerAsync(AnswerRequest request, CancellationToken ct) =>
        PartStream.Of((tell, token) => AnswerAsync(request, tell, token), ct);

    private async Task AnswerAsync(AnswerRequest request, Func<AnswerPart, ValueTask> tell, CancellationToken ct)
    {
        var address = AddressFor(request);
        using var span = Tracing.Source.StartActivity("orchestrator.ask", ActivityKind.Client);
        using var total = new CancellationTokenSource(options.TotalLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, total.Token);
        var asking = new Asking(tell, ct);
        AnswerPart answer;
        try
        {
            answer = await pipelines.SendAsync(
                OrchestratorCalls.Server, address.Url, options.Policy, token => TryAsync(request, address, asking, token), either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Failed(request, asking, OrchestratorCalls.TimedOut(), span);
        }
        catch (UpstreamException error)
        {
            throw Failed(request, asking, error, span);
        }

        await tell(answer);
    }

    private async Task<AnswerPart> TryAsync(
        AnswerRequest request, OrchestratorAddress address, Asking asking, CancellationToken ct)
    {
        await asking.BeginAsync(Model, Purpose);
        var started = clock.GetTimestamp();
        var outcome = "completed";
        TokenUsage? usage = null;
        try
        {
            var answer = await calls.AskAsync(request, address, asking.TellAsync, ct);
            usage = (answer as AnswerPart.Completed)?.Usage ?? (answer as AnswerPart.HandOver)?.Usage;
            return answer;
        }
        catch (UpstreamException error)
        {
            outcome = CodeOf(error);
            throw;
        }
        catch (OperationCanceledException)
        {
            outcome = CodeOf(OrchestratorCalls.TimedOut());
            throw;
        }
        finally
        {
            if (!asking.Caller.IsCancellationRequested)
            {
                await asking.TellAsync(new AnswerPart.ResponseReceived(
                    Model, Purpose, asking.Tries, outcome, clock.GetElapsedTime(started), usage));
            }
        }
    }

    private OrchestratorAddress AddressFor(AnswerRequest request) =>
        request.Settings.Chat.OrchestratorUrl is { } named ? new OrchestratorAddress(new Uri(named), IsGuarded: true)
        : options.Url is { } own ? new OrchestratorAddress(own, IsGuarded: false)
        : throw new OrchestrationException("orchestrator_missing", "No orchestrator is set: neither in settings.chat.orchestrator_url nor by the operator.");

    private OrchestrationException Failed(AnswerRequest request, Asking asking, UpstreamException error, Activity? span)
    {
        LogFailed(request.RunId, asking.Tries, error.Failure, error.Status);
        span?.SetStatus(ActivityStatusCode.Error, error.Message);
        return new OrchestrationException(CodeOf(error), error.Message);
    }

    private static string CodeOf(UpstreamException error) =>
        error.Failure == UpstreamFailure.Invalid ? "orchestrator_invalid" : error.Code("orchestrator");

    [LoggerMessage(LogLevel.Error, "The orchestrator gave no answer for run {RunId} in {Tries} tries: {Failure}, status {Status}")]
    private partial void LogFailed(string runId, int tries, UpstreamFailure failure, int? status);

    /// <summary>What was told so far: a further try takes it back.</summary>
    private sealed class Asking(Func<AnswerPart, ValueTask> tell, CancellationToken caller)
    {
        private bool hasText;
        private bool hasSources;

        public CancellationToken Caller => caller;

        public int Tries { get; private set; }

        public async ValueTask BeginAsync(string model, string purpose)
        {
            Tries++;
            if (hasText)
            {
                await tell(new AnswerPart.Reset());
            }

            if (hasSources)
            {
                await tell(new AnswerPart.Sources([]));
            }

            (hasText, hasSources) = (false, false);
            await tell(new AnswerPart.RequestSent(model, purpose, Tries));
        }

        public ValueTask TellAsync(AnswerPart part)
        {
            hasText |= part is AnswerPart.Delta;
            hasSources |= part is AnswerPart.Sources;
            return tell(part);
        }
    }
}
