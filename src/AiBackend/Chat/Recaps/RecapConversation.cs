using System.Runtime.CompilerServices;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Orchestration.Model;

namespace AiBackend.Chat.Recaps;

/// <summary>
/// What a recap is made of: the messages of one branch, oldest first, in parts of so many tokens. At most <see cref="MostParts"/> of them: of
/// a longer conversation the newest.
/// </summary>
internal sealed record RecapConversation(IReadOnlyList<IReadOnlyList<RecapLine>> Parts, bool IsTruncated)
{
    /// <summary>The most parts.</summary>
    public const int MostParts = 16;

    private const int PageSize = 100;

    public IReadOnlyList<RecapLine> Lines { get; } = [.. Parts.SelectMany(part => part)];

    /// <summary>Whether there is anything to be recapped on the branch that ends with this message.</summary>
    public static async Task<bool> HasTextAsync(TenantDocuments documents, Session session, string leafId, CancellationToken ct)
    {
        await foreach (var message in BackwardsAsync(documents, session, leafId, session.LastPosition, ct))
        {
            if (RecapLine.Tells(message))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads no more than what is kept.</summary>
    /// <param name="partTokens">The most tokens of a part, as estimated; a message that alone is more than half of it is cut.</param>
    public static async Task<RecapConversation> LoadAsync(
        TenantDocuments documents, Session session, Recap recap, int partTokens, CancellationToken ct)
    {
        var (lines, left, isTruncated) = (new List<RecapLine>(), MostParts * (long)partTokens, false);
        await foreach (var message in BackwardsAsync(documents, session, recap.LeafId, recap.LastPosition, ct))
        {
            if (!RecapLine.Tells(message))
            {
                continue;
            }

            var line = RecapLine.Of(message, partTokens / 2);
            left -= line.Tokens;
            if (left < 0)
            {
                isTruncated = true;
                break;
            }

            lines.Add(line);
        }

        lines.Reverse();
        var parts = Split(lines, partTokens);
        return new RecapConversation([.. parts.TakeLast(MostParts)], isTruncated || parts.Count > MostParts);
    }

    private static List<IReadOnlyList<RecapLine>> Split(List<RecapLine> lines, int partTokens)
    {
        var parts = new List<IReadOnlyList<RecapLine>>();
        var (part, size) = (new List<RecapLine>(), 0);
        foreach (var line in lines)
        {
            if (part.Count > 0 && size + line.Tokens > partTokens)
            {
                parts.Add(part);
                (part, size) = ([], 0);
            }

            part.Add(line);
            size += line.Tokens;
        }

        if (part.Count > 0)
        {
            parts.Add(part);
        }

        return parts;
    }

    /// <summary>The messages of the branch, newest first.</summary>
    private static async IAsyncEnumerable<Message> BackwardsAsync(
        TenantDocuments documents, Session session, string leafId, long lastPosition, [EnumeratorCancellation] CancellationToken ct)
    {
        var ofSession = Query.Of<Message>().Equal(message => message.SessionId, session.Id);
        if (session.IsBranched)
        {
            var links = await documents.ListAsync<Message, MessageLink>(ofSession.Ascending(message => message.Position), ct);
            foreach (var page in Branch.To(leafId, links).Reverse().Select(link => link.Position).Chunk(PageSize))
            {
                foreach (var message in await documents.ListAsync(
                    ofSession.In(message => message.Position, page).Descending(message => message.Position), ct))
                {
                    yield return message;
                }
            }

            yield break;
        }

        for (var below = lastPosition + 1; below > 1;)
        {
            var page = await documents.ListAsync(
                ofSession.Less(message => message.Position, below).Descending(message => message.Position).Take(PageSize), ct);
            foreach (var message in page)
            {
                yield return message;
            }

            below = page.Count < PageSize ? 0 : page[^1].Position;
        }
    }
}

/// <summary>A message as a recap is made of it.</summary>
/// <param name="Text">Its beginning when it is long.</param>
/// <param name="Tokens">About how many of a prompt it takes.</param>
internal sealed record RecapLine(
    string Id,
    long Position,
    MessageRole Role,
    MessageCategory Category,
    Participant? Sender,
    string? InReplyTo,
    string Text,
    IReadOnlyList<string> Attachments,
    int Tokens)
{
    /// <summary>What a message takes besides its text: its id, role and sender.</summary>
    private const int Frame = 30;

    private const int MostAttachments = 10;
    private const string NoName = "unnamed";

    /// <summary>Whether a message tells anything.</summary>
    public static bool Tells(Message message) =>
        message.DeletedAt is null && (!string.IsNullOrWhiteSpace(message.Text) || message.Attachments.Count > 0);

    public static RecapLine Of(Message message, int mostTokens)
    {
        IReadOnlyList<string> attachments = [.. message.Attachments.Take(MostAttachments).Select(attachment => attachment.Name ?? NoName)];
        var around = Frame + attachments.Sum(name => TokenEstimate.Of(name)) + TokenEstimate.Of(message.Sender?.Name);
        var text = TokenEstimate.Cut(message.Text, Math.Max(0, mostTokens - around)).ToString();
        return new RecapLine(
            message.Id,
            message.Position,
            message.Role,
            message.Category,
            message.Sender,
            message.InReplyTo,
            text,
            attachments,
            around + TokenEstimate.Of(text));
    }
}
