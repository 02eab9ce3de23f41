using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Messages;

/// <summary>Gathers what was said before a message.</summary>
internal static class MessageHistory
{
    /// <summary>
    /// What was said on the message's branch up to its answer, oldest first: what lies above it, and replies to that which
    /// came while it waited for its turn. Later questions have their own runs; notices and deleted messages tell nothing.
    /// </summary>
    /// <param name="replyParentId">Where one more reply to the question will hang: what lies below it is not read.</param>
    /// <param name="limit">The most turns; the newest are kept.</param>
    public static async Task<IReadOnlyList<Turn>> LoadAsync(
        TenantDocuments documents, Session session, Message question, string? replyParentId, int limit, CancellationToken ct)
    {
        if (limit <= 0)
        {
            return [];
        }

        var branch = await BranchAsync(documents, session, question, replyParentId, limit, ct);
        var above = branch.Where(message => message.Position < question.Position).Select(message => message.Id).ToHashSet();
        return
        [
            .. branch
                .Where(message => message.Id != question.Id && message.Category is MessageCategory.Message && message.DeletedAt is null)
                .Where(message => message.Position < question.Position || Answers(message, above))
                .TakeLast(limit)
                .Select(TurnOf),
        ];
    }

    /// <summary>The message as those who answer see it.</summary>
    public static Turn TurnOf(Message message) =>
        new(message.Id, RoleOf(message.Role), message.Text, message.CreatedAt);

    private static bool Answers(Message message, HashSet<string> above) =>
        message.InReplyTo is not null && above.Contains(message.InReplyTo);

    private static async Task<IEnumerable<Message>> BranchAsync(
        TenantDocuments documents, Session session, Message question, string? replyParentId, int limit, CancellationToken ct)
    {
        var ofSession = Query.Of<Message>().Equal(message => message.SessionId, session.Id);
        if (!session.IsBranched)
        {
            // Room for the question itself and for what came after it.
            var newest = await documents.ListAsync(
                ofSession.Descending(message => message.Position).Take(limit + 1 + After(session, question)), ct);
            return newest.Reverse();
        }

        var links = await documents.ListAsync<Message, MessageLink>(ofSession.Ascending(message => message.Position), ct);
        var leaf = replyParentId ?? Branch.LeafBelow(
            question.Id, session.ActiveLeafId, [.. links.Where(link => link.Position >= question.Position)]);
        var positions = Branch.To(leaf, links).TakeLast(limit + 1 + After(session, question)).Select(link => link.Position);
        return await documents.ListAsync(
            ofSession.In(message => message.Position, positions).Ascending(message => message.Position), ct);
    }

    private static int After(Session session, Message question) =>
        (int)Math.Min(session.LastPosition - question.Position, 2 * Session.MaxPendingRuns);

    private static string RoleOf(MessageRole role) => role switch
    {
        MessageRole.User => "user",
        MessageRole.Assistant => "assistant",
        MessageRole.Agent => "agent",
        MessageRole.System => "system",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Unknown role."),
    };
}
