namespace AiBackend.Chat.Messages;

/// <summary>A message's place in the tree.</summary>
internal sealed record MessageLink(string Id, string? ParentId, long Position);

/// <summary>Finds ways through the tree of messages. A parent always has a lower position than its children.</summary>
internal static class Branch
{
    /// <summary>The messages from the first down to the leaf, by position.</summary>
    public static IReadOnlyList<MessageLink> To(string? leafId, IReadOnlyCollection<MessageLink> links)
    {
        var byId = links.ToDictionary(link => link.Id, StringComparer.Ordinal);
        var path = new List<MessageLink>();
        for (var id = leafId; id is not null && byId.TryGetValue(id, out var link); id = link.ParentId)
        {
            path.Add(link);
        }

        path.Reverse();
        return path;
    }

    /// <summary>
    /// The leaf of the branch that a message is on: the active one if that lies below the message, otherwise the newest
    /// message below it, which may be itself.
    /// </summary>
    /// <param name="links">The message and all of higher position.</param>
    public static string LeafBelow(string messageId, string? activeLeafId, IReadOnlyCollection<MessageLink> links)
    {
        var below = new HashSet<string>(StringComparer.Ordinal) { messageId };
        var newest = messageId;
        foreach (var link in links.OrderBy(link => link.Position))
        {
            if (link.ParentId is not null && below.Contains(link.ParentId))
            {
                below.Add(link.Id);
                newest = link.Id;
            }
        }

        return activeLeafId is not null && below.Contains(activeLeafId) ? activeLeafId : newest;
    }
}
