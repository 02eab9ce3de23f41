using System.Runtime.CompilerServices;
using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Events;

/// <summary>Follows a client's events as they are stored.</summary>
internal sealed class EventStreams(DocumentStore store, TimeProvider clock)
{
    private const int PageSize = 200;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    // The key is checked when a stream begins: one that is revoked is heard no longer than this.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    // Ids are made before a commit ends, so in a database with several writers an event may become visible after later ones.
    private static readonly TimeSpan Unsettled = TimeSpan.FromSeconds(5);

    /// <summary>The topic that is raised when an event of the client is stored.</summary>
    public static string Topic(string clientId) => $"events:{clientId}";

    /// <summary>Where a stream of new events begins: after all that are stored now.</summary>
    public async Task<StreamStart> NowAsync(string clientId, CancellationToken ct)
    {
        var documents = store.For(clientId);
        var newest = await documents.ListAsync<Event, EventKey>(Query.Of<Event>().Descending().Take(1), ct);
        var settled = Ids.First("evt", clock.GetUtcNow() - Unsettled);
        if (newest.Count == 0 || string.CompareOrdinal(newest[0].Id, settled) <= 0)
        {
            return new StreamStart(settled, []);
        }

        var recent = await documents.ListAsync<Event, EventKey>(
            Query.Of<Event>().Greater(found => found.Id, settled).AtMost(found => found.Id, newest[0].Id).Ascending(), ct);
        return new StreamStart(settled, [.. recent.Select(key => key.Id)]);
    }

    /// <summary>Every event from the start on, and then each new one, once. Ends after a while; the reader comes back for more.</summary>
    /// <remarks>The while begins with the call, not with the first read.</remarks>
    public IAsyncEnumerable<StreamEvent> FollowAsync(string clientId, StreamStart start, CancellationToken ct) =>
        FollowAsync(clientId, start, clock.GetUtcNow() + Longest, ct);

    private async IAsyncEnumerable<StreamEvent> FollowAsync(
        string clientId, StreamStart start, DateTimeOffset end, [EnumeratorCancellation] CancellationToken ct)
    {
        using var stored = store.Signals.Subscribe(Topic(clientId));
        var documents = store.For(clientId);
        var after = start.After;
        var sent = new SortedSet<string>(start.Sent, StringComparer.Ordinal);
        while (clock.GetUtcNow() < end)
        {
            // What is behind this will have been sent and cannot grow any more; what is after it is looked at again.
            var settled = Ids.First("evt", clock.GetUtcNow() - Unsettled);
            await foreach (var found in NewAsync(documents, after, sent, ct))
            {
                yield return new StreamEvent(
                    found.Id, found.Type, JsonSerializer.SerializeToUtf8Bytes(EventResponse.From(found), WireJson.Options));
            }

            if (string.CompareOrdinal(settled, after) > 0)
            {
                after = settled;
                sent.RemoveWhere(id => string.CompareOrdinal(id, settled) <= 0);
            }

            await stored.WaitAsync(LookAgain, clock, ct);
        }
    }

    private static async IAsyncEnumerable<Event> NewAsync(
        TenantDocuments documents, string after, SortedSet<string> sent, [EnumeratorCancellation] CancellationToken ct)
    {
        IReadOnlyList<EventKey> page;
        do
        {
            var position = after;
            page = await documents.ListAsync<Event, EventKey>(
                Query.Of<Event>().Greater(found => found.Id, position).Ascending().Take(PageSize), ct);
            foreach (var key in page.Where(key => sent.Add(key.Id)))
            {
                if (await documents.FindAsync<Event>(key.Id, ct) is { } found)
                {
                    yield return found;
                }
            }

            after = page.Count == 0 ? after : page[^1].Id;
        }
        while (page.Count == PageSize);
    }

    private sealed record EventKey(string Id);
}

/// <summary>Where a stream of events begins.</summary>
/// <param name="After">An id, or a bound made by <see cref="Ids.First"/>.</param>
/// <param name="Sent">Those after it that the reader does not want.</param>
internal sealed record StreamStart(string After, IReadOnlyList<string> Sent);
