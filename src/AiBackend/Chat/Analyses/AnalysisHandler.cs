using AiBackend.Ai;
using AiBackend.Chat.Analytics;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Analyses;

/// <summary>Does an analysis, and stores what came of it with its event in one commit.</summary>
internal sealed partial class AnalysisHandler(
    DocumentStore store,
    ClientDirectory clients,
    Analyzers analyzers,
    ChatEvents events,
    UsageLog usage,
    AnalyticsLog analytics,
    TimeProvider clock,
    ILogger<AnalysisHandler> logger) : IWorkHandler<Analysis>
{
    /// <summary>Unexpected exceptions before an analysis fails.</summary>
    private const int MaxFailures = 5;

    /// <summary>Times that an analysis is taken up, crashes of the process included, before it fails.</summary>
    private const int MaxAttempts = 20;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);

    public async Task HandleAsync(Analysis work, CancellationToken ct)
    {
        var documents = store.For(work.ClientId);
        var message = await documents.FindAsync<Message>(work.MessageId, ct);
        var client = await clients.FindAsync(work.ClientId, ct);
        if (message is null || client is null)
        {
            throw new LeaseLostException(work.Id);
        }

        if (work.Attempts > MaxAttempts)
        {
            await EndAsync(work, used: null, stored => Failed(stored, GivenUp()));
            return;
        }

        if (analyzers.TakesTime(work.Type))
        {
            await BeginAsync(work, ct);
        }

        var tally = new TokenTally();
        try
        {
            var result = await analyzers.RunAsync(work.Type, message.Text, client.Settings, tally, ct);
            await EndAsync(work, tally.Total, stored => Completed(stored, result));
        }
        catch (AnalysisFailedException failure)
        {
            await EndAsync(work, tally.Total, stored => Failed(stored, new AnalysisError(failure.Code, failure.Message)));
        }
        catch (UpstreamException failure)
        {
            var server = analyzers.AsksModel(work.Type) ? "model" : "embedding";
            await EndAsync(work, tally.Total, stored => Failed(stored, new AnalysisError(failure.Code(server), failure.Message)));
        }
    }

    public async Task AbandonAsync(Analysis work, Exception error, CancellationToken ct)
    {
        if (work.Attempts >= MaxFailures)
        {
            await EndAsync(work, used: null, stored => Failed(stored, GivenUp()));
            return;
        }

        var due = clock.GetUtcNow() + (FirstBackoff * Math.Pow(2, work.Attempts - 1));
        await store.For(work.ClientId).CommitAsync(
            transaction => transaction.UpdateAsync<Analysis>(work.Id, stored => Leases.RequireHeld(stored, work) with { DueAt = due }), ct);
    }

    private Task<Analysis> BeginAsync(Analysis work, CancellationToken ct) => store.For(work.ClientId).CommitAsync(
        async transaction => await transaction.UpdateAsync<Analysis>(
            work.Id,
            stored => Leases.RequireHeld(stored, work) with { Status = AnalysisStatus.Running, UpdatedAt = clock.GetUtcNow() })
            ?? throw new LeaseLostException(work.Id),
        ct);

    // The work is done; being told to stop now would only mean to do it again.
    private async Task EndAsync(Analysis work, ModelUsage? used, Func<Analysis, Analysis> end)
    {
        var place = used is null ? default : await usage.PlaceAsync(work.ClientId, work.SessionId, CancellationToken.None);
        var ended = await store.For(work.ClientId).CommitAsync(
            async transaction =>
            {
                var session = await transaction.UpdateAsync<Session>(work.SessionId, stored => stored.Raised(1))
                    ?? throw new LeaseLostException(work.Id);
                var stored = await transaction.UpdateAsync<Analysis>(
                    work.Id,
                    stored => end(Leases.RequireHeld(stored, work)) with
                    {
                        Usage = used is null ? null : new TokenUsage(used.InputTokens, used.OutputTokens, Cost: null),
                        DueAt = null,
                        UpdatedAt = clock.GetUtcNow(),
                    }) ?? throw new LeaseLostException(work.Id);
                if (used is not null)
                {
                    await UsageLog.AddAsync(
                        transaction, place, new UsageCounts { InputTokens = used.InputTokens, OutputTokens = used.OutputTokens });
                }

                await analytics.CountAsync(transaction, stored);
                await events.AppendAsync(transaction, session, work.TraceId, [ChatEvent.Of(EventTypes.ChatMessageAnalyzed, stored)]);
                transaction.Signal(Analysis.EndTopic(work.MessageId));
                return stored;
            },
            CancellationToken.None);
        LogEnded(ended.Id, ended.Type, ended.Status, ended.Error?.Code, ended.Attempts);
    }

    private static Analysis Completed(Analysis analysis, AnalysisResult result) => analysis with
    {
        Status = AnalysisStatus.Completed,
        Data = result.Data,
        Confidence = result.Confidence is { } confidence ? Math.Round(Math.Clamp(confidence, 0, 1), 3) : null,
        Model = result.Model,
    };

    private static Analysis Failed(Analysis analysis, AnalysisError error) =>
        analysis with { Status = AnalysisStatus.Failed, Error = error };

    private static AnalysisError GivenUp() =>
        new("internal_error", "The analysis failed unexpectedly several times and was given up.");

    [LoggerMessage(LogLevel.Information, "Analysis {AnalysisId} of {Type} ended as {Status} {Code} at attempt {Attempt}")]
    private partial void LogEnded(string analysisId, AnalysisType type, AnalysisStatus status, string? code, int attempt);
}
