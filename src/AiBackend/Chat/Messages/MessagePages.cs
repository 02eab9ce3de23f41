using System.Text.Json;
using AiBackend.Chat.Sessions;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.Extensions.Caching.Memory;

namespace AiBackend.Chat.Messages;

/// <summary>
/// Lists of a session's messages as they were last answered, ready to be sent. Whatever changes in a conversation changes its
/// session in the same commit, so a list is right as long as the session has the version that it had; the session itself is read
/// each time. Reading a conversation again and again, as chat windows do, thus costs one look at the session.
/// </summary>
internal sealed class MessagePages : IDisposable
{
    private const long MostBytes = 32 * 1024 * 1024;
    private const int EntryOverhead = 512;
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(5);

    private readonly MemoryCache pages = new(new MemoryCacheOptions { SizeLimit = MostBytes });

    /// <returns>The page as JSON in UTF-8.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        TenantDocuments documents, Session session, BranchKind branch, PageRequest page, CancellationToken ct)
    {
        var place = new Place(session.Id, branch, page);
        if (pages.TryGetValue(place, out Ready? known) && known!.Version == session.Version)
        {
            return known.Body;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(
            await SessionMessages.PageAsync(documents, session, branch, page, ct), WireJson.Options);
        pages.Set(
            place,
            new Ready(session.Version, body),
            new MemoryCacheEntryOptions { Size = body.Length + EntryOverhead, SlidingExpiration = Unused });
        return body;
    }

    public void Dispose() => pages.Dispose();

    private sealed record Place(string SessionId, BranchKind Branch, PageRequest Page);

    private sealed record Ready(long Version, byte[] Body);
}
