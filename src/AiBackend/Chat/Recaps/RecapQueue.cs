using System.Diagnostics;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;

namespace AiBackend.Chat.Recaps;

/// <summary>Queues recaps, waits for them, and takes their texts away with the messages that they rest on.</summary>
internal sealed class RecapQueue(DocumentStore store, ClientDirectory clients, RecapWriter writer, Ids ids, TimeProvider clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>The newest recap of a session.</summary>
    public static Query<Recap> NewestOf(string sessionId) =>
        Query.Of<Recap>().Equal(recap => recap.SessionId, sessionId).Descending(recap => recap.Number).Take(1);

    /// <summary>Queues a recap of the session as it is now, unless one of just that is being made.</summary>
    /// <exception cref="ApiException">404: no such session. 409: nothing is said in it. 429: the client's tokens of the day are used up.</exception>
    public async Task<RecapResponse> AskAsync(Caller caller, string sessionId, RequestCommits commits, CancellationToken ct)
    {
        var session = await caller.Documents.FindAsync<Session>(sessionId, ct) ?? throw ApiException.NotFound();
        if (session.ActiveLeafId is not { } leaf || !await RecapConversation.HasTextAsync(caller.Documents, session, leaf, ct))
        {
            throw ApiException.Conflict("Nothing is said in the session that could be recapped.", RecapHandler.EmptyCode);
        }

        var (id, traceId) = (ids.New("rcp"), Tracing.CurrentTraceId());
        var quotas = (await clients.FindAsync(caller.ClientId, ct))?.Settings.Quotas ?? new QuotaSettings();
        return await commits.CommitAsync(
            caller,
            StatusCodes.Status202Accepted,
            async transaction => RecapResponse.From(await EnqueueAsync(transaction, id, sessionId, traceId, quotas)),
            ct);
    }

    /// <summary>Waits until the recap has ended, but no longer than the limit.</summary>
    /// <returns>It as it is then; null when it is gone.</returns>
    public async Task<Recap?> WaitAsync(TenantDocuments documents, string recapId, string sessionId, TimeSpan limit, CancellationToken ct)
    {
        using var ended = store.Signals.Subscribe(Recap.EndTopic(sessionId));
        var until = clock.GetUtcNow() + limit;
        while (true)
        {
            var recap = await documents.FindAsync<Recap>(recapId, ct);
            var left = until - clock.GetUtcNow();
            if (recap is null or { DueAt: null } || left <= TimeSpan.Zero)
            {
                return recap;
            }

            await ended.WaitAsync(left < PollInterval ? left : PollInterval, clock, ct);
        }
    }

    /// <summary>
    /// Within the commit that takes a message's content away: takes away the texts of the recaps that may rest on it, also from
    /// what was told of them. One that is being made is made anew, without the message.
    /// </summary>
    /// <remarks>
    /// Every recap counts that goes beyond the message's position. With several branches that may be one too many; it can be made again.
    /// </remarks>
    public static async ValueTask ForgetMessageAsync(TenantTransaction transaction, string sessionId, long position, DateTimeOffset now)
    {
        foreach (var recap in await transaction.ListAsync(Query.Of<Recap>().Equal(recap => recap.SessionId, sessionId)))
        {
            if (recap.LastPosition < position || recap.FirstPosition > position)
            {
                continue;
            }

            await transaction.UpdateAsync<Recap>(recap.Id, stored => Without(stored, now));
            await ChatEvents.BlankAsync(transaction, recap.Id);
            transaction.SignalWork<Recap>();
        }
    }

    // Whoever makes it has read the message: his lease is over, and the recap is due again.
    private static Recap Without(Recap recap, DateTimeOffset now) => recap switch
    {
        { Status: RecapStatus.Queued or RecapStatus.Running, LeaseOwner: not null } =>
            recap with { Status = RecapStatus.Queued, LeaseOwner = null, DueAt = now, UpdatedAt = now },
        { Data: not null } => recap with { Data = null, BlankedAt = now, UpdatedAt = now },
        _ => recap,
    };

    private async ValueTask<Recap> EnqueueAsync(
        TenantTransaction transaction, string id, string sessionId, string traceId, QuotaSettings quotas)
    {
        // Under the session's lock: two requests at once find each other's recap, and a deletion takes what is queued here with it.
        var session = await transaction.UpdateAsync<Session>(sessionId, stored => stored) ?? throw ApiException.NotFound();
        var newest = await transaction.ListAsync(NewestOf(sessionId)) is [var found, ..] ? found : null;
        if (newest is { DueAt: not null } && newest.LeafId == session.ActiveLeafId && newest.LastPosition == session.LastPosition)
        {
            return newest;
        }

        var now = clock.GetUtcNow();
        await Quotas.RequireAsync(transaction, quotas with { MessagesPerDay = null }, messages: 0, writer.AsksModel, now);
        var recap = new Recap
        {
            Id = id,
            ClientId = transaction.ClientId,
            SessionId = sessionId,
            Number = (newest?.Number ?? 0) + 1,
            LeafId = session.ActiveLeafId!,
            LastPosition = session.LastPosition,
            TraceId = traceId,
            TraceParent = Activity.Current?.Id,
            DueAt = now,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await transaction.InsertAsync(recap);
        transaction.SignalWork<Recap>();
        return recap;
    }
}
