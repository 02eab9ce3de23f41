using System.Text;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Runs;

/// <summary>Does a run: asks for the answer, streams it into storage, ends the run in one commit.</summary>
internal sealed partial class RunHandler(
    DocumentStore store,
    ClientDirectory clients,
    Orchestrators orchestrators,
    RunCommits commits,
    TimeProvider clock,
    ILogger<RunHandler> logger) : IWorkHandler<Run>
{
    /// <summary>Unexpected exceptions before a run fails.</summary>
    private const int MaxFailures = 5;

    /// <summary>Times that a run is taken up, crashes of the process included, before it fails.</summary>
    private const int MaxAttempts = 20;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);

    public async Task HandleAsync(Run work, CancellationToken ct)
    {
        // Not to be stopped here: a run that is cancelled while this is read would be left alone until its lease ends.
        var documents = store.For(work.ClientId);
        var question = await documents.FindAsync<Message>(work.MessageId, CancellationToken.None);
        var session = await documents.FindAsync<Session>(work.SessionId, CancellationToken.None);
        var client = await clients.FindAsync(work.ClientId, CancellationToken.None);
        if (question is null || session is null || client is null)
        {
            throw new LeaseLostException(work.Id);
        }

        var settings = client.Settings;
        if (work.CancelRequested || question.DeletedAt is not null)
        {
            await EndAsync(work, new RunBatch(), new RunEnd.Cancelled(), settings.Chat);
        }
        else if (work.Attempts > MaxAttempts)
        {
            await EndAsync(work, new RunBatch(), GivenUp(), settings.Chat);
        }
        else
        {
            var turns = await MessageHistory.LoadAsync(
                documents, session, question, work.ReplyParentId, settings.Chat.HistoryMessages, CancellationToken.None);
            await AnswerAsync(work, RequestOf(work, session, question, turns, settings), ct);
        }
    }

    public async Task AbandonAsync(Run work, Exception error, CancellationToken ct)
    {
        if (work.Attempts >= MaxFailures)
        {
            var client = await clients.FindAsync(work.ClientId, ct) ?? throw new LeaseLostException(work.Id);
            await EndAsync(work, new RunBatch(), GivenUp(), client.Settings.Chat);
            return;
        }

        var due = clock.GetUtcNow() + (FirstBackoff * Math.Pow(2, work.Attempts - 1));
        await store.For(work.ClientId).CommitAsync(
            async transaction =>
            {
                await transaction.UpdateAsync<Run>(work.Id, stored => Leases.RequireHeld(stored, work) with { DueAt = due });
            },
            ct);
    }

    private async Task AnswerAsync(Run work, AnswerRequest request, CancellationToken ct)
    {
        var writer = new RunWriter(commits, work, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writing = StopOnFailureAsync(writer.WriteAsync(), stop);
        RunEnd? end = null;
        try
        {
            end = await AskAsync(work, request, writer, stop.Token);
        }
        catch (OrchestrationException failure) when (!stop.IsCancellationRequested)
        {
            LogFailed(failure, work.Id, failure.Code);
            end = new RunEnd.Failed(new RunError(failure.Code, failure.Detail));
        }
        catch (Exception) when (ct.IsCancellationRequested && !writing.IsFaulted)
        {
            // Whatever came of being stopped: what counts is why.
            if (!await IsCancelRequestedAsync(work))
            {
                ct.ThrowIfCancellationRequested();
            }

            end = new RunEnd.Cancelled();
        }
        finally
        {
            writer.Close();
            await writing;
        }

        await EndAsync(work, writer.Take(), end, request.Settings.Chat);
    }

    private async Task<RunEnd> AskAsync(Run work, AnswerRequest request, RunWriter writer, CancellationToken ct)
    {
        var streamed = new StringBuilder();
        await foreach (var part in orchestrators.For(request.Settings).AnswerAsync(request, ct).WithCancellation(ct))
        {
            switch (part)
            {
                case AnswerPart.Sources sources:
                    writer.Add(StreamTypes.RunCitations, RawJson.Of(new CitationsData(sources.Items), WireJson.Options));
                    break;
                case AnswerPart.Delta delta:
                    streamed.Append(delta.Text);
                    writer.AddText(delta.Text);
                    break;
                case AnswerPart.Reset:
                    streamed.Clear();
                    writer.Reset(RawJson.Of(new ResetData(work.Attempts), WireJson.Options));
                    break;
                case AnswerPart.RequestSent sent:
                    writer.Add(AiEvent.Of(work, sent));
                    break;
                case AnswerPart.ResponseReceived received:
                    writer.Add(AiEvent.Of(work, received));
                    break;
                case AnswerPart.Completed completed:
                    Even(work, writer, streamed.ToString(), completed.Text);
                    return new RunEnd.Answered(completed);
                case AnswerPart.HandOver handOver when request.MayHandOver:
                    return new RunEnd.HandedOver(handOver.Reason, handOver.Usage);
                default:
                    throw new InvalidOperationException($"An answer to {work.Id} may not hold {part.GetType().Name}.");
            }
        }

        throw new InvalidOperationException($"The answer to {work.Id} has no end.");
    }

    /// <summary>Makes the stream add up to the stored text, also where an orchestrator gives its answer in one piece.</summary>
    private static void Even(Run work, RunWriter writer, string streamed, string text)
    {
        if (!text.StartsWith(streamed, StringComparison.Ordinal))
        {
            writer.Reset(RawJson.Of(new ResetData(work.Attempts), WireJson.Options));
            streamed = string.Empty;
        }

        if (text.Length > streamed.Length)
        {
            writer.AddText(text[streamed.Length..]);
        }
    }

    private static async Task StopOnFailureAsync(Task writing, CancellationTokenSource stop)
    {
        try
        {
            await writing;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task<bool> IsCancelRequestedAsync(Run work) =>
        await store.For(work.ClientId).FindAsync<Run>(work.Id, CancellationToken.None) is { CancelRequested: true };

    private async Task EndAsync(Run work, RunBatch rest, RunEnd end, ChatSettings settings)
    {
        // The work is done; being told to stop now would only mean to do it again.
        var run = await commits.EndAsync(work, rest, end, settings, CancellationToken.None);
        LogEnded(run.Id, run.Status, run.Outcome, run.Attempts);
    }

    private static RunEnd.Failed GivenUp() =>
        new(new RunError("internal_error", "The run failed unexpectedly several times and was given up."));

    private static AnswerRequest RequestOf(
        Run work, Session session, Message question, IReadOnlyList<Turn> turns, ClientSettings settings) => new()
        {
            ClientId = work.ClientId,
            Settings = settings,
            RunId = work.Id,
            SessionId = session.Id,
            ExternalSessionId = session.ExternalId,
            TraceId = work.TraceId,
            Attempt = work.Attempts,
            Message = MessageHistory.TurnOf(question),
            History = turns,
            MayHandOver = work.Reply is ReplyMode.Auto,
            Data = question.Data,
        };

    [LoggerMessage(LogLevel.Warning, "Run {RunId} failed with {Code}")]
    private partial void LogFailed(Exception failure, string runId, string code);

    [LoggerMessage(LogLevel.Information, "Run {RunId} ended as {Status} {Outcome} at attempt {Attempt}")]
    private partial void LogEnded(string runId, RunStatus status, RunOutcome? outcome, int attempt);
}
