using System.Globalization;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Chat.Messages;

/// <summary>
/// Lists the messages of a session by position. Pages go by position too, so that they stay right when the session gets its
/// first second branch between two of them.
/// </summary>
internal static class SessionMessages
{
    public static async Task<PageResponse<MessageResponse>> PageAsync(
        TenantDocuments documents, Session session, BranchKind branch, PageRequest page, CancellationToken ct)
    {
        var after = page.Cursor is null ? (long?)null : ParseCursor(page.Cursor);
        var found = branch is BranchKind.Active && session.IsBranched
            ? await ActiveAsync(documents, session, after, page, ct)
            : await AllAsync(documents, session, after, page, ct);
        var hasMore = found.Count > page.Limit;
        var data = new MessageResponse[hasMore ? page.Limit : found.Count];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = MessageResponse.From(found[i]);
        }

        return new PageResponse<MessageResponse>(data, hasMore ? CursorOf(data[^1].Position) : null);
    }

    private static Task<IReadOnlyList<Message>> AllAsync(
        TenantDocuments documents, Session session, long? after, PageRequest page, CancellationToken ct)
    {
        var query = Sorted(Query.Of<Message>().Equal(message => message.SessionId, session.Id), page).Take(page.Limit + 1);
        if (after is { } position)
        {
            query = page.IsAscending
                ? query.Greater(message => message.Position, position)
                : query.Less(message => message.Position, position);
        }

        return documents.ListAsync(query, ct);
    }

    private static async Task<IReadOnlyList<Message>> ActiveAsync(
        TenantDocuments documents, Session session, long? after, PageRequest page, CancellationToken ct)
    {
        var ofSession = Query.Of<Message>().Equal(message => message.SessionId, session.Id);
        var links = await documents.ListAsync<Message, MessageLink>(ofSession.Ascending(message => message.Position), ct);
        var path = Branch.To(session.ActiveLeafId, links).Select(link => link.Position);
        var positions = page.IsAscending
            ? path.Where(position => after is null || position > after)
            : path.Reverse().Where(position => after is null || position < after);
        return await documents.ListAsync(
            Sorted(ofSession.In(message => message.Position, positions.Take(page.Limit + 1)), page), ct);
    }

    private static Query<Message> Sorted(Query<Message> query, PageRequest page) => page.IsAscending
        ? query.Ascending(message => message.Position)
        : query.Descending(message => message.Position);

    private static string CursorOf(long position) => string.Create(CultureInfo.InvariantCulture, $"p{position:x}");

    private static long ParseCursor(string cursor) =>
        cursor.StartsWith('p') && long.TryParse(cursor.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var position)
            ? position
            : throw new InvalidCursorException();
}
