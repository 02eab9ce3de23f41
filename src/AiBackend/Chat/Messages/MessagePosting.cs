using System.Text.Json;
using AiBackend.Chat.Analyses;
using AiBackend.Chat.Analytics;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat.Messages;

/// <summary>Posts messages: session, message, run, events and the answer to the request in one commit.</summary>
internal sealed class MessagePosting(
    ClientDirectory clients,
    Channels channels,
    AnalysisQueue analyses,
    ChatEvents events,
    UsageLog usage,
    AnalyticsLog analytics,
    RequestCommits commits,
    Ids ids,
    TimeProvider clock)
{
    /// <summary>How often to look again after losing a race for an external id.</summary>
    private const int MaxTries = 5;

    /// <summary>How many sessions of an external id are looked at for the latest of a channel.</summary>
    private const int MostFormer = 20;

    /// <returns>What was stored, and whether it was now: false when a message of the same external id was there.</returns>
    public async Task<(PostedMessage Posted, bool IsNew)> PostAsync(Caller caller, PostMessage request, CancellationToken ct)
    {
        if (commits.Replay is { } first)
        {
            return (JsonSerializer.Deserialize<PostedMessage>(first.Body.Span, WireJson.Options)!, first.Status == StatusCodes.Status201Created);
        }

        var draft = await DraftAsync(caller.ClientId, request, ct);
        for (var tries = 1; ; tries++)
        {
            if (request.ExternalId is not null && await FindAsync(caller.Documents, request.ExternalId, ct) is { } known)
            {
                return (await commits.CommitAsync(caller, StatusCodes.Status200OK, _ => ValueTask.FromResult(known), ct), false);
            }

            try
            {
                return (await commits.CommitAsync(
                    caller, StatusCodes.Status201Created, transaction => StoreAsync(transaction, draft), ct), true);
            }
            catch (DuplicateKeyException) when (tries < MaxTries)
            {
                // Another request has opened the session or posted the message in the meantime.
            }
        }
    }

    private static async Task<PostedMessage?> FindAsync(TenantDocuments documents, string externalId, CancellationToken ct)
    {
        var found = await documents.ListAsync(
            Query.Of<Message>().Equal(message => message.ExternalId, externalId).Take(1), ct);
        return found.Count == 0 ? null : await PostedAsync(documents, found[0], ct);
    }

    private static async Task<PostedMessage> PostedAsync(TenantDocuments documents, Message message, CancellationToken ct)
    {
        var run = message.AskedRunId is null ? null : await documents.FindAsync<Run>(message.AskedRunId, ct);
        return new PostedMessage(MessageResponse.From(message), run is null ? null : RunResponse.From(run));
    }

    private async ValueTask<Draft> DraftAsync(string clientId, PostMessage request, CancellationToken ct)
    {
        var channelId = request.ChannelId ?? Channels.DefaultId(clientId);
        var channel = await channels.FindAsync(clientId, channelId, ct);
        if (request.ChannelId is not null && channel is null)
        {
            throw ApiException.Invalid("channel_id", "The client has no such channel.");
        }

        var settings = (await clients.FindAsync(clientId, ct))?.Settings ?? new ClientSettings();
        var place = await usage.PlaceAsync(clientId, request.SessionId ?? request.ExternalSessionId!, ct);
        return new Draft(request, channelId, channel, settings, place, ids.New("msg"), ids.New("ses"), ids.New("run"), Tracing.CurrentTraceId());
    }

    private async ValueTask<PostedMessage> StoreAsync(TenantTransaction transaction, Draft draft)
    {
        var request = draft.Request;
        var now = clock.GetUtcNow();
        var (sessionId, previousId) = request.SessionId is { } named ? (named, null) : await OpenSessionAsync(transaction, draft, now);
        if (request.ParentId is not null)
        {
            await RequireParentAsync(transaction, request.ParentId, sessionId);
        }

        Session? before = null;
        Session session;
        if (sessionId is null)
        {
            session = Received(NewSession(transaction.ClientId, draft, previousId, now), draft, now);
            await transaction.InsertAsync(session);
            session = session with { Version = 1 };
        }
        else
        {
            session = await transaction.UpdateAsync<Session>(
                sessionId,
                stored =>
                {
                    before = stored;
                    return Received(stored, draft, now);
                }) ?? throw ApiException.NotFound();
        }

        SessionRules.RequireActive(
            session.ChannelId == draft.ChannelId ? draft.Channel : await transaction.FindAsync<Channel>(session.ChannelId));
        var run = session.PendingRunIds.Contains(draft.RunId)
            ? await RunQueue.EnqueueAsync(
                transaction, session, new AskedRun(draft.RunId, draft.MessageId, request.EffectiveReply, draft.TraceId), now)
            : null;
        await Quotas.RequireAsync(transaction, draft.Settings.Quotas, messages: 1, asksForAnswer: run is not null, now);
        await UsageLog.AddAsync(transaction, draft.Usage, new UsageCounts { Messages = 1 });
        await analytics.CountAsync(transaction, before, session, now, new Tally());
        var message = NewMessage(session, draft, request.ParentId ?? before?.ActiveLeafId, run?.Id, now);
        await transaction.InsertAsync(message);
        message = message with { Version = 1 };
        await analyses.OnArrivalAsync(transaction, message, draft.Settings.Analysis, draft.TraceId);

        var created = ChatEvent.Of(EventTypes.ChatMessageCreated, message);
        await events.AppendAsync(
            transaction,
            session,
            draft.TraceId,
            sessionId is null ? [ChatEvent.Of(EventTypes.ChatSessionCreated, session), created] : [created]);
        return new PostedMessage(MessageResponse.From(message), run is null ? null : RunResponse.From(run));
    }

    /// <summary>The session of the external id; none when it was silent for so long that a new one goes on from it.</summary>
    private async ValueTask<(string? Id, string? PreviousId)> OpenSessionAsync(
        TenantTransaction transaction, Draft draft, DateTimeOffset now)
    {
        var open = await transaction.ListAsync(
            Query.Of<Session>().Equal(session => session.OpenKey, Session.KeyOf(draft.ChannelId, draft.Request.ExternalSessionId!)).Take(1));
        if (open.Count == 0)
        {
            return (null, draft.Settings.Threads.Enabled ? await SilencedAsync(transaction, draft) : null);
        }

        var (id, cutoff) = (open[0].Id, SilentSessions.Cutoff(draft.Settings.Threads, now));
        return SilentSessions.IsSilent(open[0], cutoff) && await SilentSessions.CloseAsync(transaction, events, id, cutoff, now)
            ? (null, id)
            : (id, null);
    }

    /// <summary>The latest session of the external id, if it was closed for its silence.</summary>
    private static async ValueTask<string?> SilencedAsync(TenantTransaction transaction, Draft draft)
    {
        var former = await transaction.ListAsync(
            Query.Of<Session>().Equal(session => session.ExternalId, draft.Request.ExternalSessionId!)
                .Descending(session => session.CreatedAt).Take(MostFormer));
        return former.FirstOrDefault(session => session.ChannelId == draft.ChannelId) is { CloseReason: SilentSessions.Reason } latest
            ? latest.Id
            : null;
    }

    private static async ValueTask RequireParentAsync(TenantTransaction transaction, string parentId, string? sessionId)
    {
        if (await transaction.FindAsync<Message>(parentId) is not { } parent || parent.SessionId != sessionId)
        {
            throw ApiException.Invalid("parent_id", "The session has no such message.");
        }
    }

    /// <summary>The session with the message counted, and its run queued if it gets one.</summary>
    private static Session Received(Session session, Draft draft, DateTimeOffset now)
    {
        var request = draft.Request;
        if (session.State is SessionState.Closed)
        {
            throw SessionRules.Closed();
        }

        var isNamed = session.Title is not null || request.Role is not MessageRole.User;
        var received = session.Grown(1, now).Joined(request.Sender).Said(request.Role, now).Raised(1) with
        {
            Title = isNamed ? session.Title : SessionTitle.From(request.Text),
            TitleMessageId = isNamed ? session.TitleMessageId : draft.MessageId,
            ActiveLeafId = draft.MessageId,
            IsBranched = session.IsBranched || (request.ParentId is not null && request.ParentId != session.ActiveLeafId),
        };
        if (request.EffectiveReply is ReplyMode.None || session.State is not SessionState.Open)
        {
            return received;
        }

        return received.Asking(draft.RunId);
    }

    private static Session NewSession(string clientId, Draft draft, string? previousId, DateTimeOffset now) => new()
    {
        Id = draft.SessionId,
        ClientId = clientId,
        ChannelId = draft.ChannelId,
        ExternalId = draft.Request.ExternalSessionId,
        PreviousSessionId = previousId,
        EventSequence = 1,
        CreatedAt = now,
        UpdatedAt = now,
    };

    private static Message NewMessage(Session session, Draft draft, string? parentId, string? runId, DateTimeOffset now) => new()
    {
        Id = draft.MessageId,
        ClientId = session.ClientId,
        SessionId = session.Id,
        Position = session.LastPosition,
        ParentId = parentId,
        Role = draft.Request.Role,
        Sender = draft.Request.Sender,
        Text = draft.Request.Text,
        Attachments = draft.Request.Attachments,
        Data = draft.Request.Data,
        ExternalId = draft.Request.ExternalId,
        AskedRunId = runId,
        Model = draft.Request.Model,
        Usage = draft.Request.Usage,
        CreatedAt = now,
        UpdatedAt = now,
    };

    /// <summary>What is posted, with all that must be the same should the commit run again.</summary>
    private sealed record Draft(
        PostMessage Request,
        string ChannelId,
        Channel? Channel,
        ClientSettings Settings,
        UsagePlace Usage,
        string MessageId,
        string SessionId,
        string RunId,
        string TraceId);
}
