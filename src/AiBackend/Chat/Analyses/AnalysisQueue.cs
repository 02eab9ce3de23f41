using System.Diagnostics;
using AiBackend.Chat.Messages;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Chat.Analyses;

/// <summary>Queues analyses, waits for them, and removes them with their message.</summary>
internal sealed class AnalysisQueue(DocumentStore store, Ids ids, TimeProvider clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>Queues what is asked for, in this order.</summary>
    /// <exception cref="ApiException">404: no such message. 409: it was deleted.</exception>
    public async ValueTask<IReadOnlyList<Analysis>> EnqueueAsync(
        TenantTransaction transaction, string messageId, IReadOnlyList<AnalysisType> types)
    {
        // Under the message's lock: a deletion at the same moment comes before this, or takes what is queued here with it.
        var message = await transaction.UpdateAsync<Message>(messageId, stored => stored) ?? throw ApiException.NotFound();
        MessageRules.RequireNotDeleted(message);
        return await EnqueueAsync(transaction, message, types, Tracing.CurrentTraceId());
    }

    /// <summary>
    /// Queues what the client wants to know of each message that a user writes. Call it in the commit that stores the message; one
    /// without a text has nothing to be looked at.
    /// </summary>
    public async ValueTask OnArrivalAsync(TenantTransaction transaction, Message message, AnalysisSettings settings, string traceId)
    {
        if (settings.OnMessage.Count > 0 && message.Role is MessageRole.User && !string.IsNullOrWhiteSpace(message.Text))
        {
            await EnqueueAsync(transaction, message, [.. settings.OnMessage.Select(TypeOf)], traceId);
        }
    }

    /// <summary>Waits until these have ended, but no longer than the limit.</summary>
    /// <returns>Them as they are then, without those that are gone.</returns>
    public async Task<IReadOnlyList<Analysis>> WaitAsync(
        string clientId, string messageId, IReadOnlyList<string> analysisIds, TimeSpan limit, CancellationToken ct)
    {
        using var ended = store.Signals.Subscribe(Analysis.EndTopic(messageId));
        var until = clock.GetUtcNow() + limit;
        while (true)
        {
            var analyses = new List<Analysis>();
            foreach (var id in analysisIds)
            {
                if (await store.For(clientId).FindAsync<Analysis>(id, ct) is { } found)
                {
                    analyses.Add(found);
                }
            }

            var left = until - clock.GetUtcNow();
            if (analyses.TrueForAll(analysis => analysis.DueAt is null) || left <= TimeSpan.Zero)
            {
                return analyses;
            }

            await ended.WaitAsync(left < PollInterval ? left : PollInterval, clock, ct);
        }
    }

    /// <summary>Takes away all analyses of a message, and what earlier events told of them, within the commit that deletes the message.</summary>
    public static async ValueTask RemoveOfMessageAsync(TenantTransaction transaction, string messageId)
    {
        var ofMessage = Query.Of<Analysis>().Equal(analysis => analysis.MessageId, messageId);
        foreach (var analysis in await transaction.ListAsync(ofMessage))
        {
            await ChatEvents.BlankAsync(transaction, analysis.Id);
        }

        await transaction.DeleteAllAsync(ofMessage);
        transaction.Signal(Analysis.EndTopic(messageId));
    }

    private async ValueTask<IReadOnlyList<Analysis>> EnqueueAsync(
        TenantTransaction transaction, Message message, IReadOnlyList<AnalysisType> types, string traceId)
    {
        var now = clock.GetUtcNow();
        var queued = new List<Analysis>(types.Count);
        foreach (var type in types)
        {
            var analysis = new Analysis
            {
                Id = ids.New("ana"),
                ClientId = transaction.ClientId,
                SessionId = message.SessionId,
                MessageId = message.Id,
                Type = type,
                TraceId = traceId,
                TraceParent = Activity.Current?.Id,
                DueAt = now,
                CreatedAt = now,
                UpdatedAt = now,
            };
            await transaction.InsertAsync(analysis);
            queued.Add(analysis with { Version = 1 });
        }

        transaction.SignalWork<Analysis>();
        return queued;
    }

    private static AnalysisType TypeOf(MessageAnalysis asked) => asked switch
    {
        MessageAnalysis.Category => AnalysisType.Category,
        MessageAnalysis.Intent => AnalysisType.Intent,
        MessageAnalysis.Sentiment => AnalysisType.Sentiment,
        MessageAnalysis.Language => AnalysisType.Language,
        MessageAnalysis.Pii => AnalysisType.Pii,
        _ => throw new ArgumentOutOfRangeException(nameof(asked), asked, "Unknown analysis."),
    };
}
