using System.Text;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat.Messages;

/// <summary>Stores what was said elsewhere, as a line of messages below the active leaf, in one commit. Nothing replies to it.</summary>
internal sealed class MessageImport(
    JsonBodies bodies,
    ClientDirectory clients,
    Channels channels,
    ChatEvents events,
    UsageLog usage,
    RequestCommits commits,
    Ids ids,
    TimeProvider clock)
{
    private const int MaxTries = 5;

    public async Task<ImportResult> ImportAsync(Caller caller, ImportMessages import, CancellationToken ct)
    {
        var channelId = import.ChannelId ?? Channels.DefaultId(caller.ClientId);
        if (import.ChannelId is not null && await channels.FindAsync(caller.ClientId, import.ChannelId, ct) is null)
        {
            throw ApiException.Invalid("channel_id", "The client has no such channel.");
        }

        var drafts = import.Messages.Select(Read).ToList();
        var newSessionId = ids.New("ses");
        var quotas = (await clients.FindAsync(caller.ClientId, ct))?.Settings.Quotas ?? new QuotaSettings();
        var place = await usage.PlaceAsync(caller.ClientId, import.SessionId ?? import.ExternalSessionId!, ct);
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await commits.CommitAsync(
                    caller,
                    StatusCodes.Status200OK,
                    async transaction =>
                    {
                        var result = await StoreAsync(transaction, import, channelId, newSessionId, drafts);
                        var stored = result.Results.Count(item => item.Status is ImportStatus.Created);
                        await Quotas.RequireAsync(transaction, quotas, stored, asksForAnswer: false, clock.GetUtcNow());
                        await UsageLog.AddAsync(transaction, place, new UsageCounts { Messages = stored });
                        return result;
                    },
                    ct);
            }
            catch (DuplicateKeyException) when (tries < MaxTries)
            {
                // Another request has opened the session or posted one of the messages in the meantime.
            }
        }
    }

    private Draft Read(RawJson json)
    {
        var id = ids.New("msg");
        try
        {
            return new Draft(id, bodies.Parse<ImportedMessage>(Encoding.UTF8.GetBytes(json.Text)), Error: null);
        }
        catch (ApiException refusal)
        {
            return new Draft(id, Message: null, new ImportError(refusal.Code, refusal.Message, refusal.Errors));
        }
    }

    private async ValueTask<ImportResult> StoreAsync(
        TenantTransaction transaction, ImportMessages import, string channelId, string newSessionId, List<Draft> drafts)
    {
        var now = clock.GetUtcNow();
        var existing = await ExistingAsync(transaction, drafts);
        var results = new ImportItem[drafts.Count];
        var accepted = new List<Draft>();
        for (var i = 0; i < drafts.Count; i++)
        {
            var draft = drafts[i];
            results[i] = draft switch
            {
                { Error: { } error } => new ImportItem(ImportStatus.Failed, MessageId: null) { Error = error },
                { Message.ExternalId: { } known } when existing.TryGetValue(known, out var id) => new ImportItem(ImportStatus.Existing, id),
                _ => new ImportItem(ImportStatus.Created, draft.Id),
            };
            if (results[i].Status is ImportStatus.Created)
            {
                accepted.Add(draft);
                if (draft.Message!.ExternalId is { } external)
                {
                    existing[external] = draft.Id;
                }
            }
        }

        var sessionId = import.SessionId ?? await FindOpenAsync(transaction, channelId, import.ExternalSessionId!);
        if (accepted.Count == 0)
        {
            return import.SessionId is null || await transaction.FindAsync<Session>(import.SessionId) is not null
                ? new ImportResult(sessionId, results)
                : throw ApiException.NotFound();
        }

        var (session, leaf, isNew) = await GrowAsync(transaction, sessionId, newSessionId, channelId, import.ExternalSessionId, accepted, now);
        var position = session.LastPosition - accepted.Count;
        var raised = new List<NewEvent>();
        if (isNew)
        {
            raised.Add(ChatEvent.Of(EventTypes.ChatSessionCreated, session));
        }

        foreach (var draft in accepted)
        {
            var message = NewMessage(session, draft, ++position, leaf, now);
            await transaction.InsertAsync(message);
            raised.Add(ChatEvent.Of(EventTypes.ChatMessageCreated, message with { Version = 1 }));
            leaf = message.Id;
        }

        await events.AppendAsync(transaction, session, traceId: null, raised);
        return new ImportResult(session.Id, results);
    }

    private static async ValueTask<Dictionary<string, string>> ExistingAsync(TenantTransaction transaction, List<Draft> drafts)
    {
        var named = drafts.Select(draft => draft.Message?.ExternalId).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (named.Count == 0)
        {
            return new(StringComparer.Ordinal);
        }

        var found = await transaction.ListAsync(Query.Of<Message>().In(message => message.ExternalId, named));
        return found.ToDictionary(message => message.ExternalId!, message => message.Id, StringComparer.Ordinal);
    }

    private static async ValueTask<string?> FindOpenAsync(TenantTransaction transaction, string channelId, string externalId)
    {
        var open = await transaction.ListAsync(
            Query.Of<Session>().Equal(session => session.OpenKey, Session.KeyOf(channelId, externalId)).Take(1));
        return open.Count == 0 ? null : open[0].Id;
    }

    private static async ValueTask<(Session Session, string? Leaf, bool IsNew)> GrowAsync(
        TenantTransaction transaction,
        string? sessionId,
        string newSessionId,
        string channelId,
        string? externalId,
        List<Draft> accepted,
        DateTimeOffset now)
    {
        string? leaf = null;
        if (sessionId is not null)
        {
            var grown = await transaction.UpdateAsync<Session>(
                sessionId,
                stored =>
                {
                    leaf = stored.ActiveLeafId;
                    return stored.State is SessionState.Closed ? throw SessionRules.Closed() : Grown(stored, accepted, now);
                }) ?? throw ApiException.NotFound();
            SessionRules.RequireActive(await transaction.FindAsync<Channel>(grown.ChannelId));
            return (grown, leaf, false);
        }

        SessionRules.RequireActive(await transaction.FindAsync<Channel>(channelId));
        var session = Grown(
            new Session
            {
                Id = newSessionId,
                ClientId = transaction.ClientId,
                ChannelId = channelId,
                ExternalId = externalId,
                EventSequence = 1,
                CreatedAt = now,
                UpdatedAt = now,
            },
            accepted,
            now);
        await transaction.InsertAsync(session);
        return (session with { Version = 1 }, null, true);
    }

    private static Session Grown(Session session, List<Draft> accepted, DateTimeOffset now)
    {
        var latest = accepted.Max(draft => draft.Message!.CreatedAt ?? now);
        var first = accepted.Find(draft => draft.Message!.Role is MessageRole.User);
        var joined = accepted.Aggregate(session, (current, draft) => current.Joined(draft.Message!.Sender));
        return joined.Grown(accepted.Count, now).Raised(accepted.Count) with
        {
            LastMessageAt = session.LastMessageAt > latest ? session.LastMessageAt : latest,
            ActiveLeafId = accepted[^1].Id,
            Title = session.Title ?? (first is null ? null : SessionTitle.From(first.Message!.Text)),
            TitleMessageId = session.Title is null ? first?.Id : session.TitleMessageId,
        };
    }

    private static Message NewMessage(Session session, Draft draft, long position, string? parentId, DateTimeOffset now)
    {
        var said = draft.Message!;
        return new Message
        {
            Id = draft.Id,
            ClientId = session.ClientId,
            SessionId = session.Id,
            Position = position,
            ParentId = parentId,
            Role = said.Role,
            Sender = said.Sender,
            Text = said.Text,
            Attachments = said.Attachments,
            Data = said.Data,
            ExternalId = said.ExternalId,
            CreatedAt = said.CreatedAt ?? now,
            UpdatedAt = now,
        };
    }

    /// <summary>A message with the id that it would get, or what is wrong with it.</summary>
    private sealed record Draft(string Id, ImportedMessage? Message, ImportError? Error);
}
