using AiBackend.Chat.Analytics;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Runs;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Chat.Sessions;

/// <summary>Opens, changes, closes, hands over and removes conversations.</summary>
internal sealed class SessionChanges(
    Channels channels,
    ChatEvents events,
    IEnumerable<SessionPart> parts,
    AnalyticsLog analytics,
    RequestCommits commits,
    WorkCancellation cancellation,
    Ids ids,
    TimeProvider clock)
{
    private const string DefaultReason = "requested";

    public async Task<SessionResponse> CreateAsync(Caller caller, CreateSession request, CancellationToken ct)
    {
        var channelId = request.ChannelId ?? Channels.DefaultId(caller.ClientId);
        var channel = await channels.FindAsync(caller.ClientId, channelId, ct);
        if (request.ChannelId is not null && channel is null)
        {
            throw ApiException.Invalid("channel_id", "The client has no such channel.");
        }

        SessionRules.RequireActive(channel);
        var id = ids.New("ses");
        try
        {
            return await commits.CommitAsync(
                caller, StatusCodes.Status201Created, transaction => StoreAsync(transaction, id, channelId, request), ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict("A session with this external_id is open already.");
        }
    }

    /// <summary>Changes what a client may edit.</summary>
    public async Task<SessionResponse> EditAsync(
        Caller caller, string id, MergePatch<EditSession> patch, IfMatch match, CancellationToken ct)
    {
        return SessionResponse.From(await caller.Documents.CommitAsync(
            async transaction =>
            {
                EditSession? edit = null;
                var session = await transaction.UpdateAsync<Session>(
                    id,
                    stored =>
                    {
                        match.Require(stored.Version);
                        return patch.Changes(EditSession.Of(stored), out edit) ? Edited(stored, edit) : stored;
                    }) ?? throw ApiException.NotFound();
                if (patch.Names("active_leaf_id")
                    && (await transaction.FindAsync<Message>(edit!.ActiveLeafId!))?.SessionId != id)
                {
                    throw ApiException.Invalid("active_leaf_id", "The session has no such message.");
                }

                return session;
            },
            ct));
    }

    private Session Edited(Session session, EditSession edit) => session with
    {
        Title = edit.Title,
        TitleMessageId = edit.Title == session.Title ? session.TitleMessageId : null,
        Participants = edit.Participants,
        Metadata = edit.Metadata,
        ActiveLeafId = edit.ActiveLeafId,
        IsBranched = session.IsBranched || edit.ActiveLeafId != session.ActiveLeafId,
        UpdatedAt = clock.GetUtcNow(),
    };

    /// <summary>Takes no more messages. Runs that wait are cancelled at once, the one in work as soon as it can be.</summary>
    public Task<SessionResponse> CloseAsync(Caller caller, string id, string? reason, CancellationToken ct) => ChangeAsync(
        caller,
        id,
        (session, _) => session with { State = SessionState.Closed, CloseReason = reason ?? DefaultReason },
        EventTypes.ChatSessionClosed,
        (RunStatus.Cancelled, null),
        ct);

    /// <summary>A person answers from now on. Runs that wait end as handed over; the one in work ends as it would have.</summary>
    public Task<SessionResponse> HandOverAsync(Caller caller, string id, string? reason, CancellationToken ct) => ChangeAsync(
        caller,
        id,
        (session, now) => RequireNotClosed(session).HandedOver(reason ?? DefaultReason, now),
        EventTypes.ChatSessionHandedOver,
        (RunStatus.Completed, RunOutcome.HandedOver),
        ct);

    /// <summary>Messages are answered again.</summary>
    public Task<SessionResponse> ResumeAsync(Caller caller, string id, CancellationToken ct) => ChangeAsync(
        caller,
        id,
        (session, _) => RequireNotClosed(session) with { State = SessionState.Open },
        EventTypes.ChatSessionResumed,
        waitingRuns: null,
        ct);

    /// <summary>Removes the conversation with all that belongs to it. Its events stay, without what people wrote.</summary>
    public async Task DeleteAsync(Caller caller, string id, IfMatch match, CancellationToken ct)
    {
        var running = await caller.Documents.CommitAsync<IReadOnlyList<string>>(
            async transaction =>
            {
                var session = await transaction.FindAsync<Session>(id) ?? throw ApiException.NotFound();
                match.Require(session.Version);
                await transaction.DeleteAsync<Session>(id);
                var work = new List<string>();
                foreach (var part in parts)
                {
                    var removed = await part.RemoveAsync(transaction, id, limit: null);
                    work.AddRange(typeof(LeasedDocument).IsAssignableFrom(part.DocumentType) ? removed : []);
                }

                await ChatEvents.BlankSessionAsync(transaction, id);
                foreach (var runId in session.PendingRunIds)
                {
                    transaction.Signal(ChatDocuments.StreamTopic(runId));
                    transaction.Signal(ChatDocuments.EndTopic(runId));
                }

                return work;
            },
            ct);
        Stop(running);
    }

    private async ValueTask<SessionResponse> StoreAsync(
        TenantTransaction transaction, string id, string channelId, CreateSession request)
    {
        var now = clock.GetUtcNow();
        var session = new Session
        {
            Id = id,
            ClientId = transaction.ClientId,
            ChannelId = channelId,
            ExternalId = request.ExternalId,
            Title = request.Title,
            Participants = request.Participants,
            Metadata = request.Metadata,
            EventSequence = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await transaction.InsertAsync(session);
        session = session with { Version = 1 };
        await events.AppendAsync(transaction, session, traceId: null, [ChatEvent.Of(EventTypes.ChatSessionCreated, session)]);
        return SessionResponse.From(session);
    }

    /// <summary>Moves the session to another state, and ends its runs if need be. Being in that state already is no change.</summary>
    private async Task<SessionResponse> ChangeAsync(
        Caller caller,
        string id,
        Func<Session, DateTimeOffset, Session> change,
        string eventType,
        (RunStatus Status, RunOutcome? Outcome)? waitingRuns,
        CancellationToken ct)
    {
        IReadOnlyList<string> left = [];
        var response = await commits.CommitAsync(
            caller,
            StatusCodes.Status200OK,
            async transaction =>
            {
                var now = clock.GetUtcNow();
                var isChanged = false;
                Session? before = null;
                var session = await transaction.UpdateAsync<Session>(
                    id,
                    stored =>
                    {
                        before = stored;
                        var changed = change(stored, now);
                        isChanged = changed.State != stored.State;
                        return isChanged ? changed.Raised(1) with { UpdatedAt = now } : stored;
                    }) ?? throw ApiException.NotFound();
                if (!isChanged)
                {
                    return SessionResponse.From(session);
                }

                var ended = waitingRuns is { } end ? await EndWaitingAsync(transaction, session, end.Status, end.Outcome, now) : [];
                if (ended.Count > 0)
                {
                    session = (await transaction.UpdateAsync<Session>(
                        id, stored => stored.Without([.. ended.Select(run => run.Id)]).Raised(ended.Count)))!;
                }

                await events.AppendAsync(
                    transaction,
                    session,
                    traceId: null,
                    [
                        ChatEvent.Of(eventType, session),
                        .. ended.Select(run => ChatEvent.Of(
                            run.Status is RunStatus.Cancelled ? EventTypes.ChatRunCancelled : EventTypes.ChatRunCompleted, run)),
                    ]);
                await analytics.CountAsync(transaction, before, session, now, ended.Aggregate(new Tally(), (tally, run) => tally.Count(run)));
                left = session.PendingRunIds;
                return SessionResponse.From(session);
            },
            ct);
        if (response.State is SessionState.Closed)
        {
            Stop(left);
        }

        return response;
    }

    /// <summary>Ends the runs that nobody works on; if the session closes, the one in work is asked to stop.</summary>
    private static async ValueTask<IReadOnlyList<Run>> EndWaitingAsync(
        TenantTransaction transaction, Session session, RunStatus status, RunOutcome? outcome, DateTimeOffset now)
    {
        var ended = new List<Run>();
        foreach (var runId in session.PendingRunIds)
        {
            var run = await transaction.FindAsync<Run>(runId);
            if (run is { Status: RunStatus.Running })
            {
                if (status is RunStatus.Cancelled)
                {
                    await transaction.UpdateAsync<Run>(runId, stored => stored with { CancelRequested = true });
                }
            }
            else if (await RunQueue.EndWaitingAsync(transaction, runId, status, outcome, now) is { } waiting)
            {
                ended.Add(waiting);
            }
        }

        return ended;
    }

    private void Stop(IReadOnlyList<string> workIds)
    {
        foreach (var workId in workIds)
        {
            cancellation.Request(workId);
        }
    }

    private static Session RequireNotClosed(Session session) =>
        session.State is SessionState.Closed ? throw SessionRules.Closed() : session;
}
