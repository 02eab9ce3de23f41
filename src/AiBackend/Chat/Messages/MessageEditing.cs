using System.ComponentModel.DataAnnotations;
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

/// <summary>Another wording of a message.</summary>
internal sealed record EditMessage : IValidatableObject
{
    public required string Text { get; init; }

    /// <summary>What is to come of it; <c>auto</c> by default.</summary>
    public ReplyMode Reply { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var limit = validationContext.GetRequiredService<LimitOptions>().MessageCharacters;
        if (string.IsNullOrWhiteSpace(Text) || Text.Length > limit)
        {
            yield return new ValidationResult($"A text of 1 to {limit} characters is expected.", [nameof(Text)]);
        }
    }
}

/// <summary>One more reply under way.</summary>
internal sealed record AskedAgain(RunResponse Run)
{
    /// <summary>The reply, when it was waited for and is there.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public MessageResponse? Reply { get; init; }
}

/// <summary>Opens second branches: another wording of a question, one more reply to it. What was there stays readable.</summary>
internal sealed class MessageEditing(
    ClientDirectory clients,
    AnalysisQueue analyses,
    ChatEvents events,
    UsageLog usage,
    AnalyticsLog analytics,
    RequestCommits commits,
    Ids ids,
    TimeProvider clock)
{
    /// <summary>Stores the new wording beside the old one, as the active leaf, and has it answered if the session is open.</summary>
    /// <exception cref="ApiException">409: it is not a user's message, or it was deleted, or the session is closed.</exception>
    public async Task<PostedMessage> EditAsync(Caller caller, string id, EditMessage edit, IfMatch match, CancellationToken ct)
    {
        var (messageId, runId, traceId) = (ids.New("msg"), ids.New("run"), Tracing.CurrentTraceId());
        var settings = (await clients.FindAsync(caller.ClientId, ct))?.Settings ?? new ClientSettings();
        var place = await usage.PlaceAsync(caller.ClientId, id, ct);
        return await commits.CommitAsync(
            caller,
            StatusCodes.Status200OK,
            async transaction =>
            {
                var now = clock.GetUtcNow();
                var found = await FindAsync(transaction, id);
                match.Require(found.Version);
                if (found.Role is not MessageRole.User)
                {
                    throw ApiException.Conflict("Only the message of a user can be edited.");
                }

                Session? before = null;
                var session = await UpdateAsync(transaction, found.SessionId, stored =>
                {
                    before = stored;
                    var grown = stored.Grown(1, now).Said(MessageRole.User, now).Raised(1) with { ActiveLeafId = messageId, IsBranched = true };
                    return edit.Reply is ReplyMode.None || stored.State is not SessionState.Open ? grown : grown.Asking(runId);
                });
                var run = session.PendingRunIds.Contains(runId)
                    ? await RunQueue.EnqueueAsync(transaction, session, new AskedRun(runId, messageId, edit.Reply, traceId), now)
                    : null;
                await Quotas.RequireAsync(transaction, settings.Quotas, messages: 1, asksForAnswer: run is not null, now);
                await UsageLog.AddAsync(transaction, place, new UsageCounts { Messages = 1 });
                await analytics.CountAsync(transaction, before, session, now, new Tally());
                var message = Reworded(found, messageId, edit.Text, session.LastPosition, run?.Id, now);
                await transaction.InsertAsync(message);
                message = message with { Version = 1 };
                await analyses.OnArrivalAsync(transaction, message, settings.Analysis, traceId);
                await events.AppendAsync(transaction, session, traceId, [ChatEvent.Of(EventTypes.ChatMessageCreated, message)]);
                return new PostedMessage(MessageResponse.From(message), run is null ? null : RunResponse.From(run));
            },
            ct);
    }

    /// <summary>Queues a run that makes one more reply to a question: beside the given reply, or right below the given question.</summary>
    /// <exception cref="ApiException">409: nothing there can be answered, or nothing replies in the session now.</exception>
    public async Task<AskedAgain> RegenerateAsync(Caller caller, string id, CancellationToken ct)
    {
        if (commits.Replay is { } first)
        {
            return JsonSerializer.Deserialize<AskedAgain>(first.Body.Span, WireJson.Options)!;
        }

        var (runId, traceId) = (ids.New("run"), Tracing.CurrentTraceId());
        var quotas = await QuotasAsync(caller, ct);
        return await commits.CommitAsync(
            caller,
            StatusCodes.Status201Created,
            async transaction =>
            {
                var now = clock.GetUtcNow();
                var found = await FindAsync(transaction, id);
                var question = await QuestionAsync(transaction, found);
                string? leaf = null;
                var session = await UpdateAsync(transaction, found.SessionId, stored =>
                {
                    leaf = stored.ActiveLeafId;
                    return stored.State is SessionState.HandedOver
                        ? throw ApiException.Conflict("A person answers in this session; resume it first.", "session_handed_over")
                        : stored.Asking(runId) with { IsBranched = true, UpdatedAt = now };
                });
                await Quotas.RequireAsync(transaction, quotas with { MessagesPerDay = null }, messages: 0, asksForAnswer: true, now);
                var asked = new AskedRun(runId, question.Id, ReplyMode.Auto, traceId)
                {
                    ReplyParentId = found.Id == question.Id ? question.Id : found.ParentId,
                    LeafWhenAsked = leaf,
                };
                return new AskedAgain(RunResponse.From(await RunQueue.EnqueueAsync(transaction, session, asked, now)));
            },
            ct);
    }

    private async ValueTask<QuotaSettings> QuotasAsync(Caller caller, CancellationToken ct) =>
        (await clients.FindAsync(caller.ClientId, ct))?.Settings.Quotas ?? new QuotaSettings();

    private static async ValueTask<Message> FindAsync(TenantTransaction transaction, string id)
    {
        var found = await transaction.FindAsync<Message>(id) ?? throw ApiException.NotFound();
        return found.DeletedAt is null ? found : throw ApiException.Conflict("The message was deleted.");
    }

    private static async ValueTask<Message> QuestionAsync(TenantTransaction transaction, Message found)
    {
        if (found.Role is MessageRole.User)
        {
            return found;
        }

        var question = found is { Role: MessageRole.Assistant, InReplyTo: { } asked, ParentId: not null }
            ? await transaction.FindAsync<Message>(asked)
            : null;
        return question is { DeletedAt: null }
            ? question
            : throw ApiException.Conflict("Neither a question nor a reply to one that is still there.");
    }

    private static async ValueTask<Session> UpdateAsync(
        TenantTransaction transaction, string sessionId, Func<Session, Session> change)
    {
        var session = await transaction.UpdateAsync<Session>(
            sessionId, stored => stored.State is SessionState.Closed ? throw SessionRules.Closed() : change(stored))
            ?? throw ApiException.NotFound();
        SessionRules.RequireActive(await transaction.FindAsync<Channel>(session.ChannelId));
        return session;
    }

    private static Message Reworded(Message found, string id, string text, long position, string? runId, DateTimeOffset now) => new()
    {
        Id = id,
        ClientId = found.ClientId,
        SessionId = found.SessionId,
        Position = position,
        ParentId = found.ParentId,
        Role = found.Role,
        Sender = found.Sender,
        Text = text,
        Attachments = found.Attachments,
        Data = found.Data,
        AskedRunId = runId,
        EditedAt = now,
        CreatedAt = now,
        UpdatedAt = now,
    };
}
