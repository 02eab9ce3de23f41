using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;

namespace AiBackend.Chat.Privacy;

/// <summary>What one end user has to do with a conversation.</summary>
/// <param name="PersonId">The client's own id of him.</param>
/// <param name="Own">The ids of his messages.</param>
/// <param name="Replies">The ids of what was made in answer to them.</param>
/// <param name="IsAlone">Whether no other end user takes part, so that all of it is about him.</param>
internal sealed record PersonTrace(string PersonId, IReadOnlySet<string> Own, IReadOnlySet<string> Replies, bool IsAlone)
{
    private const int MessagesPerPage = 500;

    /// <summary>Reads the conversation once, from its beginning: an answer always comes after its question.</summary>
    public static async Task<PersonTrace> OfAsync(TenantDocuments documents, Session session, string personId, CancellationToken ct)
    {
        var (own, replies) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var agents = new HashSet<string>(StringComparer.Ordinal);
        var (hasOthers, hasUnnamed) = (false, false);
        var after = 0L;
        IReadOnlyList<Sent> page;
        do
        {
            page = await documents.ListAsync<Message, Sent>(
                Query.Of<Message>().Equal(message => message.SessionId, session.Id).Greater(message => message.Position, after)
                    .Ascending(message => message.Position).Take(MessagesPerPage),
                ct);
            foreach (var sent in page)
            {
                after = sent.Position;
                if (sent.Sender?.Id == personId)
                {
                    own.Add(sent.Id);
                }
                else if (sent.Role is MessageRole.User)
                {
                    hasOthers |= sent.Sender is not null;
                    hasUnnamed |= sent.Sender is null && sent.DeletedAt is null;
                }
                else if (sent.Sender is { } agent)
                {
                    agents.Add(agent.Id);
                }

                // What a run made of his message: a reply, or a suggestion that an agent has accepted.
                if ((sent.Role is MessageRole.Assistant || sent.RunId is not null) && sent.InReplyTo is { } question && own.Contains(question))
                {
                    replies.Add(sent.Id);
                }
            }
        }
        while (page.Count == MessagesPerPage);

        // Messages of nobody in particular are his when nobody else could have written them.
        var others = session.ParticipantIds.Where(id => id != personId && !agents.Contains(id));
        return new PersonTrace(personId, own, replies, !hasOthers && !(hasUnnamed && others.Any()));
    }

    private sealed record Sent(string Id, long Position, MessageRole Role, Participant? Sender, string? InReplyTo, string? RunId, DateTimeOffset? DeletedAt);
}
