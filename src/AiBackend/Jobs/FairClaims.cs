using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>
/// Claims due work in turn by client: after a client's document comes the next client's that has one due. A client with a
/// thousand documents thus delays another by one claim, not by a thousand.
/// </summary>
internal sealed class FairClaims<T>(IDocumentStore store, TimeProvider clock)
    where T : LeasedDocument
{
    private string lastClient = string.Empty;

    /// <summary>The next document, stamped with the lease, or null when none is due that may run.</summary>
    /// <param name="mayRun">Whether a client's work may be taken now.</param>
    public async Task<T?> NextAsync(string owner, TimeSpan lease, Func<string, bool> mayRun, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var anyDue = await store.ListAsync<T, DueWork>(
            Query.Of<T>().AtMost(work => work.DueAt, now).Ascending(work => work.DueAt!).Take(1), ct);
        if (anyDue.Count == 0)
        {
            return null;
        }

        var start = lastClient;
        var wrapped = false;
        while (true)
        {
            var first = await FirstAfterAsync(lastClient, ct);
            if (first is null)
            {
                if (wrapped)
                {
                    return null;
                }

                wrapped = true;
                lastClient = string.Empty;
                continue;
            }

            if (wrapped && string.CompareOrdinal(first.ClientId, start) > 0)
            {
                return null;
            }

            lastClient = first.ClientId;
            if (first.DueAt <= now && mayRun(first.ClientId))
            {
                var query = Query.Of<T>().Equal(work => work.ClientId, first.ClientId)
                    .AtMost(work => work.DueAt, now).Ascending(work => work.DueAt!);
                if (await store.ClaimAsync(query, new Lease(owner, now + lease), ct) is { } claimed)
                {
                    return claimed;
                }
            }
        }
    }

    private async Task<DueWork?> FirstAfterAsync(string clientId, CancellationToken ct)
    {
        var found = await store.ListAsync<T, DueWork>(
            Query.Of<T>().Greater(work => work.ClientId, clientId).Exists(work => work.DueAt)
                .Ascending(work => work.ClientId, work => work.DueAt!).Take(1),
            ct);
        return found.Count == 0 ? null : found[0];
    }
}

/// <summary>What a claim needs to know of work before it takes it.</summary>
internal sealed record DueWork(string ClientId, DateTimeOffset? DueAt);
