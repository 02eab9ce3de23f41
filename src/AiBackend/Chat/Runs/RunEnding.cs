using AiBackend.Chat.Analytics;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Chat.Suggestions;
using AiBackend.Chat.Titles;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Runs;

/// <summary>The commit that ends a run, for one go at it.</summary>
internal sealed class RunEnding(
    TenantTransaction transaction,
    Run work,
    RunBatch rest,
    ChatSettings settings,
    ChatEvents events,
    AnalyticsLog analytics,
    TitleOptions titles,
    string noticeId,
    DateTimeOffset now)
{
    private const string DefaultErrorMessage = "Sorry, something went wrong and I cannot answer at the moment. Please try again later.";
    private const string DefaultHandoverMessage = "A member of our team will take over and answer you here.";

    private readonly List<NewEvent> raised = [];
    private Message? reply;
    private Message? notice;
    private Suggestion? suggestion;
    private bool handsOver;
    private bool asksForTitle;
    private IReadOnlyList<string> waiting = [];
    private Session? before;
    private string? leafBefore;

    public async ValueTask<Run> StoreAsync(RunEnd wanted)
    {
        var asked = await transaction.FindAsync<Run>(work.Id) ?? throw new LeaseLostException(work.Id);
        var end = asked.CancelRequested ? new RunEnd.Cancelled() : wanted;
        var session = await transaction.UpdateAsync<Session>(work.SessionId, stored => Planned(stored, ref end))
            ?? throw new LeaseLostException(work.Id);
        session = await PlaceAsync(session);
        var run = await EndAsync(end);
        var counted = new Tally().Count(run);

        if (suggestion is not null)
        {
            await transaction.InsertAsync(suggestion);
            suggestion = suggestion with { Version = 1 };
            counted.Add(Counted.SuggestionsCreated);
            raised.Add(ChatEvent.Of(EventTypes.ChatSuggestionCreated, suggestion));
        }

        reply = await PostAsync(reply);
        if (asksForTitle)
        {
            await transaction.InsertAsync(Title(session.TitleMessageId!));
            transaction.SignalWork<TitleWork>();
        }

        if (handsOver)
        {
            raised.Add(ChatEvent.Of(EventTypes.ChatSessionHandedOver, session));
        }

        notice = await PostAsync(notice);
        raised.Add(ChatEvent.Of(EndEvent(run), run));
        await RunQueue.AppendAsync(transaction, run, Parts(run), now);
        foreach (var runId in waiting)
        {
            if (await RunQueue.EndWaitingAsync(transaction, runId, RunStatus.Completed, RunOutcome.HandedOver, now) is { } ended)
            {
                raised.Add(ChatEvent.Of(EventTypes.ChatRunCompleted, ended));
                counted.Count(ended);
            }
        }

        await RunQueue.AdvanceAsync(transaction, session, now);
        await events.AppendAsync(transaction, session, work.TraceId, raised);
        await analytics.CountAsync(transaction, before, session, now, counted);
        return run;
    }

    /// <summary>Settles what is written, and makes room for it in the session.</summary>
    private Session Planned(Session session, ref RunEnd end)
    {
        end = session.State is SessionState.Closed ? new RunEnd.Cancelled() : end;
        handsOver = session.State is SessionState.Open && HandoverReason(end) is not null;
        waiting = handsOver ? [.. session.PendingRunIds.Where(id => id != work.Id)] : [];
        before = session;
        leafBefore = session.ActiveLeafId;
        reply = end is RunEnd.Answered { Answer: var posted } && work.Reply is ReplyMode.Auto ? Reply(posted) : null;
        suggestion = end is RunEnd.Answered { Answer: var suggested } && work.Reply is ReplyMode.Suggest ? Suggest(suggested) : null;
        notice = end is RunEnd.Failed ? Notice(MessageCategory.Error, settings.ErrorMessage ?? DefaultErrorMessage)
            : handsOver ? Notice(MessageCategory.Info, settings.HandoverMessage ?? DefaultHandoverMessage)
            : null;

        var messages = (reply is null ? 0 : 1) + (notice is null ? 0 : 1);
        var started = rest.Begins && work.Status is RunStatus.Queued ? 1 : 0;
        var count = started + rest.Events.Count + messages + (suggestion is null ? 0 : 1) + (handsOver ? 1 : 0) + 1 + waiting.Count;
        var planned = session.Grown(messages, now).Without([work.Id, .. waiting]).Raised(count);
        planned = reply is null ? planned : planned.Said(MessageRole.Assistant, now);
        if (handsOver)
        {
            planned = planned.HandedOver(HandoverReason(end)!, now);
        }

        asksForTitle = titles.ByModel && reply is not null && session is { TitleMessageId: not null, IsTitleAsked: false };
        planned = asksForTitle ? planned with { IsTitleAsked = true } : planned;
        return messages > 0 && !session.IsBranched ? planned with { ActiveLeafId = (notice ?? reply)!.Id } : planned;
    }

    private string? HandoverReason(RunEnd end) => end switch
    {
        RunEnd.HandedOver handedOver => handedOver.Reason,
        RunEnd.Answered { Answer.Confidence: { } confidence } when work.Reply is ReplyMode.Auto && confidence < settings.MinConfidence =>
            "low_confidence",
        _ => null,
    };

    /// <summary>Hangs the new messages on the leaf of their question's branch as it is now, or one more reply beside the first.</summary>
    private async ValueTask<Session> PlaceAsync(Session session)
    {
        if (reply is null && notice is null)
        {
            return session;
        }

        var leaf = leafBefore;
        if (reply is not null && work.ReplyParentId is not null)
        {
            leaf = work.ReplyParentId;
            session = leafBefore == work.LeafWhenAsked ? await ActivateAsync(session) : session;
        }
        else if (session.IsBranched)
        {
            var question = await transaction.FindAsync<Message>(work.MessageId) ?? throw new LeaseLostException(work.Id);
            var links = await transaction.ListAsync(
                Query.Of<Message>().Equal(message => message.SessionId, session.Id)
                    .AtLeast(message => message.Position, question.Position).Ascending(message => message.Position));
            leaf = Branch.LeafBelow(
                question.Id, leafBefore, [.. links.Select(link => new MessageLink(link.Id, link.ParentId, link.Position))]);
            session = leaf == leafBefore ? await ActivateAsync(session) : session;
        }

        var position = session.LastPosition - (reply is not null && notice is not null ? 1 : 0);
        reply = reply is null ? null : reply with { ParentId = leaf, Position = position };
        notice = notice is null ? null : notice with { ParentId = reply?.Id ?? leaf, Position = session.LastPosition };
        return session;
    }

    private async ValueTask<Session> ActivateAsync(Session session) =>
        (await transaction.UpdateAsync<Session>(session.Id, stored => stored with { ActiveLeafId = (notice ?? reply)!.Id }))!;

    private async ValueTask<Run> EndAsync(RunEnd end)
    {
        var begun = work;
        var parts = (rest.Begins ? 1 : 0) + rest.Parts().Count + (reply is null ? 0 : 1) + 1;
        var run = await transaction.UpdateAsync<Run>(
            work.Id,
            stored =>
            {
                begun = Leases.RequireHeld(stored, work);
                begun = rest.Begins ? RunCommits.Begun(begun, now) : begun;
                return Ended(begun, end) with { StreamLength = begun.StreamLength + parts, DueAt = null, FinishedAt = now };
            }) ?? throw new LeaseLostException(work.Id);

        if (rest.Begins && work.Status is RunStatus.Queued)
        {
            raised.Add(RunCommits.StartedEvent(begun));
        }

        raised.AddRange(rest.Events);
        return run;
    }

    private Run Ended(Run run, RunEnd end) => end switch
    {
        RunEnd.Answered { Answer: var answer } => run with
        {
            Status = RunStatus.Completed,
            Outcome = handsOver ? RunOutcome.HandedOver : reply is null ? RunOutcome.Suggested : RunOutcome.Replied,
            ReplyMessageId = reply?.Id,
            SuggestionId = suggestion?.Id,
            Usage = answer.Usage,
        },
        RunEnd.HandedOver handedOver => run with
        {
            Status = RunStatus.Completed,
            Outcome = RunOutcome.HandedOver,
            Usage = handedOver.Usage,
        },
        RunEnd.Failed failed => run with { Status = RunStatus.Failed, Error = failed.Error },
        RunEnd.Cancelled => run with { Status = RunStatus.Cancelled },
        _ => throw new InvalidOperationException($"A run cannot end as {end.GetType().Name}."),
    };

    private List<PendingPart> Parts(Run run)
    {
        var parts = new List<PendingPart>();
        if (rest.Begins)
        {
            parts.Add(RunCommits.FirstPart(work, RunCommits.Begun(work, now)));
        }

        parts.AddRange(rest.Parts());
        if (reply is not null)
        {
            parts.Add(new PendingPart(StreamTypes.ReplyCompleted, EventData.Of("message", MessageResponse.From(reply))));
        }

        parts.Add(RunQueue.LastPart(run, notice, suggestion));
        return parts;
    }

    private async ValueTask<Message?> PostAsync(Message? message)
    {
        if (message is null)
        {
            return null;
        }

        await transaction.InsertAsync(message);
        var stored = message with { Version = 1 };
        raised.Add(ChatEvent.Of(EventTypes.ChatMessageCreated, stored));
        return stored;
    }

    private static string EndEvent(Run run) => run.Status switch
    {
        RunStatus.Failed => EventTypes.ChatRunFailed,
        RunStatus.Cancelled => EventTypes.ChatRunCancelled,
        _ => EventTypes.ChatRunCompleted,
    };

    private Message Reply(AnswerPart.Completed answer) => new()
    {
        // Follows from the run, so that no second attempt can make another.
        Id = Ids.Follow("msg", work.Id),
        ClientId = work.ClientId,
        SessionId = work.SessionId,
        Position = 0,
        InReplyTo = work.MessageId,
        Role = MessageRole.Assistant,
        Text = answer.Text,
        Citations = answer.Citations,
        Confidence = answer.Confidence,
        Data = answer.Data,
        RunId = work.Id,
        Model = answer.Model,
        Usage = answer.Usage,
        CreatedAt = now,
        UpdatedAt = now,
    };

    private Message Notice(MessageCategory category, string text) => new()
    {
        Id = noticeId,
        ClientId = work.ClientId,
        SessionId = work.SessionId,
        Position = 0,
        InReplyTo = work.MessageId,
        Role = MessageRole.Assistant,
        Category = category,
        Text = text,
        RunId = work.Id,
        CreatedAt = now,
        UpdatedAt = now,
    };

    private TitleWork Title(string messageId) => new()
    {
        Id = Ids.Follow("ttl", work.Id),
        ClientId = work.ClientId,
        SessionId = work.SessionId,
        MessageId = messageId,
        TraceParent = work.TraceParent,
        DueAt = now,
    };

    private Suggestion Suggest(AnswerPart.Completed answer) => new()
    {
        Id = Ids.Follow("sug", work.Id),
        ClientId = work.ClientId,
        SessionId = work.SessionId,
        MessageId = work.MessageId,
        RunId = work.Id,
        Text = answer.Text,
        Citations = answer.Citations,
        Confidence = answer.Confidence,
        CreatedAt = now,
        UpdatedAt = now,
    };
}
