using System.Text.Json;
using AiBackend.Chat.Analyses;
using AiBackend.Chat.Feedback;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;

namespace AiBackend.Chat.Analytics;

/// <summary>What of conversations is counted, and where. Imported history is not, nor is anything taken back when messages or sessions are deleted.</summary>
internal static class ConversationCounts
{
    /// <summary>Counts what the change of a session means: that a conversation begins, is answered for the first time, is handed over.</summary>
    /// <param name="before">As it was before the commit; null: not there.</param>
    /// <param name="after">As the commit leaves it.</param>
    /// <param name="now">The time of the commit.</param>
    /// <param name="more">What else the commit does.</param>
    public static async ValueTask CountAsync(
        this AnalyticsLog log, TenantTransaction transaction, Session? before, Session after, DateTimeOffset now, Tally more)
    {
        if (after.AnsweredAt is { } answered && before?.AnsweredAt is null)
        {
            more.Count(Counted.FirstResponse, answered - after.AskedAt!.Value);
        }

        if (after.State is SessionState.HandedOver && before?.State is not SessionState.HandedOver)
        {
            more.Add(Counted.Handovers);
        }

        // What became of a conversation counts where the conversation does, so that containment is a part of the same ones.
        if (after.AskedAt is { } asked)
        {
            var isNow = AnalyticsLog.QuarterOf(asked) == AnalyticsLog.QuarterOf(now);
            var then = isNow ? more : new Tally();
            var begins = before?.AskedAt is null;
            if (begins)
            {
                then.Add(Counted.Conversations);
            }

            if (after.HandedOverAt is not null && (begins || before!.HandedOverAt is null))
            {
                then.Add(Counted.HandedOver);
            }

            if (!isNow)
            {
                await log.AddAsync(transaction, after.Id, asked, then);
            }
        }

        await log.AddAsync(transaction, after.Id, now, more);
    }

    /// <summary>Counts a run that has ended.</summary>
    public static Tally Count(this Tally tally, Run run)
    {
        tally.Add(run switch
        {
            { Status: RunStatus.Failed } => Counted.RunsFailed,
            { Status: RunStatus.Cancelled } => Counted.RunsCancelled,
            { Outcome: RunOutcome.HandedOver } => Counted.RunsHandedOver,
            { Outcome: RunOutcome.Suggested } => Counted.RunsSuggested,
            _ => Counted.RunsReplied,
        });
        if (run is { Status: RunStatus.Completed, StartedAt: { } started, FinishedAt: { } finished })
        {
            tally.Count(Counted.RunTime, finished - started);
        }

        if (run.Usage is { } used)
        {
            tally.Add(Counted.InputTokens, used.InputTokens).Add(Counted.OutputTokens, used.OutputTokens).Add(Counted.Cost, used.Cost ?? 0);
        }

        return tally;
    }

    /// <summary>Counts a rating when it is first given; one that is changed or taken back corrects the number there.</summary>
    /// <param name="before">As it was before the commit; null: not given.</param>
    /// <param name="after">As the commit leaves it; null: taken back.</param>
    public static async ValueTask CountAsync(
        this AnalyticsLog log, TenantTransaction transaction, MessageFeedback? before, MessageFeedback? after)
    {
        if ((after ?? before) is { } feedback && before?.Rating != after?.Rating)
        {
            var tally = new Tally();
            if (before is not null)
            {
                tally.Add(Counted.Rating + before.Rating, -1);
            }

            if (after is not null)
            {
                tally.Add(Counted.Rating + after.Rating);
            }

            await log.AddAsync(transaction, feedback.SessionId, feedback.CreatedAt, tally);
        }
    }

    /// <summary>Counts the category that was found for a message, at the message's time, in place of what was found before.</summary>
    /// <param name="ended">The analysis, as it was stored in this commit.</param>
    public static async ValueTask CountAsync(this AnalyticsLog log, TenantTransaction transaction, Analysis ended)
    {
        if (!IsCategory(ended) || await transaction.FindAsync<Message>(ended.MessageId) is not { } message)
        {
            return;
        }

        var all = (await transaction.ListAsync(Query.Of<Analysis>().Equal(analysis => analysis.MessageId, ended.MessageId))).Where(IsCategory).ToList();
        var before = Latest(all.Where(analysis => analysis.Id != ended.Id));
        if (Latest(all)?.Id == ended.Id)
        {
            var tally = new Tally();
            if (before is not null)
            {
                tally.Add(NameOf(before), -1);
            }

            await log.AddAsync(transaction, message.SessionId, message.CreatedAt, tally.Add(NameOf(ended)));
        }
    }

    private static Analysis? Latest(IEnumerable<Analysis> analyses) =>
        analyses.MaxBy(analysis => (analysis.UpdatedAt, analysis.Id), Comparer<(DateTimeOffset At, string Id)>.Create(
            (one, other) => one.At != other.At ? one.At.CompareTo(other.At) : string.CompareOrdinal(one.Id, other.Id)));

    private static bool IsCategory(Analysis analysis) => analysis is { Type: AnalysisType.Category, Status: AnalysisStatus.Completed, Data: not null };

    private static string NameOf(Analysis analysis)
    {
        using var data = JsonDocument.Parse(analysis.Data!.Value.Text);
        return Counted.Category + data.RootElement.GetProperty("category").GetString();
    }
}
