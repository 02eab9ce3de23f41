using System.ComponentModel.DataAnnotations;
using AiBackend.Chat.Analytics;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat.Suggestions;

/// <summary>How a suggestion is posted.</summary>
internal sealed record AcceptSuggestion : IValidatableObject
{
    /// <summary>The text as the agent has changed it; the suggested one by default.</summary>
    public string? Text { get; init; }

    /// <summary>The agent.</summary>
    public Participant? Sender { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var limit = validationContext.GetRequiredService<LimitOptions>().MessageCharacters;
        if (Text is not null && (string.IsNullOrWhiteSpace(Text) || Text.Length > limit))
        {
            yield return new ValidationResult($"A text of 1 to {limit} characters is expected.", [nameof(Text)]);
        }
    }
}

/// <summary>Posts or rejects suggestions, each once.</summary>
internal sealed class SuggestionDecisions(
    ChatEvents events, AnalyticsLog analytics, RequestCommits commits, Ids ids, TimeProvider clock)
{
    public Task<SuggestionResponse> AcceptAsync(Caller caller, string id, AcceptSuggestion request, CancellationToken ct)
    {
        var messageId = ids.New("msg");
        return commits.CommitAsync(
            caller, StatusCodes.Status200OK, transaction => AcceptAsync(transaction, id, request, messageId), ct);
    }

    public Task<SuggestionResponse> RejectAsync(Caller caller, string id, CancellationToken ct) => commits.CommitAsync(
        caller,
        StatusCodes.Status200OK,
        async transaction =>
        {
            var now = clock.GetUtcNow();
            var suggestion = await PendingAsync(transaction, id);
            var session = await transaction.UpdateAsync<Session>(suggestion.SessionId, stored => stored.Raised(1) with { UpdatedAt = now })
                ?? throw ApiException.NotFound();
            suggestion = await transaction.ReplaceAsync(suggestion with { Status = SuggestionStatus.Rejected, UpdatedAt = now });
            await events.AppendAsync(
                transaction, session, traceId: null, [ChatEvent.Of(EventTypes.ChatSuggestionRejected, suggestion)]);
            await analytics.AddAsync(transaction, session.Id, now, new Tally().Add(Counted.SuggestionsRejected));
            return SuggestionResponse.From(suggestion);
        },
        ct);

    private async ValueTask<SuggestionResponse> AcceptAsync(
        TenantTransaction transaction, string id, AcceptSuggestion request, string messageId)
    {
        var now = clock.GetUtcNow();
        var suggestion = await PendingAsync(transaction, id);
        Session? before = null;
        var session = await transaction.UpdateAsync<Session>(
            suggestion.SessionId,
            stored =>
            {
                before = stored;
                if (stored.State is SessionState.Closed)
                {
                    throw SessionRules.Closed();
                }

                return stored.Grown(1, now).Joined(request.Sender).Said(MessageRole.Agent, now).Raised(2) with { ActiveLeafId = messageId };
            }) ?? throw ApiException.NotFound();

        var message = new Message
        {
            Id = messageId,
            ClientId = session.ClientId,
            SessionId = session.Id,
            Position = session.LastPosition,
            ParentId = before?.ActiveLeafId,
            InReplyTo = suggestion.MessageId,
            Role = MessageRole.Agent,
            Sender = request.Sender,
            Text = request.Text ?? suggestion.Text,
            Citations = suggestion.Citations,
            Confidence = suggestion.Confidence,
            RunId = suggestion.RunId,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var counted = new Tally().Add(Counted.SuggestionsAccepted).Add(Counted.SuggestionsEdited, message.Text == suggestion.Text ? 0 : 1);
        await analytics.CountAsync(transaction, before, session, now, counted);
        await transaction.InsertAsync(message);
        suggestion = await transaction.ReplaceAsync(
            suggestion with { Status = SuggestionStatus.Accepted, AcceptedMessageId = messageId, UpdatedAt = now });
        await events.AppendAsync(
            transaction,
            session,
            traceId: null,
            [
                ChatEvent.Of(EventTypes.ChatMessageCreated, message with { Version = 1 }),
                ChatEvent.Of(EventTypes.ChatSuggestionAccepted, suggestion),
            ]);
        return SuggestionResponse.From(suggestion);
    }

    private static async ValueTask<Suggestion> PendingAsync(TenantTransaction transaction, string id)
    {
        var suggestion = await transaction.FindAsync<Suggestion>(id) ?? throw ApiException.NotFound();
        return suggestion.Status is SuggestionStatus.Pending
            ? suggestion
            : throw ApiException.Conflict("The suggestion was accepted or rejected already.");
    }
}
