using AiBackend.Chat.Analytics;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat.Feedback;

/// <summary>Takes feedback, changes it and takes it back.</summary>
internal sealed class FeedbackChanges(
    ChatEvents events, AnalyticsLog analytics, RequestCommits commits, Ids ids, TimeProvider clock)
{
    /// <summary>Gives feedback to a message, in place of what the author gave to it before.</summary>
    /// <returns>The feedback; of version 1 if it is the author's first.</returns>
    public Task<FeedbackResponse> GiveAsync(Caller caller, string messageId, GiveFeedback request, CancellationToken ct)
    {
        var id = ids.New("fbk");
        return commits.CommitAsync(
            caller, StatusOf, transaction => StoreAsync(transaction, id, messageId, request), ct);
    }

    /// <summary>201 for an author's first feedback to a message, 200 for what replaces it.</summary>
    public static int StatusOf(FeedbackResponse given) =>
        given.Version == 1 ? StatusCodes.Status201Created : StatusCodes.Status200OK;

    public async Task<FeedbackResponse> EditAsync(
        Caller caller, string id, MergePatch<EditFeedback> patch, IfMatch match, CancellationToken ct)
    {
        var edited = await caller.Documents.CommitAsync(
            async transaction =>
            {
                MessageFeedback? before = null;
                var after = await transaction.UpdateAsync<MessageFeedback>(
                    id,
                    stored =>
                    {
                        before = stored;
                        match.Require(stored.Version);
                        return patch.Changes(EditFeedback.Of(stored), out var edit)
                            ? stored with { Rating = edit.Rating, Comment = edit.Comment, Metadata = edit.Metadata, UpdatedAt = clock.GetUtcNow() }
                            : stored;
                    }) ?? throw ApiException.NotFound();
                await analytics.CountAsync(transaction, before, after);
                return after;
            },
            ct);
        return FeedbackResponse.From(edited);
    }

    /// <summary>Takes feedback back, its texts in earlier events too.</summary>
    public Task RemoveAsync(Caller caller, string id, IfMatch match, CancellationToken ct) => caller.Documents.CommitAsync(
        async transaction =>
        {
            var found = await transaction.FindAsync<MessageFeedback>(id) ?? throw ApiException.NotFound();
            match.Require(found.Version);
            await transaction.DeleteAsync<MessageFeedback>(id);
            await ChatEvents.BlankAsync(transaction, id);
            await analytics.CountAsync(transaction, found, after: null);
        },
        ct);

    /// <summary>Takes away all feedback to a message within the commit that deletes the message.</summary>
    public static async ValueTask RemoveOfMessageAsync(TenantTransaction transaction, string messageId)
    {
        var given = Query.Of<MessageFeedback>().Equal(feedback => feedback.MessageId, messageId);
        foreach (var feedback in await transaction.ListAsync(given))
        {
            await ChatEvents.BlankAsync(transaction, feedback.Id);
        }

        await transaction.DeleteAllAsync(given);
    }

    private async ValueTask<FeedbackResponse> StoreAsync(
        TenantTransaction transaction, string id, string messageId, GiveFeedback request)
    {
        var now = clock.GetUtcNow();
        var message = await transaction.FindAsync<Message>(messageId) ?? throw ApiException.NotFound();
        MessageRules.RequireNotDeleted(message);

        // The session comes first: two of the same author at once wait for each other here, and find each other below.
        var session = await transaction.UpdateAsync<Session>(message.SessionId, stored => stored.Raised(1) with { UpdatedAt = now })
            ?? throw ApiException.NotFound();
        var before = await transaction.ListAsync(
            Query.Of<MessageFeedback>()
                .Equal(feedback => feedback.MessageId, messageId)
                .Equal(feedback => feedback.AuthorKey, MessageFeedback.KeyOf(request.AuthorId))
                .Take(1));
        MessageFeedback feedback;
        if (before.Count > 0)
        {
            feedback = await transaction.ReplaceAsync(before[0] with
            {
                Rating = request.Rating,
                Comment = request.Comment,
                Metadata = request.Metadata,
                UpdatedAt = now,
            });
        }
        else
        {
            feedback = new MessageFeedback
            {
                Id = id,
                ClientId = transaction.ClientId,
                SessionId = session.Id,
                MessageId = messageId,
                AuthorId = request.AuthorId,
                Rating = request.Rating,
                Comment = request.Comment,
                Metadata = request.Metadata,
                CreatedAt = now,
                UpdatedAt = now,
            };
            await transaction.InsertAsync(feedback);
            feedback = feedback with { Version = 1 };
        }

        await analytics.CountAsync(transaction, before.Count > 0 ? before[0] : null, feedback);
        await events.AppendAsync(transaction, session, traceId: null, [ChatEvent.Of(EventTypes.ChatFeedbackCreated, feedback)]);
        return FeedbackResponse.From(feedback);
    }
}
