using AiBackend.Documents;

namespace AiBackend.Chat.Sessions;

/// <summary>Finds conversations by what they are called and by whom they are with.</summary>
internal static class SessionSearch
{
    /// <summary>Sessions are looked through rather than looked up, so a page ends here, full or not, and the next one goes on.</summary>
    private const int MostRead = 2_000;

    /// <summary>A page of the sessions that hold the words in their title, their external id or the names and ids of participants.</summary>
    /// <param name="words">Compared without regard to case.</param>
    public static async Task<Page<Session>> PageAsync(
        TenantDocuments documents, Query<Session> query, string words, string? cursor, int limit, CancellationToken ct)
    {
        var found = new List<Session>(limit);
        var read = 0;
        do
        {
            // No more than may still be shown, so that the cursor is right when the page is full.
            var page = await documents.PageAsync(query, cursor, limit - found.Count, ct);
            found.AddRange(page.Items.Where(session => Holds(session, words)));
            read += page.Items.Count;
            cursor = page.NextCursor;
        }
        while (cursor is not null && found.Count < limit && read < MostRead);

        return new Page<Session>(found, cursor);
    }

    private static bool Holds(Session session, string words) =>
        Holds(session.Title, words)
        || Holds(session.ExternalId, words)
        || session.Participants.Any(participant => Holds(participant.Name, words) || Holds(participant.Id, words));

    private static bool Holds(string? text, string words) => text?.Contains(words, StringComparison.OrdinalIgnoreCase) is true;
}
