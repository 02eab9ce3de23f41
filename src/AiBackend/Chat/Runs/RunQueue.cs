using System.Diagnostics;
using System.Text.Json.Serialization;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Chat.Runs;

/// <summary>The steps that every commit over a session's runs is made of. The session was updated before in the same commit.</summary>
internal static class RunQueue
{
    /// <summary>How long the parts of a stream are kept; after that a reader gets the outcome alone.</summary>
    public static readonly TimeSpan StreamKeep = TimeSpan.FromDays(1);

    /// <summary>Stores a run that the session's queue has taken in (<see cref="Session.Asking"/>).</summary>
    public static async ValueTask<Run> EnqueueAsync(TenantTransaction transaction, Session session, AskedRun asked, DateTimeOffset now)
    {
        var isFirst = session.PendingRunIds[0] == asked.Id;
        var run = new Run
        {
            Id = asked.Id,
            ClientId = session.ClientId,
            SessionId = session.Id,
            MessageId = asked.MessageId,
            Reply = asked.Reply,
            ReplyParentId = asked.ReplyParentId,
            LeafWhenAsked = asked.LeafWhenAsked,
            TraceId = asked.TraceId,
            TraceParent = Activity.Current?.Id,
            DueAt = isFirst ? now : null,
            CreatedAt = now,
        };
        await transaction.InsertAsync(run);
        if (isFirst)
        {
            transaction.SignalWork<Run>();
        }

        return run;
    }

    /// <summary>Stores the last parts of a run's stream, under the numbers that the run has already counted.</summary>
    public static async ValueTask AppendAsync(
        TenantTransaction transaction, Run run, IReadOnlyCollection<PendingPart> parts, DateTimeOffset now)
    {
        var number = run.StreamLength - parts.Count;
        foreach (var part in parts)
        {
            number++;
            await transaction.InsertAsync(new StreamPart
            {
                Id = StreamPart.IdOf(run.Id, number),
                ClientId = run.ClientId,
                SessionId = run.SessionId,
                RunId = run.Id,
                Number = number,
                Type = part.Type,
                Data = part.Data,
                ExpiresAt = now + StreamKeep,
            });
        }

        transaction.Signal(ChatDocuments.StreamTopic(run.Id));
        if (run.HasEnded())
        {
            transaction.Signal(ChatDocuments.EndTopic(run.Id));
        }
    }

    /// <summary>Ends a run that nobody is working on, with the last part of its stream.</summary>
    /// <returns>The run as stored; null when it had ended or is gone.</returns>
    public static async ValueTask<Run?> EndWaitingAsync(
        TenantTransaction transaction, string runId, RunStatus status, RunOutcome? outcome, DateTimeOffset now)
    {
        var hadEnded = false;
        var run = await transaction.UpdateAsync<Run>(runId, stored =>
        {
            hadEnded = stored.HasEnded();
            return hadEnded ? stored : stored with
            {
                Status = status,
                Outcome = outcome,
                DueAt = null,
                FinishedAt = now,
                StreamLength = stored.StreamLength + 1,
            };
        });
        if (run is null || hadEnded)
        {
            return null;
        }

        await AppendAsync(transaction, run, [LastPart(run)], now);
        return run;
    }

    /// <summary>Lets the first run of the queue be taken up, if it is not already.</summary>
    public static async ValueTask AdvanceAsync(TenantTransaction transaction, Session session, DateTimeOffset now)
    {
        if (session.PendingRunIds.Count == 0)
        {
            return;
        }

        await transaction.UpdateAsync<Run>(
            session.PendingRunIds[0], stored => stored.DueAt is null && !stored.HasEnded() ? stored with { DueAt = now } : stored);
        transaction.SignalWork<Run>();
    }

    /// <summary>The part that ends a run's stream.</summary>
    public static PendingPart LastPart(Run run, Message? notice = null, Suggestion? suggestion = null) => new(
        StreamTypes.LastOf(run),
        RawJson.Of(
            new RunEndData(
                RunResponse.From(run),
                notice is null ? null : MessageResponse.From(notice),
                suggestion is null ? null : SuggestionResponse.From(suggestion)),
            WireJson.Options));
}

/// <summary>A run to be queued.</summary>
/// <param name="Id">Taken before the commit, which may run twice.</param>
/// <param name="MessageId">The message to be answered.</param>
/// <param name="Reply">What is to happen with the answer.</param>
/// <param name="TraceId">The trace of the request.</param>
internal sealed record AskedRun(string Id, string MessageId, ReplyMode Reply, string TraceId)
{
    /// <inheritdoc cref="Run.ReplyParentId" />
    public string? ReplyParentId { get; init; }

    /// <inheritdoc cref="Run.LeafWhenAsked" />
    public string? LeafWhenAsked { get; init; }
}

/// <summary>How a run came out.</summary>
/// <param name="Message">What the user is told when there is no answer, or a person takes over.</param>
/// <param name="Suggestion">What the run suggests.</param>
internal sealed record RunEndData(
    RunResponse Run,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MessageResponse? Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SuggestionResponse? Suggestion);
