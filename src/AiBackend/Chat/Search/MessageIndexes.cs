using System.Diagnostics.CodeAnalysis;
using AiBackend.Chat.Messages;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Indexes;
using AiBackend.Search.Embedding;
using AiBackend.Search.Index;

namespace AiBackend.Chat.Search;

/// <summary>
/// The indexes of messages. One is built from the stored messages at a client's first search and follows the messages of all processes
/// by their events, which are stored with them. Nothing of an index is stored.
/// </summary>
internal sealed partial class MessageIndexes(
    DocumentStore store, IndexMemory memory, Lazy<StaticEmbedder> embedder, TimeProvider clock, ILogger<MessageIndexes> logger)
{
    private const string Kind = "messages";
    private const int MessagesPerPage = 250;

    /// <summary>With more new messages than this, building is as fast as following.</summary>
    private const int MostBehind = 20_000;

    /// <summary>Ids are made before a commit ends, so an event may become visible after later ones: see <see cref="EventStreams"/>.</summary>
    private static readonly TimeSpan Unsettled = TimeSpan.FromSeconds(5);

    /// <summary>Events are kept for a day at least; an index that has followed none for longer than this is built again.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(12);

    private long searches;

    /// <summary>How many clients have their messages in memory.</summary>
    public int Count => memory.CountOf(Kind);

    /// <summary>The most memory that one client's messages take; the oldest ones stay out beyond it.</summary>
    private long MostBytes => memory.Budget / 2;

    /// <summary>The client's index, in which every message is that was committed before this call.</summary>
    public async Task<MessageIndex> GetAsync(string clientId, CancellationToken ct)
    {
        var search = Interlocked.Increment(ref searches);
        var place = memory.Use(Kind, clientId);
        await place.Gate.WaitAsync(ct);
        try
        {
            // A search that waited while another one, which began later, looked for new messages need not look again.
            var index = (MessageIndex?)place.Held;
            if (index?.FollowedFor >= search)
            {
                return index;
            }

            var now = clock.GetUtcNow();
            var begun = Volatile.Read(ref searches);
            if (index is null || now - index.FollowedAt > LongestRest || !await FollowAsync(store.For(clientId), index, now, memory.Stopping))
            {
                index = await BuildAsync(store.For(clientId), now, memory.Stopping);
            }

            (index.FollowedAt, index.FollowedFor) = (now, begun);
            place.Held = index;
            return index;
        }
        finally
        {
            place.Gate.Release();
            memory.Trim();
        }
    }

    /// <summary>Has the client's index built again at the next search.</summary>
    public void Forget(string clientId)
    {
        if (memory.Find(Kind, clientId) is { } place)
        {
            place.Held = null;
        }
    }

    /// <summary>Reads all messages, the newest first, as many as there is memory for.</summary>
    private async Task<MessageIndex> BuildAsync(TenantDocuments documents, DateTimeOffset now, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var index = new MessageIndex(new ClientIndex(), embedder.Value, Ids.First("evt", now - Unsettled));
        var query = Query.Of<Message>().Descending(message => message.CreatedAt);
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(query, cursor, MessagesPerPage, ct);
            index.Put(page.Items);
            cursor = page.NextCursor;
            if (index.ApproximateBytes > MostBytes && cursor is not null)
            {
                index.LeftOutBefore = page.Items[^1].CreatedAt;
                break;
            }
        }
        while (cursor is not null);

        LogBuilt(documents.ClientId, index.Entries, index.ApproximateBytes, clock.GetElapsedTime(started).TotalMilliseconds);
        return index;
    }

    /// <summary>Adds the messages that were created since.</summary>
    /// <returns>False when there are too many of them for one by one, or for the memory.</returns>
    private async Task<bool> FollowAsync(TenantDocuments documents, MessageIndex index, DateTimeOffset now, CancellationToken ct)
    {
        var after = index.After;
        var added = 0;
        IReadOnlyList<Created> page;
        do
        {
            var position = after;
            page = await documents.ListAsync<Event, Created>(
                Query.Of<Event>().Equal(told => told.Type, EventTypes.ChatMessageCreated).Greater(told => told.Id, position).Ascending().Take(MessagesPerPage), ct);
            var created = page.Where(told => index.Seen.Add(told.Id)).Select(told => told.EntityId).ToList();
            if (created.Count > 0)
            {
                index.Put(await documents.ListAsync(Query.Of<Message>().In(message => message.Id, created), ct));
            }

            added += created.Count;
            after = page.Count == 0 ? after : page[^1].Id;
        }
        while (page.Count == MessagesPerPage && added <= MostBehind);

        var settled = Ids.First("evt", now - Unsettled);
        if (string.CompareOrdinal(settled, index.After) > 0)
        {
            index.After = settled;
            index.Seen.RemoveWhere(id => string.CompareOrdinal(id, settled) <= 0);
        }

        return added <= MostBehind && index.ApproximateBytes <= MostBytes / 4 * 5;
    }

    [LoggerMessage(LogLevel.Information, "Built the index of messages of {ClientId}: {Messages} messages, about {Bytes} bytes, in {Milliseconds:F0} ms")]
    private partial void LogBuilt(string clientId, int messages, long bytes, double milliseconds);

    [SuppressMessage("Performance", "CA1812", Justification = "Read from storage.")]
    private sealed record Created(string Id, string EntityId);
}
